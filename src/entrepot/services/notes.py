"""Notes: the seller's claim on an open order, which a bank offers for, the seller accepts, and
anyone sells who brings both signatures.

An offer's file is JSON and holds no secret.
"""

import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from entrepot.core.messages import ZERO_ADDRESS, Offer, contract_domain
from entrepot.core.signing import Key
from entrepot.errors import InputError
from entrepot.network.bindings import ReceivableNote, TradeEscrow
from entrepot.network.deployments import Deployment
from entrepot.services import events, orders, tokens
from entrepot.services.authority import Authority
from entrepot.services.books.entries import OrderState
from entrepot.services.office import Acting, Office
from entrepot.services.order_file import is_by
from entrepot.services.orders import DUES, Done, Known
from entrepot.services.spelling import (
    AddressText,
    MomentText,
    SignatureText,
    moment,
    share_text,
    spelt,
    unspelt,
    wrong_file,
)
from entrepot.services.tokens import Token
from entrepot.storage.files import create_json, read_json, write_json

_SIGNERS = ("bank", "seller")


class _Bank(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: Annotated[int, Field(ge=1, lt=2**64)]
    account: AddressText


class _Signatures(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    bank: SignatureText
    seller: SignatureText


class OfferFile(BaseModel):
    """An offer as its file spells it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    kind: Literal["entrepot note offer"]
    version: Literal[1]
    chain: Annotated[int, Field(ge=1)]
    notes: AddressText
    order: Annotated[str, Field(pattern="^0x[0-9a-f]{64}$")]
    token: Any
    seller: AddressText
    bank: _Bank
    advance: str
    bond: str
    paid: list[Literal["shipped", "cleared", "delivered", "duty"]]
    until: MomentText
    salt: Annotated[str, Field(pattern="^0x[0-9a-f]{64}$")]
    signatures: _Signatures


@dataclass(frozen=True, slots=True)
class SignedOffer:
    """A bank's offer for one deployment, with the signatures that it has so far."""

    offer: Offer
    seller: str
    token: Token
    domain: bytes
    chain: int
    notes: str
    signatures: dict[str, bytes] = field(default_factory=dict)

    @property
    def id(self) -> bytes:
        """What is signed, 32 bytes."""
        return self.offer.digest(self.domain)

    @property
    def lacking(self) -> list[str]:
        """Who has not signed yet."""
        return [name for name in _SIGNERS if name not in self.signatures]

    def signed(self, name: str, key: Key) -> "SignedOffer":
        """Signed for the bank or the seller."""
        return replace(self, signatures={**self.signatures, name: key.sign(self.id)})

    def as_json(self) -> dict[str, Any]:
        """As its file spells it."""
        offer = self.offer
        return {
            "kind": "entrepot note offer",
            "version": 1,
            "chain": self.chain,
            "notes": self.notes,
            "order": "0x" + offer.order_id.hex(),
            "token": self.token.spelt(),
            "seller": self.seller,
            "bank": {"id": offer.bank_id, "account": offer.bank},
            "advance": self.token.text(offer.advance),
            "bond": self.token.text(offer.bond),
            "paid": orders.paid_names(offer.paid),
            "until": moment(offer.valid_until),
            "salt": "0x" + offer.salt.hex(),
            "signatures": {name: spelt(self.signatures.get(name)) for name in _SIGNERS},
        }


@dataclass(frozen=True, slots=True)
class Asked:
    """What a bank offers: amounts as decimal texts, `until` in seconds UTC.

    `bank` is the participant for whom it finances and `paid` the mask of what the order has paid
    already; where they are None, the chain says them. `account`: a contract for which the bank's
    key signs.
    """

    advance: str
    bond: str
    until: int
    bank: int | None = None
    paid: int | None = None
    account: str | None = None

    @property
    def is_offline(self) -> bool:
        """Whether nothing has to be read from a chain."""
        return self.bank is not None and self.paid is not None


def paid_of(text: str) -> int:
    """Mask of what an order has paid already, by names with commas between, or `none`."""
    known = {due.name.lower(): due for due in DUES}
    names = [] if text == "none" else [name.strip() for name in text.split(",")]
    for name in names:
        if name not in known:
            raise InputError(f"{name!r} is not paid before the end: {', '.join(known)}, or none.")
    return sum(1 << known[name] for name in set(names))


def completed(office: Office, known: Known, key: Key, asked: Asked) -> Asked:
    """With what the chain says of the bank and of the order, where that was not said."""
    bank, paid = asked.bank, asked.paid
    if bank is None:
        bank = _bank_of(office, asked.account or key.address)
    if paid is None:
        orders.require_open(office, known)
        paid = office.bind(TradeEscrow).progress_of(known.id).paid
    return replace(asked, bank=bank, paid=paid)


def offer(deployment: Deployment, known: Known, key: Key, asked: Asked) -> SignedOffer:
    """A bank's offer for the claim on an order, signed by its key; `InputError` for terms that the
    contract refuses, and for an advance that the order can never return.
    """
    token = known.terms.token
    advance = token.asked("--advance", asked.advance)
    bond = token.asked("--bond", asked.bond)
    if advance == 0:
        raise InputError("--advance is nothing: an offer advances something.")
    if advance > known.terms.order.amount:
        raise InputError("--advance is more than the order's price, which is all it can return.")
    if bond > advance:
        raise InputError("--bond is more than the --advance of which it stays behind.")
    terms = Offer(
        known.id, asked.account or key.address, asked.bank or 0, advance, bond, asked.paid or 0,
        asked.until, secrets.token_bytes(32),
    )  # fmt: skip
    draft = SignedOffer(terms, known.terms.order.seller, token, *_domain_of(deployment))
    return draft.signed("bank", key)


def create(path: Path, signed: SignedOffer) -> None:
    """Writes an offer into a new file; `WorkspaceError` where there is one already."""
    create_json(path, signed.as_json())


def load(path: Path, deployment: Deployment) -> SignedOffer:
    """The offer in a file; `InputError` says what is wrong with it."""
    try:
        found = OfferFile.model_validate(read_json(path))
    except ValidationError as failure:
        raise wrong_file(path, failure) from None
    domain, chain, notes = _domain_of(deployment)
    if (found.chain, found.notes) != (chain, notes):
        raise InputError(
            f"{path} was made for chain {found.chain}, notes {found.notes}: give the --workspace "
            "of its own."
        )
    try:
        token = tokens.of_file(deployment, found.token)
        advance, bond = token.units(found.advance), token.units(found.bond)
    except ValueError as failure:
        raise InputError(f"{path} is wrong: {failure}.") from None
    terms = Offer(
        bytes.fromhex(found.order[2:]), found.bank.account, found.bank.id, advance, bond,
        paid_of(",".join(found.paid) or "none"), found.until, bytes.fromhex(found.salt[2:]),
    )  # fmt: skip
    given = {name: unspelt(getattr(found.signatures, name)) for name in _SIGNERS}
    signatures = {name: each for name, each in given.items() if each is not None}
    return SignedOffer(terms, found.seller, token, domain, chain, notes, signatures)


def accept(path: Path, deployment: Deployment, key: Key, *, is_contract: bool) -> SignedOffer:
    """Adds the seller's signature to an offer's file.

    `InputError` where the key is not the seller's account, unless that is a contract.
    """
    found = load(path, deployment)
    if key.address != found.seller and not is_contract:
        raise InputError(
            f"{key.address} is not the seller's account, which is {found.seller}: --for-contract "
            "signs for a contract."
        )
    bank = found.signatures.get("bank")
    if bank is None:
        raise InputError(f"{path} is not signed by the bank: `entrepot note offer` makes it so.")
    signed = found.signed("seller", key)
    write_json(path, signed.as_json())
    return signed


def approve(office: Office, acting: Acting, signed: SignedOffer) -> Done:
    """Lets the notes take an offer's advance from the account of the bank, which acts."""
    if acting.key().address != signed.offer.bank:
        raise InputError(f"{acting.key().address} is not the bank's account: that approves.")
    number = "0x" + signed.offer.order_id.hex()
    spender = office.bind(ReceivableNote).address
    return orders.allow(office, acting, signed.token, spender, signed.offer.advance, number)


def sell(office: Office, acting: Acting, path: Path) -> Done:
    """Has note and advance change hands; by anyone."""
    signed = load(path, office.deployment)
    offer, notes = signed.offer, office.bind(ReceivableNote)
    number = "0x" + offer.order_id.hex()
    known = orders.find(office, number)
    sold = office.logs(notes, "NoteSold", number)
    if sold:
        if sold[0].args["offerId"] == signed.id:
            return Done(number, "sold before; nothing was sent")
        raise InputError(f"Order {number} has a note already, by another offer: it has one ever.")
    orders.require_open(office, known)
    _require_sale(office, signed, known, path)
    call = notes.sell(
        known.terms.order, offer, signed.signatures["bank"], signed.signatures["seller"]
    )
    if signed.token.is_native:
        call = replace(call, value_wei=offer.advance)
    return Done(number, "sold", office.send(call, acting))


def show(office: Office, known: Known) -> dict[str, Any]:
    """The note of an order; `InputError` where there is none."""
    notes, token = office.bind(ReceivableNote), known.terms.token
    found = events.of(office, notes, "NoteSold", known.hex)
    if not found:
        raise InputError(f"Order {known.hex} has no note.")
    args = found[0].args
    state, _ = orders.record(office, known)
    divided = office.logs(notes, "BondDivided", known.hex)
    return {
        "order": known.hex,
        "order_state": state.name.lower(),
        "holder": notes.holder_of(known.id),
        "bank": {"id": args["bankId"], "account": args["bank"]},
        "seller": args["seller"],
        "sold_at": moment(found[0].timestamp),
        "price": token.text(known.terms.order.amount),
        "advance": token.text(args["advance"]),
        "bond": token.text(args["bond"]),
        "bond_held": token.text(notes.bond_of(known.id)),
        "bond_to_holder": token.text(divided[0].args["toHolder"]) if divided else None,
        "bond_to_seller": token.text(divided[0].args["toSeller"]) if divided else None,
        "seller_share": _share(office, known, state),
    }


def transfer(office: Office, acting: Acting, known: Known, to: str) -> Done:
    """Gives a note to another account; by its holder's own."""
    notes, account = office.bind(ReceivableNote), acting.key().address
    holder = _holder(office, known)
    if holder == to:
        return Done(known.hex, f"{to} holds it already; nothing was sent")
    if holder != account:
        raise InputError(f"{account} does not hold the note of order {known.hex}: {holder} does.")
    call = notes.transfer_from(account, to, int.from_bytes(known.id))
    return Done(known.hex, f"{to} holds it", office.send_own(call, acting))


def divide_bond(office: Office, acting: Acting, known: Known) -> Done:
    """Divides the bond of an order that has ended; by anyone."""
    notes = office.bind(ReceivableNote)
    _holder(office, known)
    if notes.bond_of(known.id) == 0:
        return Done(known.hex, "there is no bond, or none any more; nothing was sent")
    if office.bind(TradeEscrow).is_open(known.id):
        raise InputError(f"Order {known.hex} is open: its bond is divided when it has ended.")
    receipt = office.send(notes.divide_bond(known.terms.order), acting)
    return Done(known.hex, "the bond is divided", receipt)


def _require_sale(office: Office, signed: SignedOffer, known: Known, path: Path) -> None:
    """`InputError` for what the contract would refuse, in words."""
    offer = signed.offer
    if signed.lacking:
        raise InputError(f"{path} is not signed by the {' and '.join(signed.lacking)} yet.")
    if offer.valid_until < office.node.time():
        raise InputError(f"The offer was good until {moment(offer.valid_until)}.")
    accounts = {"bank": offer.bank, "seller": known.terms.order.seller}
    for name, account in accounts.items():
        if not office.node.is_contract(account) and not is_by(
            account, signed.id, signed.signatures[name]
        ):
            raise InputError(f"The {name}'s signature in {path} is not by {account}.")
    paid = office.bind(TradeEscrow).progress_of(known.id).paid
    if paid != offer.paid:
        names = ", ".join(orders.paid_names(paid)) or "nothing"
        raise InputError(f"The order has paid {names} by now: the bank makes another offer.")
    tokens.require_real(office, signed.token)
    tokens.require_funds(
        office, signed.token, offer.bank, office.bind(ReceivableNote).address, offer.advance,
        approve=f"entrepot --as KEY note approve {path}",
    )  # fmt: skip


def _holder(office: Office, known: Known) -> str:
    found = orders.holder(office, known)
    if found == ZERO_ADDRESS:
        raise InputError(f"Order {known.hex} has no note.")
    return found


def _share(office: Office, known: Known, state: OrderState) -> str | None:
    if state is OrderState.OPEN:
        return None
    return share_text(office.bind(TradeEscrow).progress_of(known.id).seller_share)


def _bank_of(office: Office, account: str) -> int:
    """The participant for whom an account may Finance."""
    standing = Authority(office).of(account)
    if standing.participant is None or "finance" not in standing.usable:
        raise InputError(f"{account} may not finance for anybody; `entrepot keys whoami` says why.")
    return standing.participant


def _domain_of(deployment: Deployment) -> tuple[bytes, int, str]:
    notes = deployment.contracts["ReceivableNote"].address
    domain = contract_domain("Entrepot ReceivableNote", deployment.chain_id, notes)
    return domain, deployment.chain_id, notes
