"""Orders as people write them: a YAML or JSON file, checked key by key, signed in place.

`docs/settlement.md` explains every key. What the contracts would refuse is refused here already, in
one sentence that names the key, because both sides sign before a contract sees an order.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from entrepot.core.messages import PLAIN, Clauses, Order, Payee, contract_domain
from entrepot.core.settlement import WHOLE, Condition
from entrepot.core.signing import Key, recover
from entrepot.errors import InputError
from entrepot.network.deployments import Deployment
from entrepot.services import tokens
from entrepot.services.spelling import (
    AddressText,
    CommitmentText,
    MomentText,
    ShareText,
    SignatureText,
    moment,
    reads,
    share_text,
    spelt,
    unspelt,
    wrong_file,
)
from entrepot.services.tokens import Token
from entrepot.storage.files import write_bytes
from entrepot.storage.yaml_files import read_yaml

KIND = "entrepot order"
SIDES = ("buyer", "seller")
CONDITIONS = [each.name.lower() for each in Condition]
_DAY = 86_400
_LONGEST = 180 * _DAY
_MOST_PAYEES = 8
_MOST_DUTY = 2**88 - 1
_RATE_DECIMALS = 18
_ID = re.compile("[1-9][0-9]{0,19}")
_DURATION = re.compile(
    r"P(?:([0-9]{1,4})D)?(?:T(?:([0-9]{1,6})H)?(?:([0-9]{1,8})M)?(?:([0-9]{1,9})S)?)?"
)
_SIGNATURES = re.compile(r"^signatures:.*?(?=^[^\s#]|\Z)", re.M | re.S)
Value = TypeVar("Value")


def _id(text: str) -> int:
    if not _ID.fullmatch(text) or int(text) >= 2**64:
        raise ValueError("a participant's id is 1 to 2^64 - 1")
    return int(text)


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("it is true or false")
    return text == "true"


def duration_of(text: str) -> int:
    """Seconds of an ISO 8601 duration; `ValueError` for none, and for one over 180 days."""
    found = _DURATION.fullmatch(text)
    if found is None or text.endswith(("P", "T")):
        raise ValueError("a period is an ISO 8601 duration in days, hours, minutes: P5D, PT12H")
    days, hours, minutes, rest = (int(each or 0) for each in found.groups())
    seconds = (days * 24 + hours) * 3_600 + minutes * 60 + rest
    if seconds > _LONGEST:
        raise ValueError(f"{text} is longer than the 180 days that are the most")
    return seconds


def _condition(text: str) -> str:
    if text not in CONDITIONS:
        raise ValueError(f"a condition is one of {', '.join(CONDITIONS)}")
    return text


Id = Annotated[int, reads(_id)]
Truth = Annotated[bool, reads(_truth)]
Duration = Annotated[int, reads(duration_of)]
ConditionText = Annotated[str, reads(_condition)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Buyer(_Part):
    id: Id | None = None
    account: AddressText


class _Seller(_Part):
    id: Id
    account: AddressText


class _Milestones(_Part):
    shipped: ShareText = 0
    cleared: ShareText = 0
    delivered: ShareText = 0


class _Customs(_Part):
    authority: Id
    broker: Id | None = None
    inspector: Id | None = None
    treasury: AddressText | None = None
    duty_cap: str = "0"
    appeal_period: Duration = 0


class _Payee(_Part):
    account: AddressText
    cap: str


class _Price(_Part):
    token: Any
    amount: str
    rate: str
    until: MomentText


class _ClausesPart(_Part):
    conditions: Annotated[list[ConditionText], Field(min_length=1)] = ["delivered"]
    inspection_window: Duration = 0
    milestones: _Milestones = _Milestones()
    customs: _Customs | None = None
    payees: Annotated[list[_Payee], Field(max_length=_MOST_PAYEES)] = []
    price: _Price | None = None


class _Signatures(_Part):
    chain: Id
    escrow: AddressText
    buyer: SignatureText = None
    seller: SignatureText = None


class OrderFile(_Part):
    """An order as its file spells it: all values are texts."""

    kind: Literal["entrepot order"]
    version: Literal["1"]
    reference: CommitmentText
    token: Any
    amount: str | None = None
    buyer: _Buyer
    seller: _Seller
    carrier: Id
    consignee: Id | None = None
    arbiter: Id | None = None
    source: AddressText | None = None
    goods: CommitmentText
    open_by: MomentText
    ship_by: MomentText
    deliver_by: MomentText
    refund_after: MomentText
    acceptance_window: Duration = 0
    arbitration_period: Duration = 0
    uphold_by_default: Truth = False
    clauses: _ClausesPart | None = None
    signatures: _Signatures | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """All that two sides agree on, and how its amounts are spelt."""

    order: Order
    clauses: Clauses
    token: Token
    price_token: Token

    def spelt(self) -> dict[str, Any]:
        """As its file has it; what was hashed stays hashed."""
        order = self.order
        found: dict[str, Any] = {
            "kind": KIND,
            "version": "1",
            "reference": "0x" + order.salt.hex(),
            "token": self.token.spelt(),
            "amount": self.token.text(order.amount),
            "buyer": {**_ids(id=order.buyer_id), "account": order.buyer},
            "seller": {**_ids(id=order.seller_id), "account": order.seller},
            **_ids(
                carrier=order.carrier_id, consignee=order.consignee_id, arbiter=order.arbiter_id
            ),
            "source": order.source,
            "goods": "0x" + order.goods.hex(),
            "open_by": moment(order.open_by),
            "ship_by": moment(order.ship_by),
            "deliver_by": moment(order.deliver_by),
            "refund_after": moment(order.refund_after),
            "acceptance_window": period(order.acceptance_window),
            "arbitration_period": period(order.arbitration_period),
            "uphold_by_default": str(order.uphold_by_default).lower(),
        }
        if order.clauses != PLAIN:
            found["clauses"] = self._clauses()
        return found

    def _clauses(self) -> dict[str, Any]:
        clauses = self.clauses
        found: dict[str, Any] = {
            "conditions": [
                name for i, name in enumerate(CONDITIONS) if clauses.conditions >> i & 1
            ],
            "inspection_window": period(clauses.inspection_window),
            "milestones": {
                "shipped": share_text(clauses.on_shipped),
                "cleared": share_text(clauses.on_cleared),
                "delivered": share_text(clauses.on_delivered),
            },
            "payees": [
                {"account": each.account, "cap": self.token.text(each.cap)}
                for each in clauses.payees
            ],
        }
        if clauses.customs_id or clauses.duty_cap:
            found["customs"] = {
                **_ids(
                    authority=clauses.customs_id,
                    broker=clauses.broker_id,
                    inspector=clauses.inspector_id,
                ),
                **({"treasury": clauses.treasury} if int(clauses.treasury, 16) else {}),
                "duty_cap": self.token.text(clauses.duty_cap),
                "appeal_period": period(clauses.appeal_period),
            }
        if clauses.price:
            found["price"] = {
                "token": self.price_token.spelt(),
                "amount": self.price_token.text(clauses.price),
                "rate": self._rate().text(clauses.rate),
                "until": moment(clauses.rate_until),
            }
        return found

    def _rate(self) -> Token:
        return rate_unit(self.token, self.price_token)


@dataclass(frozen=True, slots=True)
class Draft:
    """An order in a file, for one deployment, with the signatures that it has so far."""

    path: Path
    terms: Terms
    domain: bytes
    chain: int
    escrow: str
    signatures: dict[str, bytes] = field(default_factory=dict)

    @property
    def id(self) -> bytes:
        """The order's id, 32 bytes."""
        return self.terms.order.digest(self.domain)

    @property
    def lacking(self) -> list[str]:
        """Sides that have not signed yet."""
        return [side for side in SIDES if side not in self.signatures]

    def standing(self) -> dict[str, str]:
        """Each side's signature for people. One that is not the account's key's may be good all the
        same where the account is a contract (ERC-1271), which decides on chain.
        """
        return {side: self._standing(side) for side in SIDES}

    def _standing(self, side: str) -> str:
        if side not in self.signatures:
            return "missing"
        if is_by(self.account(side), self.id, self.signatures[side]):
            return "signed"
        return "of other terms, or by a key that is not the account's"

    def account(self, side: str) -> str:
        """The account of a side."""
        return self.terms.order.buyer if side == "buyer" else self.terms.order.seller


def is_by(account: str, digest: bytes, signature: bytes) -> bool:
    """Whether the key of an account made a signature."""
    try:
        return recover(digest, signature) == account
    except ValueError:
        return False


def rate_unit(token: Token, price_token: Token) -> Token:
    """What rates between two tokens are counted in: the contract's have 18 decimals for smallest
    units of both.
    """
    return Token(token.address, _RATE_DECIMALS + token.decimals - price_token.decimals)


def domain_of(deployment: Deployment) -> tuple[bytes, int, str]:
    """Domain in which a deployment's orders are signed, its chain's id and its escrow."""
    escrow = deployment.contracts["TradeEscrow"].address
    domain = contract_domain("Entrepot TradeEscrow", deployment.chain_id, escrow)
    return domain, deployment.chain_id, escrow


def load(path: Path, deployment: Deployment) -> Draft:
    """The order in a file; `InputError` says in one sentence which key is wrong, or that it was
    signed for another deployment.
    """
    content = read_yaml(path, "order")
    try:
        found = OrderFile.model_validate(content)
    except ValidationError as failure:
        raise wrong_file(path, failure) from None
    domain, chain, escrow = domain_of(deployment)
    signed = found.signatures
    if signed is not None and (signed.chain, signed.escrow) != (chain, escrow):
        raise InputError(
            f"{path} was signed for chain {signed.chain}, escrow {signed.escrow}: give the "
            "--workspace of its own."
        )
    given = {side: unspelt(getattr(signed, side)) for side in SIDES} if signed else {}
    signatures = {side: each for side, each in given.items() if each is not None}
    terms = _Reader(path, deployment).terms(found)
    return Draft(path, terms, domain, chain, escrow, signatures)


def sign(draft: Draft, key: Key, side: str | None = None) -> tuple[Draft, str]:
    """Adds a key's signature to an order's file and says of which side.

    With `side` it signs for the account of that side, a contract that takes its signatures
    (ERC-1271); without, it must be the account. `InputError` where it is neither.
    """
    sides = [side] if side else [each for each in SIDES if draft.account(each) == key.address]
    if not sides:
        raise InputError(
            f"{key.address} is neither the buyer's account nor the seller's of {draft.path}: "
            "--for buyer|seller signs for a contract."
        )
    signature = key.sign(draft.id)
    signed = replace(draft, signatures={**draft.signatures, **dict.fromkeys(sides, signature)})
    _keep(signed)
    return signed, " and ".join(sides)


def _keep(draft: Draft) -> None:
    """Writes the signatures into the file, of which nothing else changes."""
    block = {
        "chain": str(draft.chain),
        "escrow": draft.escrow,
        **{side: spelt(draft.signatures[side]) for side in SIDES if side in draft.signatures},
    }
    text = draft.path.read_text("utf-8")
    wanted = {**yaml.load(text, yaml.BaseLoader), "signatures": block}
    try:
        signed = _signed_text(text, block)
        is_whole = yaml.load(signed, yaml.BaseLoader) == wanted
    except (yaml.YAMLError, ValueError):
        is_whole = False
    if not is_whole:
        raise InputError(
            f"{draft.path} cannot be added to: write it as JSON, or as YAML with its keys at the "
            "margin."
        )
    write_bytes(draft.path, signed.encode())


def _signed_text(text: str, block: dict[str, Any]) -> str:
    if text.lstrip().startswith("{"):
        content = {**json.loads(text, parse_float=str), "signatures": block}
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    lines = [f'  {name}: "{value}"\n' for name, value in block.items()]
    return _SIGNATURES.sub("", text).rstrip() + "\nsignatures:\n" + "".join(lines)


class _Reader:
    """Turns what a file says into messages, and refuses what the contracts would."""

    def __init__(self, path: Path, deployment: Deployment) -> None:
        self._path = path
        self._deployment = deployment

    def terms(self, found: OrderFile) -> Terms:
        token = self._read("token", partial(tokens.of_file, self._deployment), found.token)
        clauses, price_token = self._clauses(found.clauses, token)
        amount = self._amount(found, token, clauses)
        self._ordered("ship_by", found.ship_by, "open_by", found.open_by)
        self._ordered("refund_after", found.refund_after, "deliver_by", found.deliver_by)
        if clauses.duty_cap > amount:
            self._refuse("clauses.customs.duty_cap", "it is more than the order's amount")
        order = Order(
            token=token.address,
            amount=amount,
            buyer=found.buyer.account,
            seller=found.seller.account,
            buyer_id=found.buyer.id or 0,
            seller_id=found.seller.id,
            carrier_id=found.carrier,
            consignee_id=found.consignee or 0,
            arbiter_id=found.arbiter or 0,
            source=found.source or self._deployment.contracts["ShipmentLedger"].address,
            open_by=found.open_by,
            ship_by=found.ship_by,
            deliver_by=found.deliver_by,
            refund_after=found.refund_after,
            acceptance_window=found.acceptance_window,
            arbitration_period=found.arbitration_period,
            uphold_by_default=found.uphold_by_default,
            goods=found.goods,
            salt=found.reference,
            clauses=clauses.struct_hash(),
        )
        return Terms(order, clauses, token, price_token)

    def _amount(self, found: OrderFile, token: Token, clauses: Clauses) -> int:
        """The amount, which follows from the price where there is one."""
        scaled = -(-clauses.price * clauses.rate // 10**_RATE_DECIMALS)
        if found.amount is None and clauses.price == 0:
            self._refuse("amount", "it is missing, and no `clauses.price` says it")
        amount = scaled if found.amount is None else self._units("amount", token, found.amount)
        if amount == 0:
            self._refuse("amount", "an order over nothing cannot be opened")
        if clauses.price and amount != scaled:
            self._refuse("amount", f"at the price and rate it is {token.text(scaled)}")
        if amount > tokens.MOST_UNITS:
            self._refuse("clauses.price", "it is more than any order can be")
        return amount

    def _clauses(self, found: _ClausesPart | None, token: Token) -> tuple[Clauses, Token]:
        native = tokens.of_file(self._deployment, "native")
        if found is None:
            return Clauses(), native
        self._conditions(found)
        clauses = Clauses(
            conditions=sum(1 << CONDITIONS.index(each) for each in set(found.conditions)),
            inspection_window=found.inspection_window,
            on_shipped=found.milestones.shipped,
            on_cleared=found.milestones.cleared,
            on_delivered=found.milestones.delivered,
            payees=tuple(
                Payee(each.account, self._units(f"clauses.payees.{i}.cap", token, each.cap))
                for i, each in enumerate(found.payees)
            ),
        )
        for i, payee in enumerate(clauses.payees):
            self._account(f"clauses.payees.{i}.account", payee.account)
        if found.customs is not None:
            clauses = self._with_customs(clauses, found.customs, token)
        if found.price is None:
            return clauses, native
        return self._with_price(clauses, found.price, token)

    def _conditions(self, found: _ClausesPart) -> None:
        if ("cleared" in found.conditions) != (found.customs is not None):
            self._refuse(
                "clauses.conditions", "`cleared` and a `customs` block go together, or neither does"
            )
        if "accepted" in found.conditions and "delivered" not in found.conditions:
            self._refuse("clauses.conditions", "nothing is accepted that is not `delivered`")
        if found.inspection_window and "accepted" not in found.conditions:
            self._refuse("clauses.inspection_window", "it needs the condition `accepted`")
        shares = found.milestones
        if shares.cleared and found.customs is None:
            self._refuse("clauses.milestones.cleared", "it needs a `customs` block")
        if shares.shipped + shares.cleared + shares.delivered > WHOLE:
            self._refuse("clauses.milestones", "together they are more than 100%")

    def _with_customs(self, clauses: Clauses, found: _Customs, token: Token) -> Clauses:
        place = "clauses.customs"
        cap = self._units(f"{place}.duty_cap", token, found.duty_cap)
        if cap > _MOST_DUTY:
            self._refuse(f"{place}.duty_cap", "it is more than any duty can be")
        if cap and found.treasury is None:
            self._refuse(f"{place}.treasury", "it is missing: somebody must receive the duty")
        if found.treasury is not None:
            self._account(f"{place}.treasury", found.treasury)
        return replace(
            clauses,
            customs_id=found.authority,
            broker_id=found.broker or 0,
            inspector_id=found.inspector or 0,
            treasury=found.treasury or clauses.treasury,
            duty_cap=cap,
            appeal_period=found.appeal_period,
        )

    def _with_price(self, clauses: Clauses, found: _Price, token: Token) -> tuple[Clauses, Token]:
        place = "clauses.price"
        named = partial(tokens.of_file, self._deployment)
        price_token = self._read(f"{place}.token", named, found.token)
        price = self._units(f"{place}.amount", price_token, found.amount)
        if price == 0:
            self._refuse(f"{place}.amount", "a price of nothing is none")
        unit = rate_unit(token, price_token)
        if unit.decimals < 0:
            self._refuse(f"{place}.token", "it has too many decimals for a rate")
        rate = self._units(f"{place}.rate", unit, found.rate)
        found_clauses = replace(
            clauses,
            price_token=price_token.address,
            price=price,
            rate=rate,
            rate_until=found.until,
        )
        return found_clauses, price_token

    def _ordered(self, key: str, value: int, earlier_key: str, earlier: int) -> None:
        if value < earlier:
            self._refuse(key, f"it is before `{earlier_key}`")

    def _account(self, key: str, account: str) -> None:
        if int(account, 16) == 0:
            self._refuse(key, "nobody has the address zero")

    def _units(self, key: str, token: Token, text: str) -> int:
        return self._read(key, token.units, text)

    def _read(self, key: str, read: Callable[[Any], Value], value: Any) -> Value:
        try:
            return read(value)
        except ValueError as failure:
            raise self._wrong(key, str(failure)) from None

    def _refuse(self, key: str, clause: str) -> NoReturn:
        raise self._wrong(key, clause)

    def _wrong(self, key: str, clause: str) -> InputError:
        return InputError(f"{self._path} is wrong: `{key}`: {clause}.")


def _ids(**numbers: int) -> dict[str, str]:
    """Ids of participants as texts; those that are none left out."""
    return {name: str(number) for name, number in numbers.items() if number}


def period(seconds: int) -> str:
    """A period as ISO 8601 has it."""
    days, rest = divmod(seconds, _DAY)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    clock = "".join(
        f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if count
    )
    if not days and not clock:
        return "PT0H"
    return "P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
