"""Orders on chain: opened from a file, found again by their id, paid, ended by facts or by consent.

An order is a file or, once it was opened, its id: its terms are rebuilt from the events that opened
it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from entrepot.core.messages import PLAIN, ZERO_ADDRESS, Clauses, Order, clauses_of
from entrepot.core.settlement import Outcome, Purpose
from entrepot.errors import InputError
from entrepot.network.bindings import (
    OrderProgress,
    OrderRecord,
    Payment,
    ReceivableNote,
    ShipmentLedger,
    TradeEscrow,
)
from entrepot.network.contracts import Call, topic_of
from entrepot.network.deployments import Deployment
from entrepot.network.sender import Receipt
from entrepot.services import events, order_file, tokens
from entrepot.services.books.entries import OrderState
from entrepot.services.office import Acting, Office, reading
from entrepot.services.order_file import Draft, Terms
from entrepot.services.spelling import moment, share_text
from entrepot.services.workspace import Workspace

_ID = re.compile("0x[0-9a-f]{64}")
DUES = [Purpose.SHIPPED, Purpose.CLEARED, Purpose.DELIVERED, Purpose.DUTY]
"""What may be paid before an order ends."""
_ENDS = {"OrderReleased": Purpose.PRICE, "OrderRefunded": Purpose.REFUND}


@dataclass(frozen=True, slots=True)
class Known:
    """An order with its id, 32 bytes; `draft` where it was read from a file."""

    id: bytes
    terms: Terms
    draft: Draft | None = None

    @property
    def hex(self) -> str:
        """The id as people and topics have it."""
        return "0x" + self.id.hex()


@dataclass(frozen=True, slots=True)
class Done:
    """What a command led to for its subject, an order mostly.

    Without a receipt nothing was sent, and `status` says why. `is_pending`: it cannot be done yet.
    """

    subject: str
    status: str
    receipt: Receipt | None = None
    is_pending: bool = False


def is_id(text: str) -> bool:
    """Whether a text is an order's id and no file."""
    return _ID.fullmatch(text) is not None


def find(office: Office, text: str) -> Known:
    """The order that a file or an id names; `InputError` where there is none."""
    if not is_id(text):
        return _of_file(Path(text), office.deployment)
    escrow = office.bind(TradeEscrow)
    opened = office.logs(escrow, "OrderOpened", text)
    if not opened:
        raise InputError(f"No order {text} was opened in this deployment.")
    order = Order(*opened[0].args["order"].values())
    clauses = Clauses()
    if order.clauses != PLAIN:
        (event,) = office.logs(escrow, "OrderClauses", text)
        clauses = clauses_of(event.args["clauses"])
    token = tokens.at(office, order.token)
    price_token = tokens.at(office, clauses.price_token) if clauses.price else token
    return Known(bytes.fromhex(text[2:]), Terms(order, clauses, token, price_token))


def known(workspace: Workspace, rpc: str | None, text: str) -> Known:
    """The order in a file, for which no node is asked, or the one that an id names on the chain."""
    if is_id(text):
        with reading(workspace, rpc) as office:
            return find(office, text)
    return _of_file(Path(text), workspace.deployment())


def record(office: Office, known: Known) -> tuple[OrderState, OrderRecord]:
    """Where an order stands."""
    found = office.bind(TradeEscrow).record_of(known.id)
    return OrderState(found.state), found


def require_open(office: Office, known: Known) -> None:
    """`InputError` where an order is not open."""
    state, _ = record(office, known)
    if state is OrderState.NONE:
        raise InputError(f"Order {known.hex} was not opened yet: `entrepot order open` does that.")
    if state is not OrderState.OPEN:
        raise InputError(f"Order {known.hex} has ended: it is {state.name.lower()}.")


def open_(office: Office, acting: Acting, known: Known) -> Done:
    """Opens and funds the order of a file; whoever pays for the transaction submits it.

    `InputError` where a signature is missing or nobody's, or the buyer cannot pay.
    """
    state, _ = record(office, known)
    if state is not OrderState.NONE:
        return Done(known.hex, f"opened before, it is {state.name.lower()}; nothing was sent")
    draft = known.draft
    if draft is None:
        raise InputError(f"Order {known.hex} is opened from its file.")
    _require_signatures(office, draft)
    order, clauses, token = known.terms.order, known.terms.clauses, known.terms.token
    tokens.require_real(office, token)
    if clauses.price:
        tokens.require_real(office, known.terms.price_token)
    escrow = office.bind(TradeEscrow)
    command = f"entrepot --as KEY order approve {draft.path}"
    tokens.require_funds(office, token, order.buyer, escrow.address, order.amount, approve=command)
    signed = draft.signatures["buyer"], draft.signatures["seller"]
    if order.clauses == PLAIN:
        call = escrow.open(order, *signed)
    else:
        call = escrow.open_with_clauses(order, clauses, *signed)
    if token.is_native:
        call = replace(call, value_wei=order.amount)
    return Done(known.hex, "opened", office.send(call, acting))


def approve(office: Office, acting: Acting, orders: Sequence[Known]) -> Done:
    """Lets the escrow take what orders cost together, from the account of their buyer, who acts."""
    token, buyer = orders[0].terms.token, acting.key().address
    for known in orders:
        if known.terms.order.buyer != buyer:
            raise InputError(f"{buyer} does not buy by order {known.hex}: its buyer approves.")
        if known.terms.token != token:
            raise InputError("These orders are in different tokens: approve them one by one.")
    total = sum(known.terms.order.amount for known in orders)
    names = ", ".join(known.hex for known in orders)
    return allow(office, acting, token, office.bind(TradeEscrow).address, total, names)


def allow(
    office: Office, acting: Acting, token: tokens.Token, spender: str, units: int, subject: str
) -> Done:
    """Lets a contract take an amount of a token from the account of who acts, if it may not yet."""
    if token.is_native:
        return Done(subject, "native coin goes along with the transaction; nothing was sent")
    tokens.require_real(office, token)
    contract = tokens.contract(office, token.address)
    if contract.allowance(acting.key().address, spender) >= units:
        return Done(subject, "approved before; nothing was sent")
    receipt = office.send_own(contract.approve(spender, units), acting)
    return Done(subject, f"approved {token.text(units)}", receipt)


def quote(office: Office, known: Known) -> dict[str, Any]:
    """Who would get what if an open order were concluded now or, where nothing is decided yet,
    advanced.
    """
    require_open(office, known)
    outcome, payments = office.bind(TradeEscrow).quote_of(known.terms.order, known.terms.clauses)
    verb = "advance" if outcome == Outcome.PENDING else "conclude"
    return {
        "order": known.hex,
        "outcome": Outcome(outcome).name.lower(),
        "by": f"entrepot order {verb}" if payments else None,
        "payments": [_payment(known, each) for each in payments],
    }


def advance(office: Office, acting: Acting, known: Known) -> Done:
    """Pays what is due before the end; by anyone."""
    require_open(office, known)
    order, clauses = known.terms.order, known.terms.clauses
    escrow = office.bind(TradeEscrow)
    outcome, payments = escrow.quote_of(order, clauses)
    if outcome == Outcome.PENDING and not payments:
        return Done(known.hex, "nothing is due; nothing was sent")
    return Done(known.hex, "advanced", office.send(escrow.advance(order, clauses), acting))


def conclude(office: Office, acting: Acting, orders: Sequence[Known]) -> list[Done]:
    """Ends those of some orders that the facts decide, all in one transaction; by anyone.

    `InputError` where it is one that was never opened.
    """
    escrow = office.bind(TradeEscrow)
    asked = {known.hex: known for known in orders}
    ready: list[tuple[Known, Outcome]] = []
    found = {}
    for known in asked.values():
        state, _ = record(office, known)
        if state is OrderState.NONE:
            require_open(office, known)
        if state is not OrderState.OPEN:
            found[known.hex] = Done(known.hex, f"{state.name.lower()} before; nothing was sent")
            continue
        outcome, _ = escrow.quote_of(known.terms.order, known.terms.clauses)
        if outcome == Outcome.PENDING:
            status = "undecided, it stays open; nothing was sent"
            found[known.hex] = Done(known.hex, status, is_pending=True)
        else:
            ready.append((known, Outcome(outcome)))
    if ready:
        receipt = office.send(_ending(office, ready), acting)
        for known, _ in ready:
            state, _ = record(office, known)
            found[known.hex] = Done(known.hex, state.name.lower(), receipt)
    return [found[number] for number in asked]


def contest(office: Office, acting: Acting, known: Known, evidence: bytes) -> Done:
    """Contests delivered goods in the inspection window; by the buyer's own account."""
    require_open(office, known)
    order, buyer = known.terms.order, acting.key().address
    if order.buyer != buyer:
        raise InputError(f"{buyer} is not the buyer of order {known.hex}, who alone contests.")
    call = office.bind(TradeEscrow).contest(order, known.terms.clauses, evidence)
    return Done(known.hex, "contested", office.send_own(call, acting))


def arbitrate(office: Office, acting: Acting, known: Known, share: int) -> Done:
    """Divides what a contested order holds; `share` of the seller's side in basis points; by a key
    that may Arbitrate for the order's arbiter.
    """
    require_open(office, known)
    call = office.bind(TradeEscrow).arbitrate(known.terms.order, known.terms.clauses, share)
    return Done(known.hex, f"arbitrated, {share_text(share)}", office.send_own(call, acting))


def withdraw(
    office: Office, acting: Acting, kind: type[TradeEscrow] | type[ReceivableNote], name: str,
    to: str | None,
) -> Done:  # fmt: skip
    """Takes out what could not be paid to the account of who acts."""
    contract, token, account = office.bind(kind), tokens.of_name(office, name), acting.key().address
    waiting = contract.withdrawable(token.address, account)
    if waiting == 0:
        return Done(account, f"nothing waits in {name}; nothing was sent")
    receipt = office.send_own(contract.withdraw(token.address, to or account), acting)
    return Done(account, f"withdrew {token.text(waiting)} {name}", receipt)


def show(office: Office, known: Known) -> dict[str, Any]:
    """An order's terms, who signed, how far it came and what was paid."""
    state, kept = record(office, known)
    found: dict[str, Any] = {
        "order": known.hex,
        "state": "not opened" if state is OrderState.NONE else state.name.lower(),
        **told(known),
    }
    if state is OrderState.NONE:
        return found
    escrow = office.bind(TradeEscrow)
    progress = escrow.progress_of(known.id)
    return {
        **found,
        "opened_at": moment(kept.opened_at),
        "ended_at": moment(kept.ended_at) if kept.ended_at else None,
        **_progress(progress, state),
        "note_holder": holder(office, known) if progress.is_noted else None,
        "payments": _payments(office, known),
    }


def told(known: Known) -> dict[str, Any]:
    """What a file alone says of an order."""
    draft = known.draft
    return {"signatures": draft.standing() if draft else None, "terms": known.terms.spelt()}


def holder(office: Office, known: Known) -> str:
    """Who holds an order's note; the address zero where there is none."""
    return office.bind(ReceivableNote).holder_of(known.id)


def seller_side(office: Office, known: Known) -> str:
    """Who is paid, and asked, in the seller's place."""
    found = holder(office, known)
    return known.terms.order.seller if found == ZERO_ADDRESS else found


def paid_names(mask: int) -> list[str]:
    """Names of what was paid before the end."""
    return [due.name.lower() for due in DUES if mask >> due & 1]


def _of_file(path: Path, deployment: Deployment) -> Known:
    draft = order_file.load(path, deployment)
    return Known(draft.id, draft.terms, draft)


def _require_signatures(office: Office, draft: Draft) -> None:
    if draft.lacking:
        names = " and ".join(draft.lacking)
        raise InputError(f"{draft.path} is not signed by the {names}: `entrepot order sign`.")
    for side, state in draft.standing().items():
        account = draft.account(side)
        if state != "signed" and not office.node.is_contract(account):
            raise InputError(
                f"The {side}'s signature in {draft.path} is {state}: {account} signs again."
            )


def _ending(office: Office, ready: Sequence[tuple[Known, Outcome]]) -> Call:
    """The call that ends orders as they are decided; the shortest for one plain order."""
    escrow = office.bind(TradeEscrow)
    if len(ready) > 1:
        terms = [known.terms for known, _ in ready]
        return escrow.conclude_many([t.order for t in terms], [t.clauses for t in terms])
    known, outcome = ready[0]
    order, clauses = known.terms.order, known.terms.clauses
    ledger = office.bind(ShipmentLedger)
    if order.clauses != PLAIN or order.source != ledger.address:
        return escrow.conclude(order, clauses)
    return escrow.settle(order) if outcome is Outcome.EARNED else escrow.refund(order)


def _payment(known: Known, payment: Payment) -> dict[str, str]:
    return {
        "purpose": Purpose(payment.purpose).name.lower(),
        "payee": payment.payee,
        "amount": known.terms.token.text(payment.amount),
    }


def _progress(progress: OrderProgress, state: OrderState) -> dict[str, Any]:
    is_ended = state is not OrderState.OPEN
    return {
        "paid_before_the_end": paid_names(progress.paid),
        "contested_at": moment(progress.contested_at) if progress.contested_at else None,
        "seller_share": share_text(progress.seller_share) if is_ended else None,
        "is_noted": progress.is_noted,
    }


def _payments(office: Office, known: Known) -> list[dict[str, str | None]]:
    """Every payment that an order's events tell, in order."""
    found = []
    for event in events.of(office, office.bind(TradeEscrow), None, known.hex):
        args = event.args
        if event.name == "OrderPaid":
            paid = [(Purpose(args["purpose"]), args["payee"], args["amount"])]
        elif event.name in _ENDS:
            paid = [(_ENDS[event.name], args["payee"], args["amount"])]
        elif event.name in ("OrderAgreed", "OrderArbitrated"):
            side = _side_at(office, known, event.block)
            buyer = known.terms.order.buyer
            paid = [
                (Purpose.PRICE, side, args["toSeller"]),
                (Purpose.REFUND, buyer, args["toBuyer"]),
            ]
        else:
            continue
        found += [
            {
                "at": moment(event.timestamp),
                "purpose": purpose.name.lower(),
                "payee": payee,
                "amount": known.terms.token.text(amount),
                "transaction": event.transaction,
            }
            for purpose, payee, amount in paid
            if amount
        ]
    return found


def _side_at(office: Office, known: Known, block: int) -> str:
    """Who was the seller's side at the end of a block."""
    notes = office.bind(ReceivableNote)
    moves = office.logs(notes, "Transfer", None, None, topic_of(known.id), last=block)
    found: str = moves[-1].args["to"] if moves else known.terms.order.seller
    return found
