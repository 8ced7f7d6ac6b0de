"""Labels verified on a chain that lives: keys that end, forgeries, replays; and the commands."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from entrepot.core.digital_link import DigitalLink, signed
from entrepot.core.labels import code, leaf
from entrepot.core.messages import Activation, contract_domain
from entrepot.core.roles import Function, Role, mask
from entrepot.errors import InputError, TransactionReverted
from entrepot.network import devnet
from entrepot.network.bindings import Batch, Item, LabelRegistry
from entrepot.network.devnet import Devnet
from entrepot.services import bundles, item_proofs, label_acts, verification
from entrepot.services.alerts import alerts
from entrepot.services.batch_folder import BatchFolder
from entrepot.services.item_proofs import ItemProof
from entrepot.services.label_keys import KeyHistory, history_of, whole_history
from entrepot.services.office import Office
from entrepot.services.spelling import moment
from entrepot.services.verification import offline, picked
from tests.e2e.conftest import COMMAND, assert_one_sentence
from tests.e2e.label_scenes import (
    DAY,
    GTIN,
    PRODUCER,
    PRODUCER_ID,
    RIVAL,
    RIVAL_GTIN,
    START,
    WALLET,
    LabelScene,
)

GENUINE, NOT_GENUINE, CANNOT_TELL = "genuine", "not genuine", "cannot tell"
FIRST_BUYER, SECOND_BUYER = "devnet:81", "devnet:82"


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devnet]:
    folder = tmp_path_factory.mktemp("labels")
    with devnet.running(folder, timestamp=START) as running:
        yield running


@pytest.fixture(scope="module")
def scene(chain: Devnet, tmp_path_factory: pytest.TempPathFactory) -> LabelScene:
    """A deployment that the tests of forgeries share, each with lots and keys of its own."""
    return LabelScene(chain, tmp_path_factory.mktemp("scene"))


@pytest.fixture
def own(tmp_path: Path) -> Iterator[LabelScene]:
    """A deployment of one test's own."""
    with devnet.running(tmp_path, timestamp=START) as running:
        yield LabelScene(running, tmp_path)


def set_roles(scene: LabelScene, roles: int, nonce: int) -> None:
    """As the timelock would, without its two days."""
    timelock = scene.world.deployment.contracts["Timelock"].address
    call = scene.registry.set_roles(PRODUCER_ID, roles, nonce)
    scene.node.call("anvil_impersonateAccount", timelock)
    scene.node.set_balance(timelock, 10**18)
    sent = {
        "from": timelock, "to": "0x" + call.to.hex(), "data": "0x" + call.data.hex(),
        "gas": hex(200_000), "gasPrice": hex(10**10),
    }  # fmt: skip
    done = scene.node.call("eth_sendTransaction", sent)
    scene.node.mine()
    assert scene.node.call("eth_getTransactionReceipt", done)["status"] == "0x1"


def test_keys_are_good_when_the_registry_says_so(own: LabelScene) -> None:
    """After every event of a history with each fate that a key can have."""
    root, label = own.root, mask(Function.LABEL)
    names = [f"devnet:{61_000 + i}" for i in range(9)]
    lasting, expiring, above, below, quitting, withdrawn, other, late, second = names
    keys = {name: own.ring.key(name) for name in names}
    new_root = WALLET.key(51_000)
    addresses = [each.address for each in (*keys.values(), root, new_root, own.key)]
    seen = set()

    def observe() -> None:
        history, now = whole_history(own.office, own.node.block_number()), own.node.time()
        requests = [own.registry.request("authorize", each, Function.LABEL) for each in addresses]
        for address, answer in zip(addresses, own.node.batch_raw(requests), strict=True):
            key = history.key(address)
            is_good = key is not None and key.since <= now and not (key.until or 2**40) <= now
            assert is_good == ("result" in answer), address
            line = history_of(own.office, address)
            assert line.key(address) == key
            assert line.owner_of(address) == history.owner_of(address)
            seen.add((address, is_good))

    def kept() -> tuple[str, ...]:
        return keys[lasting].address, keys[quitting].address

    for act in (
        lambda: own.grant(root, lasting),
        lambda: own.grant(root, expiring, expiry=own.node.time() + 3 * DAY),
        lambda: own.grant(root, above, functions=label | mask(Function.SELL)),
        lambda: own.grant(keys[above], below, level=2),
        lambda: own.grant(root, quitting),
        lambda: own.grant(root, other, functions=mask(Function.SELL)),
        lambda: own.revoke(root, keys[withdrawn]),
        lambda: own.grant(root, withdrawn),
        own.wait,
        lambda: own.revoke(keys[quitting], keys[quitting]),
        lambda: set_roles(own, mask(Role.SELLER), 1),
        own.wait,
        lambda: set_roles(own, mask(Role.PRODUCER), 2),
        lambda: own.revoke(root, keys[above]),
        lambda: own.wait(2 * DAY),
        lambda: own.move_root(new_root, kept()),
        lambda: own.grant(root, late),
        lambda: own.grant(new_root, second),
    ):
        act()
        observe()
    never = {keys[name].address for name in (withdrawn, other, late)}
    assert {address for address, is_good in seen if is_good} == set(addresses) - never
    history = whole_history(own.office, own.node.block_number())
    assert {each for each in addresses if history.key(each) is None} == never
    ended = {address for address, is_good in seen if not is_good}
    assert set(addresses) - ended == set()


ENDS = ("revoked", "its granter revoked", "expired")


@pytest.mark.parametrize("end", ENDS)
def test_labels_outlive_their_key_for_batches_anchored_before(scene: LabelScene, end: str) -> None:
    number = 62_000 + 10 * ENDS.index(end)
    above, name = f"devnet:{number}", f"devnet:{number + 1}"
    granter = scene.grant(scene.root, above)
    expiry = scene.node.time() + 2 * DAY if end == "expired" else 2**40 - 1
    key = scene.grant(granter, name, level=2, expiry=expiry)
    old, new = f"O{number}", f"N{number}"
    printed = scene.label(scene.batch(old, by=name))
    assert scene.both(printed) == (GENUINE, GENUINE)
    scene.wait()
    if end != "expired":
        scene.revoke(scene.root, key if end == "revoked" else granter)
    scene.wait(2 * DAY)
    scene.batch(new)

    assert scene.both(printed) == (GENUINE, GENUINE)
    for check in (scene.offline, scene.online):
        late = check(scene.invented(key, new))
        assert (late.verdict, "no longer good" in late.reason) == (NOT_GENUINE, True)
        unknown = check(scene.invented(key, "NEVER"))
        assert (unknown.verdict, "is not known" in unknown.reason) == (CANNOT_TELL, True)
        backdated = check(scene.invented(key, old, expires="2035-12-31"))
        assert backdated.reason == "its expiry is not its batch's"


def test_forgeries_are_refused_with_and_without_a_network(scene: LabelScene) -> None:
    folder = scene.batch("F1")
    scene.batch("F2")
    link = picked([scene.label(folder)])
    assert isinstance(link, DigitalLink)
    forged = {
        replace(link, lot="F2").uri(): "altered",
        replace(link, serial="2").uri(): "altered",
        replace(link, gtin=RIVAL_GTIN).uri(): "altered",
        replace(link, gtin=9_506_000_134_376).uri(): "nobody has registered",
        scene.invented(scene.ring.key(RIVAL), "F1"): "is a key of participant 1001",
        scene.invented(scene.key, "F1", gtin=RIVAL_GTIN): "is a key of participant 1000",
        scene.invented(scene.key, "F1", salt=b"\6" * 32): "altered",
        scene.invented(WALLET.key(PRODUCER_ID + 5), "F1"): "altered, or invented",
    }
    for uri, reason in forged.items():
        for check in (scene.offline(uri), scene.online(uri)):
            assert (check.verdict, reason in check.reason) == (NOT_GENUINE, True), check.reason
    assert scene.online(scene.invented(scene.root, "F1")).verdict == GENUINE
    unknown = scene.invented(scene.key, "F3")
    assert scene.online(unknown).reason == "its batch was never committed"
    link = picked([unknown])
    assert isinstance(link, DigitalLink)
    with pytest.raises(InputError, match="has no lot F3"):
        label_acts.report(scene.office, scene.acting(PRODUCER), link, (0, 0))


def test_what_is_said_of_a_block_holds_for_it(
    scene: LabelScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the batch is recalled while its label is being verified."""
    uri = scene.label(scene.batch("T1"))
    block, at = scene.node.block_number(), scene.node.time()

    def meanwhile(office: Office, address: str) -> KeyHistory:
        label_acts.recall(office, scene.acting(PRODUCER), GTIN, "T1", "seal defect")
        return history_of(office, address)

    monkeypatch.setattr(verification, "history_of", meanwhile)
    check = scene.online(uri)
    assert check.item is not None
    assert (check.verdict, check.item.block, check.item.at) == (GENUINE, block, moment(at))


def test_a_chain_that_stands_still_is_warned_of(scene: LabelScene) -> None:
    folder = scene.batch("T2")
    uri, proof, at = scene.label(folder), scene.proof(folder), scene.node.time()
    stale = [f"the node's latest block is of {moment(at)}: it knows nothing of what came later"]
    for clock, warnings in ((at - DAY, []), (at + DAY, []), (at + DAY + 1, stale)):
        check = verification.online(scene.office, [uri], proof, clock=clock)
        assert (check.verdict, check.warnings) == (GENUINE, warnings)


def test_another_deployments_labels_bundles_and_attestors_are_refused(
    scene: LabelScene, tmp_path: Path
) -> None:
    """One chain, the same keys and attestors, and yet nothing of the one counts in the other."""
    with devnet.running(tmp_path, timestamp=START) as running:
        other = LabelScene(running, tmp_path, salt=b"\6" * 32)
        theirs = other.label(other.batch("X1"))
        assert other.both(theirs) == (GENUINE, GENUINE)
        assert scene.both(theirs) == (NOT_GENUINE, NOT_GENUINE)
        check = offline(
            [theirs], tmp_path / "bundle.cbor", scene.workspace.attestors,
            now=other.node.time(), max_age_days=1,
        )  # fmt: skip
        assert (check.verdict, "0 of the pinned" in check.reason) == (CANNOT_TELL, True)
        with pytest.raises(InputError, match="attestors of another deployment"):
            bundles.make(other.office, tmp_path / "b", scene.workspace.attestors, [])


def test_recalled_goods_are_told_and_their_activation_is_suspect(scene: LabelScene) -> None:
    folder = scene.batch("R1")
    uri = scene.label(folder)
    assert scene.both(uri) == (GENUINE, GENUINE)
    label_acts.recall(scene.office, scene.acting(PRODUCER), GTIN, "R1", "seal defect")
    for check in (scene.offline(uri), scene.online(uri)):
        assert (check.verdict, check.reason) == (NOT_GENUINE, "its batch was recalled")
    outcome = scene.activate(folder, FIRST_BUYER).outcome
    assert outcome == "suspected clone: its batch was recalled"
    found = [each for each in alerts(scene.office) if each.lot == "R1"]
    assert [each.kind for each in found] == ["activated after its recall"]


def test_a_producers_serial_that_is_no_text_breaks_no_alerts(scene: LabelScene) -> None:
    """The chain takes any 20 bytes in a leaf, and any producer makes leaves."""
    item, serial, lot = WALLET.key(77_000), b"\xff\x1b[2J".ljust(20, b"\0"), code("Z1")
    batch = Batch(leaf(GTIN, lot, serial, item.raw_address, 0), 1, 0)
    labels = scene.office.bind(LabelRegistry)
    scene.office.send(labels.commit_batch(GTIN, lot, batch), scene.acting(PRODUCER))
    proof = ItemProof(GTIN, "Z1", "", batch, Item(serial, item.address, 0), ())
    for _ in range(2):
        label_acts.activate(scene.office, scene.acting(PRODUCER), proof, item)
    found = [each for each in alerts(scene.office) if each.lot == "Z1"]
    assert [(each.kind, each.serial) for each in found] == [
        ("activated again", "0x" + serial.hex())
    ]


def test_an_activation_cannot_be_replayed(scene: LabelScene) -> None:
    folder = scene.batch("P1")
    proof, labels = scene.proof(folder), scene.office.bind(LabelRegistry)
    item = label_acts.key_of_code(scene.code(folder))
    buyer = scene.ring.key(FIRST_BUYER)
    domain = contract_domain(
        "Entrepot LabelRegistry", scene.office.deployment.chain_id, labels.address
    )
    lot = b"P1".ljust(20, b"\0")
    signature = Activation(GTIN, lot, proof.item.serial, buyer.address).sign(item, domain)
    seen = labels.activate(GTIN, lot, proof.batch, proof.item, list(proof.proof), signature)
    scene.fund(SECOND_BUYER)
    with pytest.raises(TransactionReverted, match="LabelRegistry_InvalidSignature"):
        scene.office.send(seen, scene.acting(SECOND_BUYER))
    assert scene.activate(folder, FIRST_BUYER).is_first
    repeated = scene.activate(folder, FIRST_BUYER)
    assert repeated.outcome == "suspected clone: it was activated before"
    other = label_acts.key_of_code(scene.code(folder, "2"))
    with pytest.raises(InputError, match="not this item's"):
        label_acts.proven(folder, "1", other.address)
    with pytest.raises(InputError, match="not this item's"):
        label_acts.activate(scene.office, scene.acting(SECOND_BUYER), proof, other)


def test_a_proof_shows_that_an_item_is_in_its_batch(scene: LabelScene, tmp_path: Path) -> None:
    folder = scene.batch("Q1", count=5)
    for serial in "15":
        proof = scene.proof(folder, serial)
        proof.save(tmp_path / "proof.json")
        assert item_proofs.load(tmp_path / "proof.json") == proof
        check = scene.online(scene.label(folder, serial), proof)
        assert check.item is not None
        assert (check.verdict, check.item.is_proven, check.warnings) == (GENUINE, True, [])
    with pytest.raises(InputError, match="The proof is of item 5"):
        scene.online(scene.label(folder, "1"), proof)
    for wrong in (
        replace(proof, proof=proof.proof[:-1]),
        replace(proof, batch=replace(proof.batch, size=6)),
        replace(proof, item=replace(proof.item, index=3)),
        replace(proof, item=replace(proof.item, key=scene.key.address)),
    ):
        check = scene.online(scene.label(folder, "5"), wrong)
        assert (check.verdict, "proof does not hold" in check.reason) == (NOT_GENUINE, True)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "x"}, {"gtin": "1"}, {"lot": "a b"}, {"proof": ["0x12"]}, {"proof": None},
        {"item": {"serial": "", "key": "0x" + "0" * 40, "index": 0}}, {"more": 1},
        {"batch": {"root": "0x", "size": 1, "expires_at": 0}},
    ],
    ids=lambda change: ", ".join(change),
)  # fmt: skip
def test_a_proof_file_raises_when_it_is_wrong(
    scene: LabelScene, tmp_path: Path, change: dict[str, Any]
) -> None:
    folder = scene.folder / "proofs"
    if not folder.exists():
        scene.proof(scene.batch("W1")).save(folder / "proof.json")
    wrong = json.loads((folder / "proof.json").read_text()) | change
    (tmp_path / "proof.json").write_text(json.dumps(wrong))
    with pytest.raises(InputError, match=r"proof.json is wrong: "):
        item_proofs.load(tmp_path / "proof.json")


def test_attestors_sign_only_what_the_chain_says(own: LabelScene) -> None:
    own.batch("L1")
    pins, file = own.workspace.attestors, own.folder / "b.cbor"
    first, *others = bundles.devnet_attestors(own.office, own.ring, pins)
    made = bundles.make(own.office, file, pins, [first])
    assert (made.signatures, made.threshold) == (1, 3)
    own.batch("L2")
    own.wait()
    for number, key in enumerate([first, *others]):
        assert bundles.cosign(own.office, file, pins, [key]).signatures == number + 1
    bundles.opened(file, pins)

    with pytest.raises(InputError, match="none of the attestors"):
        bundles.cosign(own.office, file, pins, [own.key])
    bundle = bundles.taken(own.office)
    for false in (
        replace(bundle, recalled=((GTIN, "L2"),)),
        replace(bundle, producers=bundle.producers[1:]),
        replace(bundle, block_hash=bytes(32)),
    ):
        signed = bundles.SignedBundle(false.content())
        file.write_bytes(signed.encoded())
        with pytest.raises(InputError, match="does not say what this chain says"):
            bundles.cosign(own.office, file, pins, [first])


def run(folder: Path, *arguments: object, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [COMMAND, *map(str, arguments)],
        cwd=folder, input=stdin, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a devnet, a batch, a printed label and a bundle, all made by the command."""
    made = tmp_path_factory.mktemp("commands")
    try:
        for line in (
            "devnet up --topology single",
            "deploy --topology single",
            "label register 09506000134352 --name Carrier",
            "label commission 09506000134352 --lot L2026A --count 1000 --expires 2038-01-31"
            " --out batch",
            "label print batch --serial 1 --format png --out item1.png",
            "label bundle --out bundle.cbor",
            "label prove batch --serial 1 --out proof.json",
        ):
            done = run(made, *line.split())
            assert done.returncode == 0, done.stdout + done.stderr
        yield made
    finally:
        run(made, "devnet", "down")


def verified(folder: Path, *arguments: object, code: int = 0) -> Any:
    done = run(folder, "label", "verify", *arguments, "--json")
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


OFFLINE = ("--offline", "--bundle", "bundle.cbor")


def test_an_image_is_verified_with_and_without_a_network(folder: Path) -> None:
    found = verified(folder, "item1.png", *OFFLINE)
    assert (found["verdict"], found["label"]["serial"]) == (GENUINE, "1")
    assert found["label"]["uri"] == picked_from(folder).uri()
    assert found["bundle"]["age_days"] < 1
    for proof in (("--proof", "proof.json"), ("--batch", "batch")):
        assert verified(folder, "item1.png", *proof)["item"]["is_proven"] is True
    assert verified(folder, "item1.png")["item"]["is_proven"] is None


def test_an_offline_verdict_needs_no_node(folder: Path, tmp_path: Path) -> None:
    for name in ("item1.png", "bundle.cbor"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    pins = folder / ".entrepot" / "attestors.json"
    done = run(tmp_path, "label", "verify", "item1.png", *OFFLINE)
    assert "are trusted; give such a file with --attestors" in assert_one_sentence(done, 1)
    online = run(tmp_path, "label", "verify", "item1.png")
    assert "`entrepot devnet up` first, or name" in assert_one_sentence(online, 1)
    assert verified(tmp_path, "item1.png", *OFFLINE, "--attestors", pins)["verdict"] == GENUINE
    assert not (tmp_path / ".entrepot").exists()


def test_a_changed_character_is_told(folder: Path) -> None:
    link = picked_from(folder)
    changed = link.uri().replace("/21/1?", "/21/2?")
    found = verified(folder, changed, *OFFLINE, code=1)
    assert (found["verdict"], "altered" in found["reason"]) == (NOT_GENUINE, True)
    found = verified(folder, "https://x.example/", *OFFLINE, code=1)
    assert (found["verdict"], found["label"]) == (NOT_GENUINE, None)
    stale = verified(folder, link.uri(), *OFFLINE, "--max-age", "0", code=1)
    assert stale["verdict"] == CANNOT_TELL


def test_an_item_that_the_producers_folder_does_not_have_is_not_genuine(folder: Path) -> None:
    """Signed by the producer's key, as a thief of it could."""
    link, salt = picked_from(folder), BatchFolder(folder / "batch").file.salt
    key = WALLET.key(int(PRODUCER.partition(":")[2]))

    def invented(lot: str, serial: str) -> str:
        signature = signed(key, salt, link.gtin, lot, serial, link.expiry)
        return replace(link, lot=lot, serial=serial, signature=signature).uri()

    assert verified(folder, invented("L2026A", "1001"))["verdict"] == GENUINE
    found = verified(folder, invented("L2026A", "1001"), "--batch", "batch", code=1)
    assert (found["verdict"], found["item"]["is_proven"]) == (NOT_GENUINE, False)
    other = run(folder, "label", "verify", invented("L2026B", "1"), "--batch", "batch")
    assert "the label of item 1 of lot L2026B" in assert_one_sentence(other, 2)


def picked_from(folder: Path) -> DigitalLink:
    from entrepot.services.label_images import texts_of

    link = picked(texts_of(str(folder / "item1.png")))
    assert isinstance(link, DigitalLink)
    return link


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["verify", "item1.png", "--offline"], "--offline and --bundle"),
        (["verify", "missing.png"], "no image of that name"),
        (["verify", "proof.json"], "no PNG or JPEG"),
        (["verify", "item1.png", *OFFLINE, "--proof", "proof.json"], "checked on chain"),
        (["verify", "item1.png", "--proof", "proof.json", "--batch", "batch"], "either --proof"),
        (["verify", "item1.png", "--proof", "missing.json"], "no proof file"),
        (["bundle"], "either --out"),
        (["report", "item1.png", "--at", "91,0"], "is no place"),
        (["report", "item1.png", "--at", "1,2,3"], "is no place"),
        (["report", "https://x.example/", "--at", "1,2"], "no label to act on"),
        (["activate", "item1.png", "--proof", "proof.json"], "for whom"),
        (["recall", "09506000134353", "--lot", "L", "--reason", "x"], "is no GTIN"),
        (["recall", "09506000134352", "--lot", "L L", "--reason", "x"], "no lot"),
        (["recall", "09506000134352", "--lot", "L", "--reason", " "], "has a reason"),
        (["recall", "09506000134352", "--lot", "L", "--reason", "x"], "has no lot L"),
        (["print", "batch", "--serial", "1", "--count", "2", "--out", "x"], "either --serial, or"),
        (["print", "batch", "--serial", "1", "--from", "2", "--out", "x"], "either --serial, or"),
    ],
)
def test_wrong_usage_is_told_in_a_sentence(
    folder: Path, arguments: list[str], sentence: str
) -> None:
    done = run(folder, "label", *arguments)
    assert sentence in assert_one_sentence(done, 2)


def test_a_scratch_code_is_read_from_stdin_and_never_shown(folder: Path) -> None:
    shown = run(folder, "label", "print", "batch", "--serial", "2", "--format", "png",
                "--out", "item2.png")  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    code = _code(folder, "2")
    asked = ("--as", "devnet:90", "label", "activate", "item2.png", "--batch", "batch")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    mistyped = code[:-1] + letters[letters.index(code[-1]) ^ 1]
    for wrong in (mistyped, _code(folder, "3"), "", "x" * 60):
        done = run(folder, *asked, "--code-stdin", stdin=wrong + "\n")
        sentence = assert_one_sentence(done, 2)
        assert wrong == "" or wrong not in sentence
    assert "--code-stdin" in assert_one_sentence(run(folder, *asked, stdin=code + "\n"), 2)
    first = run(folder, *asked, "--code-stdin", "--json", stdin=code + "\n")
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["outcome"] == "activated"
    again = run(folder, *asked, "--code-stdin", "--json", stdin=code + "\n")
    assert (again.returncode, code in again.stdout) == (1, False)
    listed = run(folder, "label", "alerts", "--json")
    assert (listed.returncode, json.loads(listed.stdout)[0]["kind"]) == (1, "activated again")


def test_recall_makes_labels_not_genuine(folder: Path) -> None:
    done = run(folder, "label", "commission", "09506000134352", "--lot", "B2", "--count", "1",
               "--expires", "never", "--out", "b2")  # fmt: skip
    assert done.returncode == 0, done.stderr
    run(folder, "label", "print", "b2", "--serial", "1", "--format", "png", "--out", "b2.png")
    assert verified(folder, "b2.png")["verdict"] == GENUINE
    recalled = run(folder, "label", "recall", "09506000134352", "--lot", "B2",
                   "--reason", "seal defect", "--json")  # fmt: skip
    assert recalled.returncode == 0, recalled.stderr
    assert verified(folder, "b2.png", code=1)["reason"] == "its batch was recalled"
    again = run(folder, "label", "recall", "09506000134352", "--lot", "B2", "--reason", "again")
    assert "recalled before" in assert_one_sentence(again, 2)
    run(folder, "label", "bundle", "--out", "later.cbor")
    late = verified(folder, "b2.png", "--offline", "--bundle", "later.cbor", code=1)
    assert late["reason"] == "its batch was recalled"


def _code(folder: Path, serial: str) -> str:
    from entrepot.core.items import scratch_code
    from entrepot.core.labels import item_key

    batch = BatchFolder(folder / "batch")
    secret = batch.secret(WALLET.key(int(PRODUCER.partition(":")[2])))
    place = batch.serial(batch.index_of(serial))
    key = item_key(secret, int(batch.file.gtin), batch.file.lot_code, place)
    return scratch_code(key.private.secret)
