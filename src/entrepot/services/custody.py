"""The shipment of an order in hands: created, loaded, handed over, as far as one command can sign.

What becomes of it in the end is in `deliveries`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from entrepot.core import places
from entrepot.core.labels import check_digit, code
from entrepot.core.messages import Handover, Quote, Watch, contract_domain, shipment_id
from entrepot.core.signing import Key
from entrepot.errors import InputError
from entrepot.network.bindings import Cargo, Leg, ShipmentFacts, ShipmentLedger, Signature, Terms
from entrepot.network.contracts import Call, Event
from entrepot.services import events, orders, policies, sensors
from entrepot.services.authority import Authority
from entrepot.services.books.entries import ShipmentState
from entrepot.services.office import Acting, Office
from entrepot.services.orders import Done, Known
from entrepot.services.spelling import moment, moment_of

_SHORTCUT_GAS = 650_000
_MOST_WATCHES = 8
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a handover agrees, as people write it: each text may be empty; `condition` commits to a
    note on the goods, 32 bytes.
    """

    location: str = ""
    due: str = ""
    liability: str = "0"
    seal: str = ""
    condition: bytes = bytes(32)


def id_of(known: Known) -> bytes:
    """Id of an order's one shipment, 32 bytes."""
    return shipment_id(known.id, known.terms.order.source)


def topic(known: Known) -> str:
    """The id as topics have it."""
    return "0x" + id_of(known).hex()


def facts_of(office: Office, known: Known) -> ShipmentFacts:
    """What is known of an order's shipment; `InputError` where another source has it."""
    ledger = office.bind(ShipmentLedger)
    if known.terms.order.source != ledger.address:
        raise InputError(
            f"The shipment of order {known.hex} is kept at {known.terms.order.source}, not here."
        )
    return ledger.facts_of(id_of(known))


def require_created(office: Office, known: Known) -> ShipmentFacts:
    """The facts of a shipment; `InputError` where it was not created."""
    found = facts_of(office, known)
    if found.state == ShipmentState.NONE:
        raise InputError(
            f"Order {known.hex} has no shipment yet: `entrepot shipment create` makes it."
        )
    return found


def require_shipped(office: Office, known: Known) -> ShipmentFacts:
    """The facts of a shipment; `InputError` where the carrier has not taken it."""
    found = require_created(office, known)
    if not found.shipped_at:
        raise InputError(
            f"The goods of order {known.hex} have not shipped: `entrepot shipment hand-over`."
        )
    return found


def create(office: Office, acting: Acting, known: Known) -> Done:
    """Creates the shipment of an open order; by anyone."""
    state = ShipmentState(facts_of(office, known).state)
    if state is not ShipmentState.NONE:
        return Done(known.hex, "created before; nothing was sent")
    orders.require_open(office, known)
    call = office.bind(ShipmentLedger).create(known.terms.order)
    return Done(known.hex, "created", office.send(call, acting))


def cargo_of(text: str) -> Cargo:
    """Items on board as `GTIN:LOT:FIRST:COUNT`; `InputError` says what is wrong with it."""
    parts = text.split(":")
    try:
        if len(parts) != 4:
            raise ValueError("it has four parts")
        gtin, lot = parts[:2]
        if not (gtin.isascii() and gtin.isdecimal() and len(gtin) <= 14):
            raise ValueError("a GTIN has up to 14 digits")
        if gtin.zfill(14)[-1] != check_digit(gtin.zfill(14)[:-1]):
            raise ValueError(f"the check digit of {gtin} is wrong")
        numbers = [int(each) if each.isascii() and each.isdecimal() else -1 for each in parts[2:]]
        if min(numbers) < 0 or numbers[1] == 0 or sum(numbers) >= 2**32:
            raise ValueError("first and count are numbers of items, count at least 1")
        return Cargo(code(lot), int(gtin), *numbers)
    except ValueError as failure:
        raise InputError(f"--cargo {text!r} is no GTIN:LOT:FIRST:COUNT: {failure}.") from None


def load(
    office: Office, acting: Acting, known: Known, cargo: Sequence[Cargo], watches: Sequence[Watch]
) -> Done:
    """Declares what is on board and who watches over it, as far as that was not done before; who
    acts is the seller.
    """
    if not cargo and not watches:
        raise InputError("Say what is loaded: --cargo, --watch, or both.")
    if len(watches) > _MOST_WATCHES:
        raise InputError(f"A shipment has {_MOST_WATCHES} watches at most, not {len(watches)}.")
    facts, aboard = require_created(office, known), loaded(office, known)
    fresh = [each for each in dict.fromkeys(cargo) if each not in aboard]
    plan = [] if list(watches) == sensors.watches_of(office, known) else list(watches)
    if not fresh and not plan:
        return Done(known.hex, "loaded before; nothing was sent")
    if facts.state != ShipmentState.CREATED:
        raise InputError(
            f"The goods of order {known.hex} have shipped: what is on board and who watches over "
            "it is fixed before."
        )
    call = office.bind(ShipmentLedger).load(known.terms.order, fresh, plan)
    return Done(known.hex, "loaded", office.send_own(call, acting))


def loaded(office: Office, known: Known) -> list[Cargo]:
    """What the seller declared to be on board."""
    found = office.logs(office.bind(ShipmentLedger), "ShipmentLoaded", topic(known))
    return [
        Cargo(*(each.args[name] for name in ("lot", "gtin", "first", "count"))) for each in found
    ]


def hand_over(office: Office, acting: Acting, known: Known, receiver: Key, agreed: Agreed) -> Done:
    """Passes custody from who acts to another key; both sign. The first time ships the goods."""
    handover = _terms(known, agreed)
    facts, giver = require_created(office, known), acting.key()
    to = _participant(office, receiver)
    if facts.custodian_id == to:
        return Done(known.hex, f"participant {to} has custody already; nothing was sent")
    handover = replace(handover, sequence=facts.sequence, from_id=facts.custodian_id, to_id=to)
    domain = domain_of(office)
    call = office.bind(ShipmentLedger).hand_over(
        known.terms.order, Terms(*handover.terms),
        Signature(giver.address, handover.sign(giver, domain)),
        Signature(receiver.address, handover.sign(receiver, domain)),
    )  # fmt: skip
    return Done(known.hex, f"participant {to} has custody", office.send(call, acting))


def checkpoint(
    office: Office, acting: Acting, known: Known, location: str, evidence: bytes
) -> Done:
    """Says where the goods are; who acts has custody. The place they are known to be at is not said
    again.
    """
    place = _read("--at", places.location, location)
    require_created(office, known)
    passed = office.logs(office.bind(ShipmentLedger), "CheckpointPassed", topic(known))
    moves = handovers(office, known)
    is_here = passed and passed[-1].args["location"] == place
    if is_here and not (moves and moves[-1].block > passed[-1].block):
        return Done(known.hex, f"at {location} already; nothing was sent")
    call = office.bind(ShipmentLedger).checkpoint(id_of(known), place, evidence)
    return Done(known.hex, f"at {location}", office.send_own(call, acting))


def handovers(office: Office, known: Known, last: int | None = None) -> list[Event]:
    """Every handover of an order's goods up to a block, with its time."""
    ledger = office.bind(ShipmentLedger)
    return events.of(office, ledger, "CustodyTransferred", topic(known), last=last)


def legs_of(office: Office, known: Known, last: int | None = None) -> list[Leg]:
    """All legs of the shipment up to a block, as contracts are given them."""
    return [
        Leg(
            each.args["toId"], each.timestamp, each.args["terms"]["dueBy"],
            each.args["terms"]["liability"],
        )
        for each in handovers(office, known, last)
    ]  # fmt: skip


def with_shortcuts(call: Call, claims: int) -> Call:
    """A call behind which orders are settled and so many policies claimed, with gas for these."""
    return replace(call, spare_gas=_SHORTCUT_GAS * (claims + 1))


def claimed_by(office: Office, known: Known) -> list[Quote]:
    """Quotes of the policies that a fact about an order's goods may make pay at once."""
    return policies.active(office, known.id)


def domain_of(office: Office) -> bytes:
    """Domain in which handovers and receipts are signed."""
    ledger = office.bind(ShipmentLedger)
    return contract_domain("Entrepot ShipmentLedger", office.deployment.chain_id, ledger.address)


def _terms(known: Known, agreed: Agreed) -> Handover:
    """What was agreed; `InputError` names the option that is wrong."""
    order = known.terms.order
    due = moment_of(agreed.due) if agreed.due else 0
    if due > order.refund_after:
        raise InputError(
            f"--due is after the order's refund deadline, {moment(order.refund_after)}."
        )
    return Handover(
        shipment_id=id_of(known),
        sequence=0,
        from_id=0,
        to_id=0,
        due_by=due,
        liability=known.terms.token.asked("--liability", agreed.liability),
        location=_read("--at", places.location, agreed.location) if agreed.location else bytes(13),
        seal=_read("--seal", places.seal, agreed.seal) if agreed.seal else bytes(16),
        condition=agreed.condition,
    )


def _read(option: str, read: Callable[[str], Value], text: str) -> Value:
    try:
        return read(text)
    except ValueError as failure:
        raise InputError(f"{option} cannot be used: {failure}.") from None


def _participant(office: Office, key: Key) -> int:
    found = Authority(office).of(key.address).participant
    if found is None:
        raise InputError(f"{key.address} acts for nobody; `entrepot keys whoami` says why.")
    return found
