"""The four cases by which anti-counterfeit systems are judged, on a real devnet.

docs/labels-cases.md tells them to people.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from entrepot.core.digital_link import DigitalLink, signed
from entrepot.core.labels import item_key
from entrepot.core.messages import Delivery, Handover
from entrepot.core.shipments import Shipment
from entrepot.core.signing import Key
from entrepot.network import devnet
from entrepot.network.bindings import Batch, Cargo, Item, Signature, Terms
from entrepot.network.contracts import shown
from entrepot.services import deploy, journeys, label_acts
from entrepot.services.alerts import alerts
from entrepot.services.item_proofs import ItemProof
from entrepot.services.office import Acting, Office
from entrepot.services.signers import KeyRing
from entrepot.services.trading import Desk, Trade
from entrepot.services.verification import online, picked
from tests.e2e.label_scenes import GTIN, SALT, START, WALLET, LabelScene
from tests.e2e.settlement_scene import (
    BROKER,
    CARRIER,
    CUSTOMS,
    INSPECTOR,
    SELLER,
    SettlementScene,
)

GENUINE, NOT_GENUINE = "genuine", "not genuine"
PARIS, SYDNEY = (4_885_660, 235_220), (-3_386_880, 15_120_930)
FIRST_BUYER, SECOND_BUYER = "devnet:81", "devnet:82"
THIEF = WALLET.key(666)
SHIPMENT = Shipment(
    "1", "Ghana", "Alder", "Air / Ghana", "Foods", 10_000, 0,
    scheduled=date(2027, 6, 1), delivered=date(2027, 5, 30), ordered=date(2027, 3, 1),
)  # fmt: skip


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[LabelScene]:
    """A fresh deployment with a producer and a rival."""
    with devnet.running(tmp_path, timestamp=START) as running:
        yield LabelScene(running, tmp_path)


@pytest.mark.parametrize("is_kept", [True, False], ids=["key kept", "key lost with the root"])
def test_a_producer_whose_keys_were_lost_need_not_reprint_labels(
    scene: LabelScene, is_kept: bool
) -> None:
    printed = scene.label(scene.batch("L1"))
    scene.wait()
    new_root = WALLET.key(51_000)
    scene.move_root(new_root, (scene.key.address,) if is_kept else ())
    assert scene.both(printed) == (GENUINE, GENUINE)

    if is_kept:
        assert scene.both(scene.label(scene.batch("L2"))) == (GENUINE, GENUINE)
    else:
        fresh = "devnet:52000"
        scene.grant(new_root, fresh)
        relabelled = scene.batch("L2", by=fresh)
        assert scene.both(scene.label(relabelled)) == (GENUINE, GENUINE)
        # Whoever has found the lost key can sign labels of new batches, and is found out.
        forged = scene.invented(scene.key, "L2")
        check = scene.offline(forged)
        assert (check.verdict, "no longer good" in check.reason) == (NOT_GENUINE, True)
        assert scene.online(forged).verdict == NOT_GENUINE


def test_a_copied_label_is_found_out_by_use(scene: LabelScene) -> None:
    """The copy is as genuine as the label: what tells it is that there are two."""
    folder = scene.batch("L1")
    copied = scene.label(folder)
    assert scene.both(copied) == (GENUINE, GENUINE)
    assert scene.activate(folder, FIRST_BUYER).outcome == "activated"

    again = scene.activate(folder, SECOND_BUYER)
    assert again.outcome == "suspected clone: it was activated before"
    link = picked([copied])
    assert isinstance(link, DigitalLink)
    for place in (PARIS, SYDNEY):
        label_acts.report(scene.office, scene.acting("devnet:0"), link, place)
    kinds = [(each.kind, each.serial) for each in alerts(scene.office)]
    assert kinds == [("activated again", "1"), ("too far apart", "1"), ("never shipped", None)]

    check = scene.online(copied, scene.proof(folder))
    assert check.item is not None
    assert (check.item.suspicions, check.item.scans) == (1, 2)
    assert check.item.activation is not None
    assert check.item.activation.by == scene.ring.key(FIRST_BUYER).address
    assert any("a copy of the label is suspected" in each for each in check.warnings)


def test_an_invented_label_is_refused(scene: LabelScene) -> None:
    folder = scene.batch("L1")
    for uri in (scene.invented(THIEF, "L1"), scene.invented(THIEF, "L9", "77")):
        for check in (scene.offline(uri), scene.online(uri)):
            assert check.verdict == NOT_GENUINE
            assert check.reason == "no producer's key signed it: it was altered, or invented"
    # A scratch code of one's own opens no item.
    own = Key.from_secret(bytes(31) + b"\7")
    genuine = scene.proof(folder)
    forged = ItemProof(
        GTIN, "L1", "1", genuine.batch, Item(genuine.item.serial, own.address, 0), genuine.proof
    )
    with pytest.raises(Exception, match="LabelRegistry_NotInBatch"):
        label_acts.activate(scene.office, Acting(scene.ring, FIRST_BUYER), forged, own)


def test_a_stolen_keys_inventions_fail_their_proof(scene: LabelScene) -> None:
    """Offline a serial that it invents in an old batch passes; a proof tells."""
    folder = scene.batch("L1")
    thief = WALLET.key(60_000)
    scene.grant(scene.root, "devnet:60000")
    scene.batch("L2", by="devnet:60000")
    scene.wait()
    scene.revoke(scene.root, thief)
    scene.wait()
    invented = scene.invented(thief, "L2", "777")
    assert scene.both(invented) == (GENUINE, GENUINE)
    assert any("not proven" in each for each in scene.online(invented).warnings)

    genuine = scene.proof(folder)
    made_up = ItemProof(
        GTIN, "L2", "777", genuine.batch, Item(b"777".ljust(20, b"\0"), THIEF.address, 0), ()
    )
    check = scene.online(invented, made_up)
    assert (check.verdict, "proof does not hold" in check.reason) == (NOT_GENUINE, True)


def test_a_genuine_label_on_a_fake_tells_another_story(tmp_path: Path) -> None:
    """The label says where its goods went and who activated them; the fake was never there."""
    with devnet.running(tmp_path, timestamp=START) as running:
        with deploy.opened(running.node) as pipeline:
            world = deploy.deploy(pipeline, timestamp=START + 10, salt=SALT)
            journey = _Journey(Desk(world, [Trade(1, SHIPMENT)]), START + 100)
        office = Office(running.node, world.deployment)

        found = online(office, [journey.uri], journey.proof)
        assert (found.verdict, found.warnings) == (GENUINE, [])
        assert found.item is not None
        (shipment,) = {step.shipment for step in found.item.journey}
        loads = [(each.first, each.count) for each in journeys.cargo_of(office, shipment)]
        assert loads == [(0, 1), (1, 5)]
        assert [(step.event, step.details) for step in found.item.journey] == [
            ("created", {"by": journey.seller}),
            ("loaded", {"first": 0, "count": 1}),
            ("handed over", {"from": journey.seller, "to": journey.carrier}),
            ("delivered", {}),
        ]
        ring = KeyRing(lambda _: "")
        outcomes = [
            label_acts.activate(office, Acting(ring, name), journey.proof, journey.item).outcome
            for name in (FIRST_BUYER, SECOND_BUYER)
        ]
        assert outcomes == ["activated", "suspected clone: it was activated before"]
        link = picked([journey.uri])
        assert isinstance(link, DigitalLink)
        label_acts.report(office, Acting(ring, "devnet:0"), link, SYDNEY)
        assert [each.kind for each in alerts(office)] == ["activated again"]
        moved = online(office, [journey.uri], journey.proof)
        assert any("it was activated at" in each for each in moved.warnings)


def test_a_label_tells_what_customs_did_with_its_goods(tmp_path: Path) -> None:
    with devnet.running(tmp_path, timestamp=START) as running:
        with deploy.opened(running.node) as pipeline:
            world = deploy.deploy(pipeline, timestamp=START + 10, salt=SALT)
            trade = Trade(1, SHIPMENT)
            journey = _Journey(Desk(world, [trade]), START + 100)
            scene = SettlementScene(world, (journey.proof.gtin, trade.lot))
            scene.play()
        office = Office(running.node, world.deployment)

        found = online(office, [journey.uri], journey.proof)
        assert found.item is not None
        goods = {"to": CUSTOMS, "code": "3004909900", "origin": "DE", "destination": "KE"}
        by_seller, by_broker = {"by": SELLER, **goods}, {"by": BROKER, **goods}
        shipped = [
            ("created", {"by": SELLER}),
            ("loaded", {"first": 0, "count": 1}),
            ("handed over", {"from": SELLER, "to": CARRIER}),
        ]
        later = {
            "concluded": [
                ("declared to customs", by_seller),
                ("held by customs", {}),
                ("declared to customs", by_broker),
                ("inspected", {"by": INSPECTOR, "what": "goods", "passed": True}),
                ("inspected", {"by": INSPECTOR, "what": "quarantine", "passed": True}),
                ("released by customs", {}),
                ("delivered", {}),
            ],
            "refused": [
                ("declared to customs", by_broker),
                ("refused by customs", {}),
                ("refusal appealed", {"by": BROKER}),
                ("appeal decided", {"upheld": True}),
                ("refused by customs", {}),
                ("refusal appealed", {"by": BROKER}),
                ("appeal decided", {"upheld": False}),
            ],
        }
        for name, steps in later.items():
            number = shown(scene.deals[name].shipment)
            told = [(s.event, s.details) for s in found.item.journey if s.shipment == number]
            assert told == [*shipped, *steps]


class _Journey:
    """A consignment that a seller labels, loads, and a carrier delivers."""

    def __init__(self, desk: Desk, start: int) -> None:
        world, (trade,) = desk.world, desk.trades
        self.seller, self.carrier = desk._ids(trade)[1:]
        desk.prepare(start)
        desk.label(trade)
        desk.open(trade)
        world.pipeline.mine(start + 10)
        order = desk._order(trade)
        giver, receiver = (world.function_key(each) for each in (self.seller, self.carrier))
        (gtin,) = desk._lines.values()
        serial = b"1".ljust(20, b"\0")
        self.item = item_key(desk._labels_secret, gtin, trade.lot, serial)
        lot = trade.lot.rstrip(b"\0").decode()
        signature = signed(giver, SALT, gtin, lot, "1", None)
        self.uri = DigitalLink(gtin, lot, "1", None, signature).uri()
        self.proof = ItemProof(
            gtin, lot, "1", Batch(desk._goods(trade), 1, 0), Item(serial, self.item.address, 0), ()
        )
        ledger = world.ledger
        world.send(ledger.create(order), gas=150_000)
        cargo = [Cargo(trade.lot, gtin, 0, 1), Cargo(trade.lot, gtin, 1, 5)]
        world.send(ledger.load(order, cargo, []), gas=150_000, by=giver)
        evidence = bytes(32)
        handover = Handover(desk._shipment_id(order), 2, self.seller, self.carrier)
        signatures = (
            Signature(key.address, handover.sign(key, desk._custody_domain))
            for key in (giver, receiver)
        )
        world.send(ledger.hand_over(order, Terms(*handover.terms), *signatures), gas=200_000)
        world.pipeline.mine(trade.shipment.shipped_at)
        consignee = world.function_key(desk._ids(trade)[0])
        delivery = Delivery(desk._shipment_id(order), 3, evidence)
        receipt = Signature(consignee.address, delivery.sign(consignee, desk._custody_domain))
        world.send(ledger.deliver(order, evidence, receipt, []), gas=900_000)
        world.pipeline.mine(trade.shipment.delivered_at)
        world.pipeline.check()
