"""What people sign: EIP-712 structs, and the domains that bind them.

A message's fields stand in the order of its Solidity struct, so that it is also an argument of a
call.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

from entrepot.core.signing import Key, keccak

_CHAIN_DOMAIN = keccak(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
_DEPLOYMENT_DOMAIN = keccak(b"EIP712Domain(string name,string version,bytes32 salt)")


ZERO_ADDRESS = "0x" + "0" * 40


def contract_domain(name: str, chain_id: int, contract: str) -> bytes:
    """Domain of one contract on one chain."""
    return keccak(
        _CHAIN_DOMAIN
        + keccak(name.encode())
        + keccak(b"1")
        + chain_id.to_bytes(32)
        + bytes.fromhex(contract[2:]).rjust(32, b"\0")
    )


def deployment_domain(salt: bytes) -> bytes:
    """Domain of a whole deployment: its salt, and neither chain nor contract."""
    return keccak(_DEPLOYMENT_DOMAIN + keccak(b"Entrepot") + keccak(b"1") + salt)


def _word(kind: str, value: Any) -> bytes:
    if kind == "bytes":
        return keccak(value)
    if kind == "address[]":
        return keccak(b"".join(_word("address", item) for item in value))
    if kind.endswith("[]"):
        return keccak(b"".join(item.struct_hash() for item in value))
    if isinstance(value, int):
        return value.to_bytes(32, signed=value < 0)
    if kind[0].isupper():
        kind = "bytes32"
    if isinstance(value, str):
        return bytes.fromhex(value[2:]).rjust(32, b"\0")
    size = int(kind.removeprefix("bytes"))
    if len(value) != size:
        raise ValueError(f"a {kind} has {size} bytes")
    return bytes(value).ljust(32, b"\0")


class Message:
    """Base of all messages: `SOLIDITY` gives the struct's members in order, as `type name`.

    A member is a word, `bytes`, a list of addresses, a list of the messages that `NESTED` names, or
    one of these, which is held by its hash.
    """

    SOLIDITY: ClassVar[str]
    NESTED: ClassVar[type["Message"] | None] = None
    typehash: ClassVar[bytes]
    _kinds: ClassVar[list[str]]
    __slots__ = ()

    def __init_subclass__(cls) -> None:
        cls.typehash = keccak(cls.type_string().encode())
        cls._kinds = [member.split(" ")[0] for member in cls.SOLIDITY.split(",")]

    @classmethod
    def type_string(cls) -> str:
        """The type as EIP-712 spells it, the nested one behind it."""
        nested = cls.NESTED.type_string() if cls.NESTED else ""
        return f"{cls.__name__}({cls.SOLIDITY}){nested}"

    @classmethod
    def of(cls, members: Iterable[Any]) -> Self:
        """The message with these members, in the order of the Solidity struct."""
        names = (spec.name for spec in fields(cls))  # type: ignore[arg-type]
        return cls(**dict(zip(names, members, strict=True)))

    def struct_hash(self) -> bytes:
        """EIP-712 hash of the struct."""
        words = (
            _word(kind, getattr(self, spec.name))
            for kind, spec in zip(self._kinds, fields(self), strict=True)  # type: ignore[arg-type]
        )
        return keccak(self.typehash + b"".join(words))

    def digest(self, domain: bytes) -> bytes:
        """What is signed."""
        return keccak(b"\x19\x01" + domain + self.struct_hash())

    def sign(self, key: Key, domain: bytes) -> bytes:
        """The key's signature, 65 bytes."""
        return key.sign(self.digest(domain))


@dataclass(frozen=True, slots=True)
class Registration(Message):
    """A participant as its root accepts it."""

    SOLIDITY = "uint64 id,uint32 roles,address root"
    id: int
    roles: int
    root: str


@dataclass(frozen=True, slots=True)
class Registrations(Message):
    """Participants as governance registers them."""

    SOLIDITY = "Registration[] registrations"
    NESTED = Registration
    registrations: tuple[Registration, ...]


@dataclass(frozen=True, slots=True)
class KeyGrant(Message):
    """A function key as granter and key agree on it."""

    SOLIDITY = "address granter,address key,uint32 functions,uint8 level,uint40 expiry"
    granter: str
    key: str
    functions: int
    level: int
    expiry: int


@dataclass(frozen=True, slots=True)
class KeyGrants(Message):
    """Function keys as their granter grants them."""

    SOLIDITY = "KeyGrant[] grants"
    NESTED = KeyGrant
    grants: tuple[KeyGrant, ...]


@dataclass(frozen=True, slots=True)
class KeyRevocation(Message):
    """The end of a key."""

    SOLIDITY = "address key"
    key: str


@dataclass(frozen=True, slots=True)
class GuardianSet(Message):
    """Who may move a participant's root; `delay` in seconds, `guardians` in ascending order.

    See `IGuardianRegistry.sol`.
    """

    SOLIDITY = (
        "uint64 id,uint32 nonce,uint8 threshold,uint8 overrideThreshold,uint32 delay,"
        "address[] guardians"
    )
    id: int
    nonce: int
    threshold: int
    override_threshold: int
    delay: int
    guardians: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RootMove(Message):
    """A new root of a participant, and the keys of the old one that stay good; `set` names its
    guardians by their digest.
    """

    SOLIDITY = "uint64 id,uint32 epoch,bytes32 set,uint32 nonce,address newRoot,address[] kept"
    id: int
    epoch: int
    set: bytes
    nonce: int
    new_root: str
    kept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MoveCancellation(Message):
    """A root's one refusal to be moved by a set of guardians, which it names by its digest."""

    SOLIDITY = "uint64 id,uint32 epoch,bytes32 set"
    id: int
    epoch: int
    set: bytes


@dataclass(frozen=True, slots=True)
class SealAnchor(Message):
    """The hash of a sealed key's record, to be kept on chain."""

    SOLIDITY = "uint64 id,bytes32 record"
    id: int
    record: bytes


@dataclass(frozen=True, slots=True)
class Qualification(Message):
    """A licence or certificate; times in seconds UTC. See `IQualificationRegistry.sol`."""

    SOLIDITY = (
        "uint64 issuerId,uint64 holderId,uint40 validFrom,uint40 expiry,bytes32 kind,"
        "bytes32 commitment,bytes32 salt"
    )
    issuer_id: int
    holder_id: int
    valid_from: int
    expiry: int
    kind: bytes
    commitment: bytes
    salt: bytes


@dataclass(frozen=True, slots=True)
class QualificationRevocation(Message):
    """The end of a qualification."""

    SOLIDITY = "bytes32 qualificationId"
    qualification_id: bytes


@dataclass(frozen=True, slots=True)
class Call(Message):
    """What a council calls, for the council's contract on its chain."""

    SOLIDITY = "address target,bytes data,uint256 nonce"
    target: str
    data: bytes
    nonce: int


@dataclass(frozen=True, slots=True)
class Payee(Message):
    """Who is paid before the seller, up to a cap in the token's smallest unit."""

    SOLIDITY = "address account,uint128 cap"
    account: str
    cap: int


@dataclass(frozen=True, slots=True)
class Clauses(Message):
    """What an order agrees beyond payment on delivery; without arguments the clauses of a plain
    order.

    Amounts in the order's token, shares in basis points, times in seconds. See `ITradeEscrow.sol`.
    """

    SOLIDITY = (
        "uint8 conditions,uint32 inspectionWindow,uint16 onShipped,uint16 onCleared,"
        "uint16 onDelivered,uint64 customsId,uint64 brokerId,uint64 inspectorId,address treasury,"
        "uint128 dutyCap,uint32 appealPeriod,address priceToken,uint128 price,uint128 rate,"
        "uint40 rateUntil,Payee[] payees"
    )
    NESTED = Payee
    conditions: int = 1 << 2
    inspection_window: int = 0
    on_shipped: int = 0
    on_cleared: int = 0
    on_delivered: int = 0
    customs_id: int = 0
    broker_id: int = 0
    inspector_id: int = 0
    treasury: str = ZERO_ADDRESS
    duty_cap: int = 0
    appeal_period: int = 0
    price_token: str = ZERO_ADDRESS
    price: int = 0
    rate: int = 0
    rate_until: int = 0
    payees: tuple[Payee, ...] = ()


def clauses_of(values: Mapping[str, Any]) -> Clauses:
    """Clauses as an event spells them: the members of the Solidity struct by name."""
    *terms, payees = values.values()
    return Clauses(*(*terms, tuple(Payee(*each.values()) for each in payees)))


PLAIN = Clauses().struct_hash()
"""Hash of the clauses of a plain order."""


@dataclass(frozen=True, slots=True)
class Order(Message):
    """A purchase order; `amount` in the token's smallest unit, times in seconds UTC.

    `clauses` is the hash of the order's `Clauses`. See `ITradeEscrow.sol`.
    """

    SOLIDITY = (
        "address token,uint128 amount,address buyer,address seller,uint64 buyerId,uint64 sellerId,"
        "uint64 carrierId,uint64 consigneeId,uint64 arbiterId,address source,uint40 openBy,"
        "uint40 shipBy,"
        "uint40 deliverBy,uint40 refundAfter,uint32 acceptanceWindow,uint32 arbitrationPeriod,"
        "bool upholdByDefault,bytes32 goods,bytes32 salt,Clauses clauses"
    )
    NESTED = Clauses
    token: str
    amount: int
    buyer: str
    seller: str
    buyer_id: int
    seller_id: int
    carrier_id: int
    consignee_id: int
    arbiter_id: int
    source: str
    open_by: int
    ship_by: int
    deliver_by: int
    refund_after: int
    acceptance_window: int
    arbitration_period: int
    uphold_by_default: bool
    goods: bytes
    salt: bytes
    clauses: bytes = PLAIN


@dataclass(frozen=True, slots=True)
class Consent(Message):
    """The end of an order by consent: the seller's share in basis points, good until a second."""

    SOLIDITY = "bytes32 orderId,uint16 sellerShare,uint40 until"
    order_id: bytes
    seller_share: int
    until: int


@dataclass(frozen=True, slots=True)
class Offer(Message):
    """A bank's offer for the seller's claim on an order; amounts in the order's token.

    See `IReceivableNote.sol`.
    """

    SOLIDITY = (
        "bytes32 orderId,address bank,uint64 bankId,uint128 advance,uint128 bond,uint8 paid,"
        "uint40 validUntil,bytes32 salt"
    )
    order_id: bytes
    bank: str
    bank_id: int
    advance: int
    bond: int
    paid: int
    valid_until: int
    salt: bytes


@dataclass(frozen=True, slots=True)
class Handover(Message):
    """Custody passing from one participant to another."""

    SOLIDITY = (
        "bytes32 shipmentId,uint24 sequence,uint64 fromId,uint64 toId,uint40 dueBy,"
        "uint128 liability,bytes13 location,bytes16 seal,bytes32 condition"
    )
    shipment_id: bytes
    sequence: int
    from_id: int
    to_id: int
    due_by: int = 0
    liability: int = 0
    location: bytes = bytes(13)
    seal: bytes = bytes(16)
    condition: bytes = bytes(32)

    @property
    def terms(self) -> tuple[int, int, int, bytes, bytes, bytes]:
        """What the ledger is given of it, `Terms`."""
        place = self.location, self.seal, self.condition
        return self.to_id, self.due_by, self.liability, *place


@dataclass(frozen=True, slots=True)
class Delivery(Message):
    """Receipt of the goods; shares of them that are missing or damaged in basis points."""

    SOLIDITY = (
        "bytes32 shipmentId,uint24 sequence,uint16 lostBps,uint16 damagedBps,bytes32 evidence"
    )
    shipment_id: bytes
    sequence: int
    lost_bps: int = field(default=0, kw_only=True)
    damaged_bps: int = field(default=0, kw_only=True)
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Watch(Message):
    """A device's metric and the band in which it should stay; nobody signs it by itself."""

    SOLIDITY = "address device,uint8 metric,int32 low,int32 high"
    device: str
    metric: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Extreme(Message):
    """The least and the largest reading of a metric in a batch."""

    SOLIDITY = "uint8 metric,int32 minimum,int32 maximum"
    metric: int
    minimum: int
    maximum: int


@dataclass(frozen=True, slots=True)
class Readings(Message):
    """A batch of readings as its device signs it. Times in seconds UTC."""

    SOLIDITY = (
        "bytes32 shipmentId,address device,uint32 number,uint40 startedAt,uint32 interval,"
        "uint32 count,bytes32 root,Extreme[] extremes"
    )
    NESTED = Extreme
    shipment_id: bytes
    device: str
    number: int
    started_at: int
    interval: int
    count: int
    root: bytes
    extremes: tuple[Extreme, ...]


@dataclass(frozen=True, slots=True)
class Quote(Message):
    """Cover; amounts in the asset's smallest unit. See `ICargoInsurance.sol`."""

    SOLIDITY = (
        "bytes32 orderId,address holder,address beneficiary,address pool,uint64 insurerId,"
        "uint128 premium,uint128 maximum,uint16 graceDays,uint16 bpsPerDay,uint16 capBps,"
        "uint16 deductibleBps,uint256 perils,bytes32 plan,uint32 reportingPeriod,"
        "uint40 validUntil,bytes32 salt"
    )
    order_id: bytes
    holder: str
    beneficiary: str = field(default=ZERO_ADDRESS, kw_only=True)
    pool: str
    insurer_id: int
    premium: int
    maximum: int
    grace_days: int
    bps_per_day: int
    cap_bps: int
    deductible_bps: int = field(default=0, kw_only=True)
    perils: int = field(default=0, kw_only=True)
    plan: bytes = field(default=bytes(32), kw_only=True)
    reporting_period: int = field(default=0, kw_only=True)
    valid_until: int
    salt: bytes


@dataclass(frozen=True, slots=True)
class Label(Message):
    """A label of an item as its producer signs it, for the deployment; no contract reads it.

    `lot` and `serial` have 20 bytes, `expiry` is in seconds UTC, 0 for none.
    """

    SOLIDITY = "uint64 gtin,bytes20 lot,bytes20 serial,uint40 expiry"
    gtin: int
    lot: bytes
    serial: bytes
    expiry: int


@dataclass(frozen=True, slots=True)
class Activation(Message):
    """The first use of an item, by the key under its scratch layer, for who activates it."""

    SOLIDITY = "uint64 gtin,bytes20 lot,bytes20 serial,address activator"
    gtin: int
    lot: bytes
    serial: bytes
    activator: str


@dataclass(frozen=True, slots=True)
class Permit(Message):
    """An allowance by signature (ERC-2612), in the token's own domain."""

    SOLIDITY = "address owner,address spender,uint256 value,uint256 nonce,uint256 deadline"
    owner: str
    spender: str
    value: int
    nonce: int
    deadline: int


def shipment_id(order_id: bytes, source: str) -> bytes:
    """Id of the one shipment of an order."""
    return keccak(order_id + _word("address", source))
