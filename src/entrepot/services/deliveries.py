"""How a shipment ends: tendered, refused, ruled, delivered; what of the goods was lost; and how
those who carried them are rated.

Policies on the order are claimed in the transaction that records the fact.
"""

from entrepot.core.journeys import opens_at
from entrepot.core.messages import Delivery
from entrepot.core.settlement import WHOLE
from entrepot.core.signing import Key
from entrepot.errors import InputError
from entrepot.network.bindings import (
    CreditRegistry,
    Shares,
    ShipmentFacts,
    ShipmentLedger,
    Signature,
)
from entrepot.network.contracts import Call
from entrepot.services import custody, orders
from entrepot.services.books.entries import OrderState, ShipmentState
from entrepot.services.office import Acting, Office
from entrepot.services.orders import Done, Known
from entrepot.services.spelling import moment, share_of, share_text

_NOBODY = Signature("0x" + "0" * 40, b"")


def shares_of(lost: str | None, damaged: str | None) -> Shares:
    """Shares of the goods, as people write them; `InputError` where together they are too much."""
    found = Shares(share_of(lost or "0%"), share_of(damaged or "0%"))
    if found.lost_bps + found.damaged_bps > WHOLE:
        raise InputError("--lost and --damaged are more than all the goods together.")
    return found


def deliver(
    office: Office, acting: Acting, known: Known, evidence: bytes, shares: Shares,
    custodian: Key | None,
) -> Done:  # fmt: skip
    """Records that who acts, the consignee, received the goods, less what is lost and damaged: a
    fact where the custodian signs too, else the consignee's claim.
    """
    facts, key = custody.require_created(office, known), acting.key()
    is_whole = not shares.lost_bps + shares.damaged_bps
    if custodian is not None and is_whole:
        raise InputError("--with co-signs a reserve: give --lost or --damaged beside it.")
    if facts.state == ShipmentState.DELIVERED:
        return Done(known.hex, "delivered before; nothing was sent")
    ledger, order = office.bind(ShipmentLedger), known.terms.order
    delivery = Delivery(
        custody.id_of(known), facts.sequence, evidence,
        lost_bps=shares.lost_bps, damaged_bps=shares.damaged_bps,
    )  # fmt: skip
    domain, claims = custody.domain_of(office), custody.claimed_by(office, known)
    signature = Signature(key.address, delivery.sign(key, domain))
    if is_whole:
        call, status = ledger.deliver(order, evidence, signature, claims), "delivered"
    else:
        witness = (
            Signature(custodian.address, delivery.sign(custodian, domain)) if custodian else _NOBODY
        )
        call = ledger.deliver_with_reserve(order, shares, evidence, signature, witness, claims)
        status = f"delivered, {_spelt(shares)}" + ("" if custodian else ", which is a claim so far")
    call = custody.with_shortcuts(call, len(claims))
    return Done(known.hex, status, office.send(call, acting))


def tender(office: Office, acting: Acting, known: Known, evidence: bytes) -> Done:
    """Offers delivery; who acts has custody."""
    facts = custody.require_shipped(office, known)
    if facts.state != ShipmentState.IN_TRANSIT:
        return _as_it_is(known, facts)
    call = office.bind(ShipmentLedger).tender(known.terms.order, evidence)
    return Done(known.hex, "tendered", office.send_own(call, acting))


def refuse(office: Office, acting: Acting, known: Known, evidence: bytes) -> Done:
    """Refuses what was tendered, within the acceptance window; who acts is the consignee."""
    facts = custody.require_shipped(office, known)
    if facts.state in (ShipmentState.DISPUTED, ShipmentState.DELIVERED):
        return _as_it_is(known, facts)
    _require_tendered(known, facts)
    call = office.bind(ShipmentLedger).dispute(known.terms.order, evidence)
    return Done(known.hex, "refused; the arbiter rules", office.send_own(call, acting))


def rule(office: Office, acting: Acting, known: Known, *, is_upheld: bool) -> Done:
    """Decides a refused tender: upheld, it is a delivery; rejected, the goods are on their way
    again. Who acts may arbitrate for the order's arbiter.
    """
    facts = custody.require_shipped(office, known)
    if facts.state == ShipmentState.DELIVERED:
        return _as_it_is(known, facts)
    if facts.state != ShipmentState.DISPUTED:
        raise InputError(f"Nobody has refused a tender of order {known.hex}: nothing to rule on.")
    claims = custody.claimed_by(office, known)
    call = office.bind(ShipmentLedger).rule(known.terms.order, is_upheld, claims)
    status = "delivered, the tender is upheld" if is_upheld else "in transit, it is rejected"
    return Done(
        known.hex, status, office.send_own(custody.with_shortcuts(call, len(claims)), acting)
    )


def conclude(office: Office, acting: Acting, known: Known) -> Done:
    """Ends a tender by silence, of the consignee or of the arbiter; by anyone."""
    facts, order = custody.require_shipped(office, known), known.terms.order
    if facts.state == ShipmentState.DELIVERED:
        return _as_it_is(known, facts)
    _require_tendered(known, facts)
    is_disputed = facts.state == ShipmentState.DISPUTED
    closes = (
        facts.disputed_at + order.arbitration_period
        if is_disputed
        else facts.tendered_at + order.acceptance_window
    )
    if office.node.time() <= closes:
        who = "the arbiter may rule" if is_disputed else "the consignee may refuse"
        status = f"{who} until {moment(closes)}; nothing was sent"
        return Done(known.hex, status, is_pending=True)
    claims = custody.claimed_by(office, known)
    call = office.bind(ShipmentLedger).conclude_tender(order, claims)
    is_upheld = order.uphold_by_default or not is_disputed
    status = "delivered by silence" if is_upheld else "in transit, the tender is rejected"
    return Done(known.hex, status, office.send(custody.with_shortcuts(call, len(claims)), acting))


def rate(office: Office, acting: Acting, known: Known) -> Done:
    """Rates who carried and who declared the goods of an ended order, from 30 days after the end of
    the order and of the journey on; by anyone.
    """
    facts, (state, record) = custody.facts_of(office, known), orders.record(office, known)
    if state in (OrderState.NONE, OrderState.OPEN):
        raise InputError(f"Order {known.hex} has not ended: its journey is rated after the end.")
    if state is OrderState.AGREED:
        raise InputError(f"Order {known.hex} ended by consent: that is evidence of nothing.")
    credit = office.bind(CreditRegistry)
    if credit.is_journey_rated(known.id):
        return Done(known.hex, "rated before; nothing was sent")
    custody.require_shipped(office, known)
    if facts.state in (ShipmentState.TENDERED, ShipmentState.DISPUTED):
        status = "a tender is pending, `entrepot shipment conclude` ends it; nothing was sent"
        return Done(known.hex, status, is_pending=True)
    opens = opens_at(record.ended_at, facts.delivered_at, known.terms.order.refund_after)
    if office.node.time() < opens:
        status = f"too early, it can be rated from {moment(opens)} on; nothing was sent"
        return Done(known.hex, status, is_pending=True)
    legs = custody.legs_of(office, known)
    call = credit.rate_journey(known.terms.order, legs)
    count = f"{len(legs)} leg" + "s" * (len(legs) != 1)
    return Done(known.hex, f"rated, {count}", office.send(call, acting))


def admit(office: Office, acting: Acting, known: Known, shares: Shares, evidence: bytes) -> Done:
    """Admits loss or damage; who acts has custody, or had it last."""
    custody.require_shipped(office, known)
    if _is_recorded(office, known, shares):
        return Done(known.hex, f"{_spelt(shares)} before; nothing was sent")
    claims = custody.claimed_by(office, known)
    call = office.bind(ShipmentLedger).admit(known.terms.order, shares, evidence, claims)
    return _recorded(office, acting, known, shares, call, len(claims))


def determine(
    office: Office, acting: Acting, known: Known, shares: Shares, at: int, evidence: bytes
) -> Done:
    """Determines loss or damage and when it happened, seconds UTC; who acts may arbitrate for the
    order's arbiter.
    """
    facts = custody.require_shipped(office, known)
    if at < facts.shipped_at:
        raise InputError(f"--at is before the goods shipped, {moment(facts.shipped_at)}.")
    if _is_recorded(office, known, shares):
        return Done(known.hex, f"{_spelt(shares)} before; nothing was sent")
    claims = custody.claimed_by(office, known)
    call = office.bind(ShipmentLedger).determine(known.terms.order, shares, at, evidence, claims)
    return _recorded(office, acting, known, shares, call, len(claims))


def _recorded(
    office: Office, acting: Acting, known: Known, shares: Shares, call: Call, claims: int
) -> Done:
    receipt = office.send_own(custody.with_shortcuts(call, claims), acting)
    return Done(known.hex, _spelt(shares), receipt)


def _is_recorded(office: Office, known: Known, shares: Shares) -> bool:
    """Whether that much is a fact; `InputError` where more is, for shares only grow."""
    if not shares.lost_bps + shares.damaged_bps:
        raise InputError("Say how much: --lost, --damaged, or both.")
    cargo = office.bind(ShipmentLedger).cargo_of(custody.id_of(known))
    if shares.lost_bps < cargo.lost_bps or shares.damaged_bps < cargo.damaged_bps:
        known_before = _spelt(Shares(cargo.lost_bps, cargo.damaged_bps))
        raise InputError(f"Shares only grow: {known_before} is recorded already.")
    return (shares.lost_bps, shares.damaged_bps) == (cargo.lost_bps, cargo.damaged_bps)


def _require_tendered(known: Known, facts: ShipmentFacts) -> None:
    if facts.state not in (ShipmentState.TENDERED, ShipmentState.DISPUTED):
        raise InputError(
            f"The goods of order {known.hex} are not tendered: `entrepot shipment tender`."
        )


def _as_it_is(known: Known, facts: ShipmentFacts) -> Done:
    state = ShipmentState(facts.state).name.lower()
    verb = "refused" if state == "disputed" else state
    return Done(known.hex, f"{verb} before; nothing was sent")


def _spelt(shares: Shares) -> str:
    parts = [("lost", shares.lost_bps), ("damaged", shares.damaged_bps)]
    return " and ".join(f"{share_text(bps)} {name}" for name, bps in parts if bps)
