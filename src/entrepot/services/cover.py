"""Cover: quoted by an insurer, signed by the holder, bought, claimed and shown.

A quote's file is JSON and holds no secret. The facts pay a claim; nobody decides it.
"""

import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from entrepot.core import cover as rule
from entrepot.core.cover import DELAY, Peril
from entrepot.core.credit import Grade
from entrepot.core.exposures import plan_of
from entrepot.core.messages import ZERO_ADDRESS, Quote, contract_domain
from entrepot.core.signing import Key, recover
from entrepot.errors import InputError, RpcError
from entrepot.network.bindings import (
    CargoInsurance,
    CarrierBond,
    CreditRegistry,
    InsurancePool,
    ReceivableNote,
)
from entrepot.network.contracts import Contract
from entrepot.network.deployments import Deployment
from entrepot.services import custody, events, orders, perils, policies, sensors, tokens
from entrepot.services.authority import Authority
from entrepot.services.books.entries import PolicyState
from entrepot.services.office import Acting, Office
from entrepot.services.order_file import Duration, is_by, period
from entrepot.services.orders import Done, Known
from entrepot.services.perils import Route
from entrepot.services.policies import Policy
from entrepot.services.spelling import (
    AddressText,
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
from entrepot.storage.files import create_json, read_json, write_json

AUTO = "auto"
"""In place of a premium: what the standard tariff asks."""
_SIGNERS = ("insurer", "holder")
_MOST_PERILS = 4
_WORD = Field(pattern="^0x[0-9a-f]{64}$")


class _Signatures(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    insurer: SignatureText
    holder: SignatureText


class QuoteFile(BaseModel):
    """A quote as its file spells it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    kind: Literal["entrepot cover quote"]
    version: Literal[1]
    chain: Annotated[int, Field(ge=1)]
    insurance: AddressText
    order: Annotated[str, _WORD]
    token: Any
    holder: AddressText
    beneficiary: AddressText | None
    pool: AddressText
    insurer: Annotated[int, Field(ge=1, lt=2**64)]
    premium: str
    maximum: str
    grace_days: Annotated[int, Field(ge=0, lt=2**16)]
    per_day: ShareText
    cap: ShareText
    deductible: ShareText
    perils: Annotated[
        list[Annotated[Peril, reads(perils.peril_of)]], Field(max_length=_MOST_PERILS)
    ]
    plan: Annotated[str, _WORD] | None
    reporting_period: Duration
    until: MomentText
    salt: Annotated[str, _WORD]
    signatures: _Signatures


@dataclass(frozen=True, slots=True)
class SignedQuote:
    """A quote for one deployment, with the signatures that it has so far."""

    quote: Quote
    token: Token
    domain: bytes
    chain: int
    insurance: str
    signatures: dict[str, bytes] = field(default_factory=dict)

    @property
    def id(self) -> bytes:
        """What is signed, and the policy's id, 32 bytes."""
        return self.quote.digest(self.domain)

    @property
    def lacking(self) -> list[str]:
        """Who has not signed yet."""
        return [name for name in _SIGNERS if name not in self.signatures]

    def signed(self, name: str, key: Key) -> "SignedQuote":
        """Signed for the insurer or the holder."""
        return replace(self, signatures={**self.signatures, name: key.sign(self.id)})

    def as_json(self) -> dict[str, Any]:
        """As its file spells it."""
        return {
            "kind": "entrepot cover quote",
            "version": 1,
            "chain": self.chain,
            "insurance": self.insurance,
            **terms_json(self.quote, self.token),
            "signatures": {name: spelt(self.signatures.get(name)) for name in _SIGNERS},
        }


@dataclass(frozen=True, slots=True)
class Asked:
    """What an insurer offers: amounts as decimal texts, shares in basis points, times in seconds.

    `holder`: account, the buyer's where None. `maximum`: what the cap comes to where None.
    `beneficiary`: an account, `note` for whoever holds the order's note, the holder where None.
    `premium` may be `AUTO`, with a `route`.
    """

    premium: str
    cap_bps: int
    until: int
    holder: str | None = None
    maximum: str | None = None
    grace_days: int = 0
    bps_per_day: int = 0
    deductible_bps: int = 0
    perils: tuple[Peril, ...] = ()
    beneficiary: str | None = None
    pool: str | None = None
    reporting_period: int = 0
    route: Route | None = None


def quote(office: Office, known: Known, key: Key, asked: Asked) -> SignedQuote:
    """An insurer's quote for cover of an order's goods, signed by its key; `InputError` for terms
    that the contract refuses.
    """
    order, token = known.terms.order, known.terms.token
    insurer = _insurer_of(office, key.address)
    watches = sensors.watches_of(office, known)
    perils.require_watched(asked.perils, watches)
    if len(asked.perils) > _MOST_PERILS:
        raise InputError(f"A policy has {_MOST_PERILS} perils at most, not {len(asked.perils)}.")
    if asked.cap_bps == 0:
        raise InputError("--cap is nothing: cover pays something.")
    least = rule.units_of(order.amount, asked.cap_bps)
    maximum = least if asked.maximum is None else token.asked("--maximum", asked.maximum)
    if not least <= maximum <= order.amount:
        raise InputError(
            f"--maximum is {token.text(least)}, what the cap comes to, to "
            f"{token.text(order.amount)}, what the order is worth."
        )
    pool = asked.pool or office.bind(InsurancePool).address
    _require_pool(office, pool, insurer, order.token)
    beneficiary = asked.beneficiary or ZERO_ADDRESS
    if beneficiary == "note":
        beneficiary = office.bind(ReceivableNote).address
    is_watched = any(each.kind.is_watched for each in asked.perils)
    terms = Quote(
        known.id, asked.holder or order.buyer, pool=pool, insurer_id=insurer, premium=0,
        maximum=maximum, grace_days=asked.grace_days, bps_per_day=asked.bps_per_day,
        cap_bps=asked.cap_bps, valid_until=asked.until, salt=secrets.token_bytes(32),
        beneficiary=beneficiary, deductible_bps=asked.deductible_bps,
        perils=rule.pack(asked.perils), plan=plan_of(watches) if is_watched else bytes(32),
        reporting_period=asked.reporting_period,
    )  # fmt: skip
    terms = replace(terms, premium=_premium(office, known, terms, asked))
    draft = SignedQuote(terms, token, *_domain_of(office.deployment))
    return draft.signed("insurer", key)


def find(office: Office, text: str) -> Policy:
    """The policy of an id or of a quote's file; `InputError` where there is none."""
    if not orders.is_id(text) and Path(text).is_file():
        return policies.find(office, "0x" + load(Path(text), office.deployment).id.hex())
    return policies.find(office, text)


def create(path: Path, signed: SignedQuote) -> None:
    """Writes a quote into a new file; `WorkspaceError` where there is one already."""
    create_json(path, signed.as_json())


def load(path: Path, deployment: Deployment) -> SignedQuote:
    """The quote in a file; `InputError` says what is wrong with it."""
    try:
        found = QuoteFile.model_validate(read_json(path))
    except ValidationError as failure:
        raise wrong_file(path, failure) from None
    domain, chain, insurance = _domain_of(deployment)
    if (found.chain, found.insurance) != (chain, insurance):
        raise InputError(
            f"{path} was made for chain {found.chain}, insurance {found.insurance}: give the "
            "--workspace of its own."
        )
    try:
        token = tokens.of_file(deployment, found.token)
        premium, maximum = token.units(found.premium), token.units(found.maximum)
    except ValueError as failure:
        raise InputError(f"{path} is wrong: {failure}.") from None
    terms = Quote(
        bytes.fromhex(found.order[2:]), found.holder, pool=found.pool, insurer_id=found.insurer,
        premium=premium, maximum=maximum, grace_days=found.grace_days, bps_per_day=found.per_day,
        cap_bps=found.cap, valid_until=found.until, salt=bytes.fromhex(found.salt[2:]),
        beneficiary=found.beneficiary or ZERO_ADDRESS, deductible_bps=found.deductible,
        perils=rule.pack(found.perils), plan=bytes.fromhex(found.plan[2:]) if found.plan
        else bytes(32), reporting_period=found.reporting_period,
    )  # fmt: skip
    given = {name: unspelt(getattr(found.signatures, name)) for name in _SIGNERS}
    signatures = {name: each for name, each in given.items() if each is not None}
    return SignedQuote(terms, token, domain, chain, insurance, signatures)


def sign(path: Path, deployment: Deployment, key: Key, *, is_contract: bool) -> SignedQuote:
    """Adds the holder's signature to a quote's file.

    `InputError` where the key is not the holder's account, unless that is a contract.
    """
    found = load(path, deployment)
    if key.address != found.quote.holder and not is_contract:
        raise InputError(
            f"{key.address} is not the holder's account, which is {found.quote.holder}: "
            "--for-contract signs for a contract."
        )
    if "insurer" not in found.signatures:
        raise InputError(f"{path} is not signed by the insurer: `entrepot policy quote`.")
    signed = found.signed("holder", key)
    write_json(path, signed.as_json())
    return signed


def approve(office: Office, acting: Acting, signed: SignedQuote) -> Done:
    """Lets the insurance take a quote's premium from the account of the holder, who acts."""
    if acting.key().address != signed.quote.holder:
        raise InputError(f"{acting.key().address} is not the holder's account: that approves.")
    spender = office.bind(CargoInsurance).address
    return orders.allow(
        office, acting, signed.token, spender, signed.quote.premium, "0x" + signed.id.hex()
    )


def insure(office: Office, acting: Acting, path: Path) -> Done:
    """Buys the cover of a quote that holder and insurer signed; by anyone."""
    signed = load(path, office.deployment)
    insurance, number = office.bind(CargoInsurance), "0x" + signed.id.hex()
    state = PolicyState(insurance.record_of(signed.id).state)
    if state is not PolicyState.NONE:
        return Done(number, f"insured before, it is {state.name.lower()}; nothing was sent")
    known = orders.find(office, "0x" + signed.quote.order_id.hex())
    orders.require_open(office, known)
    underwriter = _require_insurable(office, signed, known, path)
    call = insurance.insure(
        known.terms.order, signed.quote, signed.signatures["holder"], underwriter,
        signed.signatures["insurer"],
    )  # fmt: skip
    return Done(number, "insured", office.send(call, acting))


def claim(office: Office, acting: Acting, policy: Policy) -> Done:
    """Pays what the facts say of a policy, and ends it once nothing more can come; by anyone."""
    if policy.state is not PolicyState.ACTIVE:
        return Done(policy.hex, f"{policy.state.name.lower()} before; nothing was sent")
    insurance = office.bind(CargoInsurance)
    known = orders.find(office, "0x" + policy.quote.order_id.hex())
    given = known.terms.order, policy.quote
    if refusal(insurance, "claim", *given) == "CargoInsurance_NothingToDecide":
        return Done(policy.hex, "nothing to decide yet; nothing was sent", is_pending=True)
    receipt = office.send(insurance.claim(*given), acting)
    paid = sum(
        each.args["amount"]
        for each in office.logs(insurance, "ClaimPaid", policy.hex)
        if each.transaction == receipt.transaction
    )
    state = PolicyState(insurance.record_of(policy.id).state).name.lower()
    what = f"paid {known.terms.token.text(paid)}" if paid else "nothing is paid"
    return Done(policy.hex, f"{what}, it is {state}", receipt)


def reserve(office: Office, acting: Acting, policy: Policy) -> Done:
    """Reserves in the pool what a shipment that is late costs by now; by anyone."""
    if policy.state is not PolicyState.ACTIVE:
        return Done(policy.hex, f"{policy.state.name.lower()} before; nothing was sent")
    insurance = office.bind(CargoInsurance)
    known = orders.find(office, "0x" + policy.quote.order_id.hex())
    given = known.terms.order, policy.quote
    if refusal(insurance, "reserve", *given) == "CargoInsurance_NothingToReserve":
        return Done(policy.hex, "nothing more to reserve; nothing was sent")
    receipt = office.send(insurance.reserve(*given), acting)
    share = share_text(insurance.record_of(policy.id).reserved_bps)
    return Done(policy.hex, f"reserved {share} of the order's amount", receipt)


def show(office: Office, policy: Policy) -> dict[str, Any]:
    """A policy's terms, where it stands, what of it has happened, and what was paid."""
    insurance, record = office.bind(CargoInsurance), policy.record
    known = orders.find(office, "0x" + policy.quote.order_id.hex())
    token = known.terms.token
    paid = events.of(office, insurance, "ClaimPaid", policy.hex)
    return {
        "policy": policy.hex,
        "state": policy.state.name.lower(),
        **terms_json(policy.quote, token),
        "incepted_at": moment(record.incepted_at),
        "ended_at": moment(record.ended_at) if record.ended_at else None,
        "fired": fired(policy),
        "gross": share_text(record.gross_bps),
        "reserved": share_text(record.reserved_bps),
        "payments": [
            {
                "at": moment(each.timestamp),
                "payee": each.args["payee"],
                "amount": token.text(each.args["amount"]),
                "days_late": each.args["daysLate"],
                "transaction": each.transaction,
            }
            for each in paid
            if each.args["amount"]
        ],
        "recovered": token.text(office.bind(CarrierBond).recovered_of(policy.id)),
    }


def listed(office: Office, order_id: bytes | None) -> list[dict[str, Any]]:
    """Every policy, or those on an order, in short."""
    return [
        {
            "policy": each.hex,
            "order": "0x" + each.quote.order_id.hex(),
            "state": each.state.name.lower(),
            "holder": each.quote.holder,
            "maximum": tokens.at(office, _asset(office, each.quote.pool)).text(each.quote.maximum),
            "fired": fired(each),
        }
        for each in policies.of_order(office, order_id)
    ]


def causes(policy: Policy) -> list[tuple[int, str]]:
    """Numbers and names of what a policy covers, perils first and then the delay."""
    named = [perils.peril_text(each) for each in rule.unpack(policy.quote.perils)]
    return [*enumerate(named), (DELAY, "delay")]


def fired(policy: Policy) -> list[str]:
    """What of a policy has been decided: perils that happened, and the delay once it is known."""
    return [name for number, name in causes(policy) if policy.record.fired >> number & 1]


def refusal(contract: Contract, function: str, *args: Any) -> str | None:
    """Name of the error with which a contract would refuse a call by anyone now."""
    try:
        contract.call(function, *args)
    except RpcError as failure:
        data = failure.data if isinstance(failure.data, str) else "0x"
        entry = contract.abi.errors.get(bytes.fromhex(data[2:10]))
        return str(entry["name"]) if entry else "another"
    return None


def terms_json(quote: Quote, token: Token) -> dict[str, Any]:
    """What a quote says, for people and its file."""
    return {
        "order": "0x" + quote.order_id.hex(),
        "token": token.spelt(),
        "holder": quote.holder,
        "beneficiary": quote.beneficiary if int(quote.beneficiary, 16) else None,
        "pool": quote.pool,
        "insurer": quote.insurer_id,
        "premium": token.text(quote.premium),
        "maximum": token.text(quote.maximum),
        "grace_days": quote.grace_days,
        "per_day": share_text(quote.bps_per_day),
        "cap": share_text(quote.cap_bps),
        "deductible": share_text(quote.deductible_bps),
        "perils": [perils.peril_text(each) for each in rule.unpack(quote.perils)],
        "plan": "0x" + quote.plan.hex() if any(quote.plan) else None,
        "reporting_period": period(quote.reporting_period),
        "until": moment(quote.valid_until),
        "salt": "0x" + quote.salt.hex(),
    }


def _premium(office: Office, known: Known, quote: Quote, asked: Asked) -> int:
    if asked.premium != AUTO:
        return known.terms.token.asked("--premium", asked.premium)
    if asked.route is None:
        raise InputError("--premium auto follows a route: give --mode, --from and --to.")
    order = known.terms.order
    grade = Grade(office.bind(CreditRegistry).rating_of(order.carrier_id).grade)
    watches = sensors.watches_of(office, known)
    return perils.premium(order, quote, asked.perils, watches, asked.route, grade)


def _require_pool(office: Office, pool: str, insurer: int, token: str) -> None:
    if not office.bind(CargoInsurance).is_pool_listed(pool):
        raise InputError(f"The pool {pool} is not listed for new cover.")
    found = InsurancePool(office.node, pool, office.bind(InsurancePool).artifact)
    if found.insurer_id() != insurer:
        raise InputError(f"The pool {pool} is participant {found.insurer_id()}'s, not {insurer}'s.")
    if found.asset() != token:
        raise InputError(f"The pool {pool} holds {found.asset()}, and the order is in {token}.")


def _require_insurable(office: Office, signed: SignedQuote, known: Known, path: Path) -> str:
    """The underwriter's key; `InputError` for what the contract would refuse, in words."""
    terms = signed.quote
    if signed.lacking:
        raise InputError(f"{path} is not signed by the {' and '.join(signed.lacking)} yet.")
    if terms.valid_until < office.node.time():
        raise InputError(f"The quote was good until {moment(terms.valid_until)}.")
    if not office.node.is_contract(terms.holder) and not is_by(
        terms.holder, signed.id, signed.signatures["holder"]
    ):
        raise InputError(f"The holder's signature in {path} is not by {terms.holder}.")
    try:
        underwriter = recover(signed.id, signed.signatures["insurer"])
    except ValueError:
        raise InputError(f"The insurer's signature in {path} is of other terms.") from None
    if _insurer_of(office, underwriter, path) != terms.insurer_id:
        raise InputError(f"The insurer's signature in {path} is of other terms.")
    order = known.terms.order
    if terms.holder not in (order.buyer, order.seller, orders.holder(office, known)):
        raise InputError(f"{terms.holder} is neither buyer nor seller nor holds the note.")
    if custody.facts_of(office, known).shipped_at:
        raise InputError(f"The goods of order {known.hex} have shipped: cover comes before that.")
    covered = office.bind(CargoInsurance).covered_of(known.id)
    if covered + terms.maximum > order.amount:
        text = signed.token.text
        raise InputError(
            f"The order is worth {text(order.amount)}, and {text(covered)} of it is covered."
        )
    tokens.require_funds(
        office, signed.token, terms.holder, office.bind(CargoInsurance).address, terms.premium,
        approve=f"entrepot --as KEY policy approve {path}",
    )  # fmt: skip
    return underwriter


def _insurer_of(office: Office, account: str, path: Path | None = None) -> int:
    """The participant for whom an account may underwrite."""
    standing = Authority(office).of(account)
    if standing.participant is None or "underwrite" not in standing.usable:
        if path is not None:
            raise InputError(f"The insurer's signature in {path} is by none that may underwrite.")
        raise InputError(
            f"{account} may not underwrite for anybody; `entrepot keys whoami` says why."
        )
    return standing.participant


def _asset(office: Office, pool: str) -> str:
    return InsurancePool(office.node, pool, office.bind(InsurancePool).artifact).asset()


def _domain_of(deployment: Deployment) -> tuple[bytes, int, str]:
    insurance = deployment.contracts["CargoInsurance"].address
    domain = contract_domain("Entrepot CargoInsurance", deployment.chain_id, insurance)
    return domain, deployment.chain_id, insurance
