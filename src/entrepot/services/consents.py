"""Consents: buyer and seller's side end an order by a share that both sign, or one of them where
that is enough.

A file is JSON and holds no secret. A share of 100% needs the buyer alone, and is acceptance where
the goods came in time. One of 0% that the seller's side itself sends is a concession, and a refund;
its signature alone is none, because it may have been meant for both. All else needs both.
"""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from entrepot.core.messages import Consent
from entrepot.core.settlement import WHOLE
from entrepot.core.signing import Key
from entrepot.errors import InputError
from entrepot.network.bindings import TradeEscrow
from entrepot.network.deployments import Deployment
from entrepot.services import orders
from entrepot.services.books.entries import OrderState
from entrepot.services.office import Acting, Office
from entrepot.services.order_file import SIDES, domain_of, is_by
from entrepot.services.orders import Done, Known
from entrepot.services.spelling import (
    AddressText,
    MomentText,
    ShareText,
    SignatureText,
    moment,
    share_text,
    spelt,
    unspelt,
    wrong_file,
)
from entrepot.storage.files import create_json, read_json, write_json

KIND = "entrepot consent"


class _Side(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    account: AddressText
    signature: SignatureText


class ConsentFile(BaseModel):
    """A consent as its file spells it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    kind: Literal["entrepot consent"]
    version: Literal[1]
    chain: Annotated[int, Field(ge=1)]
    escrow: AddressText
    order: Annotated[str, Field(pattern="^0x[0-9a-f]{64}$")]
    share: ShareText
    until: MomentText
    buyer: _Side
    seller: _Side


@dataclass(frozen=True, slots=True)
class Agreement:
    """A consent for one deployment, with the signatures that it has so far; `accounts` of buyer and
    seller, in whose place the holder of a note may stand.
    """

    consent: Consent
    domain: bytes
    chain: int
    escrow: str
    accounts: dict[str, str]
    signatures: dict[str, bytes] = field(default_factory=dict)

    @property
    def lacking(self) -> list[str]:
        """Sides whose signatures are needed and missing."""
        needed = ("buyer",) if self.consent.seller_share == WHOLE else SIDES
        return [side for side in needed if side not in self.signatures]

    def sign(self, key: Key, side: str | None = None) -> "Agreement":
        """Signed by a key, for the side whose account it is or that `side` names."""
        sides = [side] if side else [each for each in SIDES if self.accounts[each] == key.address]
        if not sides:
            raise InputError(
                f"{key.address} is neither the buyer's account nor the seller's: --for "
                "buyer|seller signs for a contract, --for seller for the holder of a note."
            )
        signature = self.consent.sign(key, self.domain)
        return replace(self, signatures={**self.signatures, **dict.fromkeys(sides, signature)})

    def as_json(self) -> dict[str, Any]:
        """As its file spells it."""
        return {
            "kind": KIND,
            "version": 1,
            "chain": self.chain,
            "escrow": self.escrow,
            "order": "0x" + self.consent.order_id.hex(),
            "share": share_text(self.consent.seller_share),
            "until": moment(self.consent.until),
            **{
                side: {
                    "account": self.accounts[side],
                    "signature": spelt(self.signatures.get(side)),
                }
                for side in SIDES
            },
        }


def drafted(deployment: Deployment, known: Known, share: int, until: int) -> Agreement:
    """A consent that nobody has signed yet; `share` in basis points, good until a second."""
    order = known.terms.order
    consent = Consent(known.id, share, until)
    return Agreement(
        consent, *domain_of(deployment), {"buyer": order.buyer, "seller": order.seller}
    )


def load(path: Path, deployment: Deployment) -> Agreement:
    """The consent in a file; `InputError` says what is wrong with it."""
    try:
        found = ConsentFile.model_validate(read_json(path))
    except ValidationError as failure:
        raise wrong_file(path, failure) from None
    domain, chain, escrow = domain_of(deployment)
    if (found.chain, found.escrow) != (chain, escrow):
        raise InputError(
            f"{path} was made for chain {found.chain}, escrow {found.escrow}: give the "
            "--workspace of its own."
        )
    consent = Consent(bytes.fromhex(found.order[2:]), found.share, found.until)
    sides = {"buyer": found.buyer, "seller": found.seller}
    given = {side: unspelt(each.signature) for side, each in sides.items()}
    return Agreement(
        consent, domain, chain, escrow,
        {side: each.account for side, each in sides.items()},
        {side: each for side, each in given.items() if each is not None},
    )  # fmt: skip


def is_consent(path: Path) -> bool:
    """Whether a file says that it holds a consent."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and content.get("kind") == KIND


def create(path: Path, agreement: Agreement) -> None:
    """Writes a consent into a new file; `WorkspaceError` where there is one already."""
    create_json(path, agreement.as_json())


def sign(path: Path, deployment: Deployment, key: Key, side: str | None) -> Agreement:
    """Adds a key's signature to the consent in a file."""
    signed = load(path, deployment).sign(key, side)
    write_json(path, signed.as_json())
    return signed


def submit(office: Office, acting: Acting, agreement: Agreement) -> Done:
    """Ends an order by a consent; by anyone. `InputError` where a signature is missing."""
    number = "0x" + agreement.consent.order_id.hex()
    known = orders.find(office, number)
    state, _ = orders.record(office, known)
    if state is not OrderState.OPEN:
        return Done(number, f"{state.name.lower()} before; nothing was sent")
    is_conceded = _is_conceded(office, acting, known, agreement)
    if agreement.lacking and not is_conceded:
        names = " and ".join(agreement.lacking)
        raise InputError(
            f"The {names} must agree too: --write the consent to a file, which `entrepot order "
            "sign` signs; to 0% the seller's side alone agrees, where it sends itself."
        )
    share, until = agreement.consent.seller_share, agreement.consent.until
    if until < office.node.time():
        raise InputError(f"The consent was good until {moment(until)}: sign another one.")
    _require_theirs(office, known, agreement)
    call = office.bind(TradeEscrow).agree(
        known.terms.order, known.terms.clauses, share, until,
        agreement.signatures.get("buyer", b""), agreement.signatures.get("seller", b""),
    )  # fmt: skip
    receipt = office.send_own(call, acting) if is_conceded else office.send(call, acting)
    state, _ = orders.record(office, known)
    return Done(number, f"{state.name.lower()}, {share_text(share)} to the seller's side", receipt)


def _is_conceded(office: Office, acting: Acting, known: Known, agreement: Agreement) -> bool:
    """Whether who acts is the seller's side and gives everything up."""
    return (
        agreement.consent.seller_share == 0
        and "buyer" not in agreement.signatures
        and acting.name is not None
        and acting.key().address == orders.seller_side(office, known)
    )


def _require_theirs(office: Office, known: Known, agreement: Agreement) -> None:
    """`InputError` where a signature is not of the account that has to agree now."""
    sides = {"buyer": known.terms.order.buyer, "seller": orders.seller_side(office, known)}
    for side, signature in agreement.signatures.items():
        account, digest = sides[side], agreement.consent.digest(agreement.domain)
        if not office.node.is_contract(account) and not is_by(account, digest, signature):
            raise InputError(
                f"The consent is not signed by {account}, who has to agree as the {side}'s side: "
                "whoever holds a note signs with `--for seller`."
            )
