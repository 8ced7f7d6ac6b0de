"""Customs: the goods of an order declared, inspected, assessed, released, held or refused.

Every act is sent from the account of who acts; the contract asks for whom that acts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from entrepot.core import customs
from entrepot.core.settlement import CustomsState
from entrepot.errors import InputError
from entrepot.network.bindings import CustomsDesk, CustomsFacts, Declaration
from entrepot.network.contracts import Call
from entrepot.services import custody, orders
from entrepot.services.books.entries import Finding, Inspection
from entrepot.services.office import Acting, Office
from entrepot.services.orders import Done, Known
from entrepot.services.spelling import moment

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Goods:
    """What is declared, as people write it; `document` is the commitment to the declaration."""

    hs: str
    origin: str
    destination: str
    value: str
    document: bytes


def declare(office: Office, acting: Acting, known: Known, goods: Goods) -> Done:
    """Declares the goods of an order's shipment, or declares them anew."""
    value = known.terms.token.asked("--value", goods.value)
    if value == 0:
        raise InputError("--value is nothing: customs want what the goods are worth.")
    declaration = Declaration(
        hs_code=_read("--hs", customs.hs_code, goods.hs),
        origin=_read("--origin", customs.country, goods.origin),
        destination=_read("--destination", customs.country, goods.destination),
        value=value,
        document=goods.document,
    )
    _require_customs(known)
    custody.require_created(office, known)
    desk = office.bind(CustomsDesk)
    call = desk.declare(known.terms.order, known.terms.clauses, declaration)
    return _act(office, acting, known, call)


def inspect(
    office: Office, acting: Acting, known: Known, inspection: str, finding: str, evidence: bytes
) -> Done:
    """Records what an inspection found; both by their names in lower case."""
    _require_declared(office, known)
    call = office.bind(CustomsDesk).inspect(
        custody.id_of(known), Inspection[inspection.upper()], Finding[finding.upper()], evidence
    )
    return _act(office, acting, known, call)


def assess(office: Office, acting: Acting, known: Known, duty: str) -> Done:
    """Assesses the duty, a decimal text in the order's token."""
    _require_declared(office, known)
    units = _duty(known, duty)
    return _act(office, acting, known, office.bind(CustomsDesk).assess(custody.id_of(known), units))


def release(office: Office, acting: Acting, known: Known, sequence: int | None) -> Done:
    """Releases the goods, once, as their case stood at a sequence; None for as it stands now."""
    facts = _require_declared(office, known)
    if facts.state == CustomsState.RELEASED:
        return Done(known.hex, "released before; nothing was sent")
    return _act(
        office,
        acting,
        known,
        office.bind(CustomsDesk).release(
            custody.id_of(known), facts.sequence if sequence is None else sequence
        ),
    )


def hold(office: Office, acting: Acting, known: Known, reason: bytes) -> Done:
    """Holds the goods, for a reason of which the commitment goes on chain."""
    _require_declared(office, known)
    return _act(office, acting, known, office.bind(CustomsDesk).hold(custody.id_of(known), reason))


def refuse(office: Office, acting: Acting, known: Known, reason: bytes, duty: str) -> Done:
    """Refuses the goods, with the duty that is due all the same."""
    _require_declared(office, known)
    units = _duty(known, duty)
    call = office.bind(CustomsDesk).refuse(custody.id_of(known), reason, units)
    return _act(office, acting, known, call)


def appeal(office: Office, acting: Acting, known: Known, grounds: bytes) -> Done:
    """Appeals against a refusal, once and in time."""
    _require_declared(office, known)
    call = office.bind(CustomsDesk).appeal(custody.id_of(known), grounds)
    return _act(office, acting, known, call)


def decide(office: Office, acting: Acting, known: Known, *, is_upheld: bool) -> Done:
    """Decides an appeal: upheld, the goods are declared as before; else the refusal stands."""
    _require_declared(office, known)
    call = office.bind(CustomsDesk).decide_appeal(custody.id_of(known), is_upheld)
    return _act(office, acting, known, call)


def show(office: Office, known: Known) -> dict[str, Any]:
    """What was declared of an order's goods, what was found, and what customs decided."""
    facts = _require_declared(office, known)
    desk, number = office.bind(CustomsDesk), custody.id_of(known)
    case, text = desk.case_of(number), known.terms.token.text
    declared = office.logs(desk, "GoodsDeclared", "0x" + number.hex())[-1].args["declaration"]
    return {
        "order": known.hex,
        "state": CustomsState(facts.state).name.lower(),
        "sequence": facts.sequence,
        "hs_code": declared["hsCode"].rstrip(b"\0").decode(),
        "origin": declared["origin"].decode(),
        "destination": declared["destination"].decode(),
        "value": text(declared["value"]),
        "document": "0x" + declared["document"].hex(),
        "declarant": case.declarant_id,
        "authority": case.customs_id,
        "inspector": case.inspector_id or None,
        "goods": Finding(case.goods).name.lower(),
        "quarantine": Finding(case.quarantine).name.lower(),
        "duty": text(facts.duty) if case.is_assessed or facts.duty else None,
        "duty_cap": text(case.duty_cap),
        "released_at": moment(facts.released_at) if facts.released_at else None,
        "refused_at": moment(facts.refused_at) if facts.refused_at else None,
        "final_after": moment(facts.final_at) if facts.final_at else None,
    }


def _act(office: Office, acting: Acting, known: Known, call: Call) -> Done:
    receipt = office.send_own(call, acting)
    state = CustomsState(office.bind(CustomsDesk).facts_of(custody.id_of(known)).state)
    return Done(known.hex, state.name.lower(), receipt)


def _require_customs(known: Known) -> None:
    if known.terms.clauses.customs_id == 0:
        raise InputError(f"Order {known.hex} names no customs authority: nothing is declared.")


def _require_declared(office: Office, known: Known) -> CustomsFacts:
    _require_customs(known)
    facts = office.bind(CustomsDesk).facts_of(custody.id_of(known))
    if facts.state == CustomsState.NONE:
        orders.require_open(office, known)
        raise InputError(
            f"The goods of order {known.hex} are not declared yet: `entrepot declaration declare`."
        )
    return facts


def _duty(known: Known, text: str) -> int:
    units, cap = known.terms.token.asked("--duty", text), known.terms.clauses.duty_cap
    if units > cap:
        raise InputError(
            f"--duty is {text}: the order allows {known.terms.token.text(cap)} at most."
        )
    return units


def _read(option: str, read: Callable[[str], Value], text: str) -> Value:
    try:
        return read(text)
    except ValueError as failure:
        raise InputError(f"{option} cannot be used: {failure}.") from None
