"""The contracts with typed functions. Written by `make bindings`; not by hand.

A view reads the chain at its latest block. Any other function gives a `Call` to be sent. Amounts
are in the token's smallest unit, times in seconds UTC, enums their numbers.
"""

from dataclasses import dataclass

from entrepot.core.messages import (
    Clauses,
    Delivery,
    GuardianSet,
    Handover,
    KeyGrant,
    Offer,
    Order,
    Qualification,
    Quote,
    Readings,
    Registration,
    RootMove,
    Watch,
)
from entrepot.network.contracts import Call, Contract


@dataclass(frozen=True, slots=True)
class KeyRecord:
    participant_id: int
    parent: str
    born: int
    epoch: int
    functions: int
    level: int
    expiry: int
    is_root: bool
    is_revoked: bool


@dataclass(frozen=True, slots=True)
class Participant:
    root: str
    roles: int
    epoch: int
    roles_nonce: int


@dataclass(frozen=True, slots=True)
class Guarding:
    set: bytes
    next_set: bytes
    nonce: int
    delay: int
    next_delay: int
    next_from: int


@dataclass(frozen=True, slots=True)
class Recall:
    move: bytes
    nonce: int
    ready_at: int
    is_override: bool


@dataclass(frozen=True, slots=True)
class QualificationRecord:
    issued_at: int
    revoked_at: int
    valid_from: int
    expiry: int


@dataclass(frozen=True, slots=True)
class Batch:
    root: bytes
    size: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Item:
    serial: bytes
    key: str
    index: int


@dataclass(frozen=True, slots=True)
class Line:
    producer_id: int
    registered_at: int


@dataclass(frozen=True, slots=True)
class Evidence:
    good: int
    bad: int
    updated_at: int
    count: int
    roles: int
    counterparties: int


@dataclass(frozen=True, slots=True)
class Leg:
    custodian_id: int
    since: int
    due_by: int
    liability: int


@dataclass(frozen=True, slots=True)
class Rating:
    grade: int
    score: int
    confidence: int


@dataclass(frozen=True, slots=True)
class TokenListing:
    is_listed: bool
    decimals: int


@dataclass(frozen=True, slots=True)
class Permit:
    value: int
    deadline: int
    v: int
    r: bytes
    s: bytes


@dataclass(frozen=True, slots=True)
class OrderProgress:
    contested_at: int
    seller_share: int
    paid: int
    is_noted: bool


@dataclass(frozen=True, slots=True)
class Payment:
    purpose: int
    payee: str
    amount: int


@dataclass(frozen=True, slots=True)
class OrderRecord:
    state: int
    opened_at: int
    ended_at: int
    weight: int


@dataclass(frozen=True, slots=True)
class CustomsCase:
    customs_id: int
    inspector_id: int
    declarant_id: int
    appeal_period: int
    duty_cap: int
    is_assessed: bool
    goods: int
    quarantine: int


@dataclass(frozen=True, slots=True)
class Declaration:
    hs_code: bytes
    origin: bytes
    destination: bytes
    value: int
    document: bytes


@dataclass(frozen=True, slots=True)
class CustomsFacts:
    state: int
    sequence: int
    released_at: int
    refused_at: int
    final_at: int
    duty: int
    as_of: int


@dataclass(frozen=True, slots=True)
class Shares:
    lost_bps: int
    damaged_bps: int


@dataclass(frozen=True, slots=True)
class CargoFacts:
    custody: bytes
    lost_bps: int
    damaged_bps: int
    lost_at: int
    damaged_at: int
    as_of: int


@dataclass(frozen=True, slots=True)
class Signature:
    signer: str
    data: bytes


@dataclass(frozen=True, slots=True)
class ShipmentFacts:
    state: int
    sequence: int
    custodian_id: int
    shipped_at: int
    tendered_at: int
    disputed_at: int
    delivered_at: int
    as_of: int


@dataclass(frozen=True, slots=True)
class Terms:
    to_id: int
    due_by: int
    liability: int
    location: bytes
    seal: bytes
    condition: bytes


@dataclass(frozen=True, slots=True)
class Cargo:
    lot: bytes
    gtin: int
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class WatchFacts:
    breached_at: int
    exposure: int
    longest: int
    longest_at: int
    extreme: int
    as_of: int


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    number: int
    ended_at: int
    seen: int


@dataclass(frozen=True, slots=True)
class PolicyRecord:
    state: int
    incepted_at: int
    ended_at: int
    weight: int
    fired: int
    gross_bps: int
    reserved_bps: int


@dataclass(frozen=True, slots=True)
class Bond:
    held: int
    leaving: int
    leaves_at: int


@dataclass(frozen=True, slots=True)
class PoolBooks:
    locked: int
    liabilities: int
    first_loss: int
    unvested: int
    vested_at: int
    vests_in: int
    reserved: int


@dataclass(frozen=True, slots=True)
class ExitRequest:
    shares: int
    matures_at: int


class Council(Contract):
    """`contracts/participants/Council.sol`."""

    def call_digest(self, target: str, data: bytes, call_nonce: int) -> bytes:
        """EIP-712 digest that members sign for a call."""
        found: bytes = self.call("callDigest", target, data, call_nonce)
        return found

    def change_members(self, added: list[bytes], removed: list[bytes], new_threshold: int) -> Call:
        """Replaces members and threshold. Only the council itself."""
        return self.prepare("changeMembers", added, removed, new_threshold)

    def execute(self, target: str, data: bytes, call_nonce: int, signature: bytes) -> Call:
        """Calls a contract as the council. By anyone with the council's signature."""
        return self.prepare("execute", target, data, call_nonce, signature)

    def get_signer_count(self) -> int:
        """`getSignerCount` of the contract."""
        found: int = self.call("getSignerCount")
        return found

    def get_signers(self, start: int, end: int) -> list[bytes]:
        """`getSigners` of the contract."""
        found: list[bytes] = self.call("getSigners", start, end)
        return found

    def is_signer(self, signer: bytes) -> bool:
        """`isSigner` of the contract."""
        found: bool = self.call("isSigner", signer)
        return found

    def is_valid_signature(self, hash: bytes, signature: bytes) -> bytes:
        """Whether a signature is the council's over a hash (ERC-1271)."""
        found: bytes = self.call("isValidSignature", hash, signature)
        return found

    def nonce(self) -> int:
        """Number of the next call."""
        found: int = self.call("nonce")
        return found

    def threshold(self) -> int:
        """`threshold` of the contract."""
        found: int = self.call("threshold")
        return found


class ParticipantRegistry(Contract):
    """`contracts/participants/ParticipantRegistry.sol`."""

    def guardians(self) -> str:
        """Contract of the guardians, which alone moves roots."""
        found: str = self.call("GUARDIANS")
        return found

    def authority(self) -> str:
        """`authority` of the contract."""
        found: str = self.call("authority")
        return found

    def authorize(self, caller: str, fn: int) -> int:
        """Participant for whom `caller` may use `fn` now.

        Reads one slot per level and one for the participant.
        """
        found: int = self.call("authorize", caller, fn)
        return found

    def domain_separator(self) -> bytes:
        """EIP-712 domain of this deployment: name "Entrepot", version "1" and the salt."""
        found: bytes = self.call("domainSeparator")
        return found

    def grant_key(self, key_grant: KeyGrant, acceptance: bytes) -> Call:
        """Grants a function key; the caller is the granter. See `grantKeys`."""
        return self.prepare("grantKey", key_grant, acceptance)

    def grant_keys(
        self, key_grants: list[KeyGrant], acceptances: list[bytes], granter: str, signature: bytes
    ) -> Call:
        """Grants function keys, submitted by anyone; all or none."""
        return self.prepare("grantKeys", key_grants, acceptances, granter, signature)

    def is_consuming_scheduled_op(self) -> bytes:
        """`isConsumingScheduledOp` of the contract."""
        found: bytes = self.call("isConsumingScheduledOp")
        return found

    def is_withdrawn(self, key: str, revoker: str) -> bool:
        """Whether the account has withdrawn its grants of the key, before any came."""
        found: bool = self.call("isWithdrawn", key, revoker)
        return found

    def key_grant_digest(self, key_grant: KeyGrant) -> bytes:
        """EIP-712 digest that the key of a grant signs."""
        found: bytes = self.call("keyGrantDigest", key_grant)
        return found

    def key_grants_digest(self, key_grants: list[KeyGrant]) -> bytes:
        """EIP-712 digest of `KeyGrants(KeyGrant[] grants)`, which the granter signs."""
        found: bytes = self.call("keyGrantsDigest", key_grants)
        return found

    def key_of(self, key: str) -> KeyRecord:
        """The key's record; all zero where there is none."""
        return KeyRecord(*self.call("keyOf", key).values())

    def key_revocation_digest(self, key: str) -> bytes:
        """EIP-712 digest that the revoker of a key signs."""
        found: bytes = self.call("keyRevocationDigest", key)
        return found

    def move_root(self, id: int, new_root: str, kept: list[str]) -> Call:
        """Replaces a root. Only the guardians' contract."""
        return self.prepare("moveRoot", id, new_root, kept)

    def participant_of(self, id: int) -> Participant:
        """The participant; root zero where there is none."""
        return Participant(*self.call("participantOf", id).values())

    def register(
        self,
        registrations: list[Registration],
        acceptances: list[bytes],
        governor: str,
        signature: bytes,
    ) -> Call:
        """Registers participants, all or none; those registered already are passed over."""
        return self.prepare("register", registrations, acceptances, governor, signature)

    def registration_digest(self, registration: Registration) -> bytes:
        """EIP-712 digest that the root of a registration signs."""
        found: bytes = self.call("registrationDigest", registration)
        return found

    def registrations_digest(self, registrations: list[Registration]) -> bytes:
        """EIP-712 digest of `Registrations(Registration[] registrations)`, for governance."""
        found: bytes = self.call("registrationsDigest", registrations)
        return found

    def revoke_key(self, key: str) -> Call:
        """Revokes a key for ever and with it, at once, every key under it.

        By the key itself, any key above it, or a root of its participant that is not older than the
        grant.
        """
        return self.prepare("revokeKey", key)

    def revoke_key_by_sig(self, key: str, revoker: str, signature: bytes) -> Call:
        """The same, submitted by anyone with the revoker's signature over `KeyRevocation(address
        key)`.
        """
        return self.prepare("revokeKeyBySig", key, revoker, signature)

    def set_authority(self, new_authority: str) -> Call:
        """`setAuthority` of the contract."""
        return self.prepare("setAuthority", new_authority)

    def set_roles(self, id: int, roles: int, nonce: int) -> Call:
        """Replaces the roles of a participant. Only governance."""
        return self.prepare("setRoles", id, roles, nonce)


class GuardianRegistry(Contract):
    """`contracts/participants/GuardianRegistry.sol`."""

    def registry(self) -> str:
        """Registry whose roots are guarded."""
        found: str = self.call("REGISTRY")
        return found

    def anchor_seal(self, id: int, record: bytes, signature: bytes) -> Call:
        """Keeps the hash of a record of a sealed key."""
        return self.prepare("anchorSeal", id, record, signature)

    def announce(
        self, move: RootMove, set: GuardianSet, acceptance: bytes, signatures: list[bytes]
    ) -> Call:
        """Announces a move of a root.

        A set that was on its way is dropped, and its nonce counts no more.
        """
        return self.prepare("announce", move, set, acceptance, signatures)

    def cancel(self, id: int, signature: bytes) -> Call:
        """Ends the announced move, unless it overrides, and refuses all others that do not: once
        for each root and set of guardians.
        """
        return self.prepare("cancel", id, signature)

    def execute(self, move: RootMove) -> Call:
        """Moves the root as announced, once its delay is over. By anyone."""
        return self.prepare("execute", move)

    def guardian_set_digest(self, set: GuardianSet) -> bytes:
        """EIP-712 digest of a set, its name, which the root signs."""
        found: bytes = self.call("guardianSetDigest", set)
        return found

    def guarding_of(self, id: int) -> Guarding:
        """The participant's guardians now."""
        return Guarding(*self.call("guardingOf", id).values())

    def has_cancelled(self, id: int) -> bool:
        """Whether the root in force has cancelled a move of the guardians in force."""
        found: bool = self.call("hasCancelled", id)
        return found

    def move_cancellation_digest(self, id: int, epoch: int, set: bytes) -> bytes:
        """EIP-712 digest that the root signs to cancel."""
        found: bytes = self.call("moveCancellationDigest", id, epoch, set)
        return found

    def recall_of(self, id: int) -> Recall:
        """The move that was announced last and not executed."""
        return Recall(*self.call("recallOf", id).values())

    def root_move_digest(self, move: RootMove) -> bytes:
        """EIP-712 digest of a move, its name, which guardians and the new root sign."""
        found: bytes = self.call("rootMoveDigest", move)
        return found

    def seal_anchor_digest(self, id: int, record: bytes) -> bytes:
        """EIP-712 digest that the root signs to keep a record's hash."""
        found: bytes = self.call("sealAnchorDigest", id, record)
        return found

    def sealed_at(self, id: int, record: bytes) -> int:
        """When the hash of a sealed key's record was kept, 0 where it was not."""
        found: int = self.call("sealedAt", id, record)
        return found

    def set_guardians(self, set: GuardianSet, signature: bytes) -> Call:
        """Names guardians: the first at once, others in place of them after the delay of those in
        force.
        """
        return self.prepare("setGuardians", set, signature)


class QualificationRegistry(Contract):
    """`contracts/participants/QualificationRegistry.sol`."""

    def registry(self) -> str:
        """Registry of issuers and holders."""
        found: str = self.call("REGISTRY")
        return found

    def is_qualified(self, qualification_id: bytes) -> bool:
        """Whether a qualification is recorded, not revoked, and good at this time."""
        found: bool = self.call("isQualified", qualification_id)
        return found

    def qualification_id_of(self, qualification: Qualification) -> bytes:
        """Id of a qualification: the EIP-712 digest that its issuer signs."""
        found: bytes = self.call("qualificationIdOf", qualification)
        return found

    def qualification_of(self, qualification_id: bytes) -> QualificationRecord:
        """The record; all zero where there is none."""
        return QualificationRecord(*self.call("qualificationOf", qualification_id).values())

    def qualification_revocation_digest(self, qualification_id: bytes) -> bytes:
        """EIP-712 digest that the issuer signs to revoke."""
        found: bytes = self.call("qualificationRevocationDigest", qualification_id)
        return found

    def qualify(self, qualification: Qualification, signer: str, signature: bytes) -> Call:
        """Records a qualification, once."""
        return self.prepare("qualify", qualification, signer, signature)

    def revoke_qualification(
        self, qualification: Qualification, signer: str, signature: bytes
    ) -> Call:
        """Revokes a qualification for ever."""
        return self.prepare("revokeQualification", qualification, signer, signature)


class LabelRegistry(Contract):
    """`contracts/products/LabelRegistry.sol`."""

    def registry(self) -> str:
        """`REGISTRY` of the contract."""
        found: str = self.call("REGISTRY")
        return found

    def activate(
        self, gtin: int, lot: bytes, batch: Batch, item: Item, proof: list[bytes], signature: bytes
    ) -> Call:
        """Activates an item for the caller, who holds the key under its scratch layer."""
        return self.prepare("activate", gtin, lot, batch, item, proof, signature)

    def activated_in(self, gtin: int, lot: bytes, word: int) -> int:
        """Which of 256 items were activated: bit i tells it of the item with the number 256 ×
        `word` + i.
        """
        found: int = self.call("activatedIn", gtin, lot, word)
        return found

    def activation_digest(self, gtin: int, lot: bytes, serial: bytes, activator: str) -> bytes:
        """EIP-712 digest that the key of an item signs to activate it."""
        found: bytes = self.call("activationDigest", gtin, lot, serial, activator)
        return found

    def commit_batch(self, gtin: int, lot: bytes, batch: Batch) -> Call:
        """Commits a batch of a line of the caller's participant."""
        return self.prepare("commitBatch", gtin, lot, batch)

    def contains(self, gtin: int, lot: bytes, batch: Batch, item: Item, proof: list[bytes]) -> bool:
        """Whether the item belongs to the batch.

        Reverts unless the batch is the one that was committed.
        """
        found: bool = self.call("contains", gtin, lot, batch, item, proof)
        return found

    def domain_separator(self) -> bytes:
        """EIP-712 domain: name "Entrepot LabelRegistry", version "1", chain and contract of the
        deployment.
        """
        found: bytes = self.call("domainSeparator")
        return found

    def is_activated(self, gtin: int, lot: bytes, index: int) -> bool:
        """Whether the item with this number in the batch was activated."""
        found: bool = self.call("isActivated", gtin, lot, index)
        return found

    def leaf_of(self, gtin: int, lot: bytes, item: Item) -> bytes:
        """Leaf of an item: keccak256 of keccak256 of (gtin, lot, serial, key, index), each
        ABI-encoded.
        """
        found: bytes = self.call("leafOf", gtin, lot, item)
        return found

    def line_of(self, gtin: int) -> Line:
        """The line of a GTIN; all zero where there is none."""
        return Line(*self.call("lineOf", gtin).values())

    def producer_of(self, gtin: int, lot: bytes) -> int:
        """The participant that committed a batch and may recall it; 0 where there is none."""
        found: int = self.call("producerOf", gtin, lot)
        return found

    def recall_batch(self, gtin: int, lot: bytes, reason: bytes) -> Call:
        """Recalls a batch for ever; by its producer."""
        return self.prepare("recallBatch", gtin, lot, reason)

    def register_line(self, gtin: int, product: bytes) -> Call:
        """Registers a line for the caller's participant."""
        return self.prepare("registerLine", gtin, product)

    def report_scan(
        self, gtin: int, lot: bytes, serial: bytes, latitude: int, longitude: int
    ) -> Call:
        """Records that a label was scanned somewhere.

        By anyone; it proves nothing and changes nothing.
        """
        return self.prepare("reportScan", gtin, lot, serial, latitude, longitude)

    def state_of(self, gtin: int, lot: bytes) -> int:
        """Where a batch stands."""
        found: int = self.call("stateOf", gtin, lot)
        return found


class CreditRegistry(Contract):
    """`contracts/credit/CreditRegistry.sol`."""

    def escrow(self) -> str:
        """The only writer of trades."""
        found: str = self.call("ESCROW")
        return found

    def insurance(self) -> str:
        """The only writer of cover."""
        found: str = self.call("INSURANCE")
        return found

    def order_domain(self) -> bytes:
        """Domain of the escrow, in which order ids are computed."""
        found: bytes = self.call("ORDER_DOMAIN")
        return found

    def settling(self) -> int:
        """Seconds after the end of an order and of its journey in which arbiters can still find out
        what happened on the way.
        """
        found: int = self.call("SETTLING")
        return found

    def source(self) -> str:
        """Where the facts of journeys are read."""
        found: str = self.call("SOURCE")
        return found

    def evidence_of(self, id: int, role: int) -> Evidence:
        """Evidence as it was kept at its last change, not brought to now."""
        return Evidence(*self.call("evidenceOf", id, role).values())

    def grade_at(self, id: int, time: int) -> int:
        """Grade that `ratingOf` gave at a time.

        of a time to come, what forgetting alone will make of it.
        """
        found: int = self.call("gradeAt", id, time)
        return found

    def is_journey_rated(self, order_id: bytes) -> bool:
        """Whether the journey of an order is rated."""
        found: bool = self.call("isJourneyRated", order_id)
        return found

    def rate_cover(self, policy_id: bytes, insurer_id: int, holder_id: int, weight: int) -> Call:
        """Rates the insurer of a policy that paid. Only the insurance."""
        return self.prepare("rateCover", policy_id, insurer_id, holder_id, weight)

    def rate_journey(self, order: Order, legs: list[Leg]) -> Call:
        """Rates who carried the goods of an order and the broker who declared them, once, from the
        facts of its shipment, which has begun.

        Anyone, from 30 days after the order's end and the delivery, or refund-after where nothing
        came; not while a tender is pending, which anyone can conclude.
        """
        return self.prepare("rateJourney", order, legs)

    def rate_trade(
        self, order_id: bytes, seller_id: int, buyer_id: int, weight: int, outcome: int
    ) -> Call:
        """Rates seller and buyer of an ended order. Only the escrow."""
        return self.prepare("rateTrade", order_id, seller_id, buyer_id, weight, outcome)

    def rating_of(self, id: int) -> Rating:
        """Rating of a participant over all its roles now."""
        return Rating(*self.call("ratingOf", id).values())

    def score_of(self, id: int, role: int) -> Rating:
        """Rating of a participant in one role now."""
        return Rating(*self.call("scoreOf", id, role).values())


class TradeEscrow(Contract):
    """`contracts/trade/TradeEscrow.sol`."""

    def chain_id(self) -> int:
        """`CHAIN_ID` of the contract."""
        found: int = self.call("CHAIN_ID")
        return found

    def credit(self) -> str:
        """`CREDIT` of the contract."""
        found: str = self.call("CREDIT")
        return found

    def notes(self) -> str:
        """Says who holds the seller's claim on a noted order."""
        found: str = self.call("NOTES")
        return found

    def rated_source(self) -> str:
        """The source whose facts are evidence of those who trade.

        what others say is evidence of nothing.
        """
        found: str = self.call("RATED_SOURCE")
        return found

    def registry(self) -> str:
        """`REGISTRY` of the contract."""
        found: str = self.call("REGISTRY")
        return found

    def settlement(self) -> str:
        """Decides orders with clauses."""
        found: str = self.call("SETTLEMENT")
        return found

    def advance(self, order: Order, clauses: Clauses) -> Call:
        """Pays what is due before the end: milestones that were reached, and duty that customs
        decided.

        By anyone.
        """
        return self.prepare("advance", order, clauses)

    def agree(
        self,
        order: Order,
        clauses: Clauses,
        seller_share: int,
        until: int,
        buyer_signature: bytes,
        seller_signature: bytes,
    ) -> Call:
        """Ends an order by consent.

        The seller's side, sending and without the buyer's signature, concedes with a share of 0: a
        refund. The buyer alone pays everything with a share of 10,000: acceptance where all
        conditions but silence are met. Both agree on any share. They sign `Consent(bytes32
        orderId,uint16 sellerShare,uint40 until)`; who sends needs no signature. The seller's side
        is the note's holder where there is one.
        """
        return self.prepare(
            "agree", order, clauses, seller_share, until, buyer_signature, seller_signature
        )

    def arbitrate(self, order: Order, clauses: Clauses, seller_share: int) -> Call:
        """Divides what a contested order still holds.

        by its arbiter, within the arbitration period.
        """
        return self.prepare("arbitrate", order, clauses, seller_share)

    def authority(self) -> str:
        """`authority` of the contract."""
        found: str = self.call("authority")
        return found

    def clauses_hash_of(self, clauses: Clauses) -> bytes:
        """EIP-712 hash of clauses, as an order names them."""
        found: bytes = self.call("clausesHashOf", clauses)
        return found

    def conclude(self, order: Order, clauses: Clauses) -> Call:
        """Ends any order as the facts say: its conditions are met and the inspection window is
        over, or one of them failed.

        A contest that the arbiter let lapse ends as `order.upholdByDefault` says. By anyone.
        """
        return self.prepare("conclude", order, clauses)

    def conclude_many(self, orders: list[Order], clauses: list[Clauses]) -> Call:
        """Concludes those of many orders that can be, and passes over the others. By anyone."""
        return self.prepare("concludeMany", orders, clauses)

    def consent_digest(self, order_id: bytes, seller_share: int, until: int) -> bytes:
        """EIP-712 digest that a side signs to end an order by consent."""
        found: bytes = self.call("consentDigest", order_id, seller_share, until)
        return found

    def contest(self, order: Order, clauses: Clauses, evidence: bytes) -> Call:
        """Contests goods within the inspection window; by the buyer."""
        return self.prepare("contest", order, clauses, evidence)

    def domain_separator(self) -> bytes:
        """EIP-712 domain: name "Entrepot TradeEscrow", version "1", chain and contract of the
        deployment.
        """
        found: bytes = self.call("domainSeparator")
        return found

    def is_consuming_scheduled_op(self) -> bytes:
        """`isConsumingScheduledOp` of the contract."""
        found: bytes = self.call("isConsumingScheduledOp")
        return found

    def is_open(self, order_id: bytes) -> bool:
        """Whether the order is funded and not ended."""
        found: bool = self.call("isOpen", order_id)
        return found

    def is_opening_paused(self) -> bool:
        """Whether the opening of orders is paused."""
        found: bool = self.call("isOpeningPaused")
        return found

    def list_token(self, token: str) -> Call:
        """Lists a token for new orders. Only governance."""
        return self.prepare("listToken", token)

    def listing_of(self, token: str) -> TokenListing:
        """The listing of a token."""
        return TokenListing(*self.call("listingOf", token).values())

    def mark_noted(self, order: Order, paid: int) -> Call:
        """Marks the order as the subject of a note, once and for ever, and returns its id.

        Only the note contract.
        """
        return self.prepare("markNoted", order, paid)

    def open(self, order: Order, buyer_signature: bytes, seller_signature: bytes) -> Call:
        """Opens and funds a plain order.

        Submitted by anyone; the buyer has approved the escrow for `order.amount`, or who submits
        sends that much native coin.
        """
        return self.prepare("open", order, buyer_signature, seller_signature)

    def open_with_clauses(
        self, order: Order, clauses: Clauses, buyer_signature: bytes, seller_signature: bytes
    ) -> Call:
        """The same for an order with clauses, be they plain or not."""
        return self.prepare("openWithClauses", order, clauses, buyer_signature, seller_signature)

    def open_with_permit(
        self,
        order: Order,
        clauses: Clauses,
        buyer_signature: bytes,
        seller_signature: bytes,
        permit: Permit,
    ) -> Call:
        """The same, with the buyer's permit instead of an approval.

        A permit that fails, perhaps because somebody used it first, is ignored: the transfer then
        finds the allowance or it does not.
        """
        return self.prepare(
            "openWithPermit", order, clauses, buyer_signature, seller_signature, permit
        )

    def order_id_of(self, order: Order) -> bytes:
        """Id of an order: its EIP-712 digest in this escrow's domain."""
        found: bytes = self.call("orderIdOf", order)
        return found

    def pause_opening(self, is_paused: bool) -> Call:
        """Pauses or resumes the opening of orders. Only governance."""
        return self.prepare("pauseOpening", is_paused)

    def progress_of(self, order_id: bytes) -> OrderProgress:
        """How far an order has come; all zero where there is none."""
        return OrderProgress(*self.call("progressOf", order_id).values())

    def quote_of(self, order: Order, clauses: Clauses) -> tuple[int, list[Payment]]:
        """What the facts say of an open order now, and every payment that `conclude`, or else
        `advance`, would make.
        """
        found_0, found_1 = self.call("quoteOf", order, clauses)
        return found_0, [Payment(*each.values()) for each in found_1]

    def record_of(self, order_id: bytes) -> OrderRecord:
        """The record of an order; all zero where there is none."""
        return OrderRecord(*self.call("recordOf", order_id).values())

    def refund(self, order: Order) -> Call:
        """Returns the money of a plain order that was not shipped by ship-by or not delivered by
        refund-after, once the facts reach beyond that deadline and no tender made in time is
        waiting or disputed.

        By anyone.
        """
        return self.prepare("refund", order)

    def set_authority(self, new_authority: str) -> Call:
        """`setAuthority` of the contract."""
        return self.prepare("setAuthority", new_authority)

    def settle(self, order: Order) -> Call:
        """Pays the seller's side of a plain order that was delivered by its refund-after.

        By anyone.
        """
        return self.prepare("settle", order)

    def unlist_token(self, token: str) -> Call:
        """Unlists a token for new orders. Only governance."""
        return self.prepare("unlistToken", token)

    def withdraw(self, token: str, to: str) -> Call:
        """Sends what could not be pushed to the caller."""
        return self.prepare("withdraw", token, to)

    def withdrawable(self, token: str, payee: str) -> int:
        """What waits for `payee` to withdraw, in the token's smallest unit."""
        found: int = self.call("withdrawable", token, payee)
        return found


class ReceivableNote(Contract):
    """`contracts/trade/ReceivableNote.sol`."""

    def chain_id(self) -> int:
        """`CHAIN_ID` of the contract."""
        found: int = self.call("CHAIN_ID")
        return found

    def escrow(self) -> str:
        """`ESCROW` of the contract."""
        found: str = self.call("ESCROW")
        return found

    def order_domain(self) -> bytes:
        """Domain of the escrow, in which order ids are computed."""
        found: bytes = self.call("ORDER_DOMAIN")
        return found

    def registry(self) -> str:
        """`REGISTRY` of the contract."""
        found: str = self.call("REGISTRY")
        return found

    def approve(self, to: str, token_id: int) -> Call:
        """`approve` of the contract."""
        return self.prepare("approve", to, token_id)

    def balance_of(self, owner: str) -> int:
        """`balanceOf` of the contract."""
        found: int = self.call("balanceOf", owner)
        return found

    def bond_of(self, order_id: bytes) -> int:
        """Bond that a note holds, in its order's token, smallest unit."""
        found: int = self.call("bondOf", order_id)
        return found

    def divide_bond(self, order: Order) -> Call:
        """Divides the bond of an order that has ended. By anyone."""
        return self.prepare("divideBond", order)

    def domain_separator(self) -> bytes:
        """EIP-712 domain: name "Entrepot ReceivableNote", version "1", chain and contract of the
        deployment.
        """
        found: bytes = self.call("domainSeparator")
        return found

    def get_approved(self, token_id: int) -> str:
        """`getApproved` of the contract."""
        found: str = self.call("getApproved", token_id)
        return found

    def holder_of(self, order_id: bytes) -> str:
        """Who holds an order's note; zero where there is none."""
        found: str = self.call("holderOf", order_id)
        return found

    def is_approved_for_all(self, owner: str, operator: str) -> bool:
        """`isApprovedForAll` of the contract."""
        found: bool = self.call("isApprovedForAll", owner, operator)
        return found

    def name(self) -> str:
        """`name` of the contract."""
        found: str = self.call("name")
        return found

    def offer_digest(self, offer: Offer) -> bytes:
        """EIP-712 digest that the bank and the seller sign."""
        found: bytes = self.call("offerDigest", offer)
        return found

    def owner_of(self, token_id: int) -> str:
        """`ownerOf` of the contract."""
        found: str = self.call("ownerOf", token_id)
        return found

    def sell(
        self, order: Order, offer: Offer, bank_signature: bytes, seller_signature: bytes
    ) -> Call:
        """Sells the claim.

        Submitted by anyone; the bank has approved this contract for the advance, or who submits
        sends it in native coin.
        """
        return self.prepare("sell", order, offer, bank_signature, seller_signature)

    def set_approval_for_all(self, operator: str, approved: bool) -> Call:
        """`setApprovalForAll` of the contract."""
        return self.prepare("setApprovalForAll", operator, approved)

    def supports_interface(self, interface_id: bytes) -> bool:
        """`supportsInterface` of the contract."""
        found: bool = self.call("supportsInterface", interface_id)
        return found

    def symbol(self) -> str:
        """`symbol` of the contract."""
        found: str = self.call("symbol")
        return found

    def token_uri(self, token_id: int) -> str:
        """`tokenURI` of the contract."""
        found: str = self.call("tokenURI", token_id)
        return found

    def transfer_from(self, from_: str, to: str, token_id: int) -> Call:
        """`transferFrom` of the contract."""
        return self.prepare("transferFrom", from_, to, token_id)

    def withdraw(self, token: str, to: str) -> Call:
        """Sends what could not be pushed to the caller."""
        return self.prepare("withdraw", token, to)

    def withdrawable(self, token: str, payee: str) -> int:
        """What waits for `payee` to withdraw, in the token's smallest unit."""
        found: int = self.call("withdrawable", token, payee)
        return found


class CustomsDesk(Contract):
    """`contracts/customs/CustomsDesk.sol`."""

    def ledger(self) -> str:
        """The source of the shipments that are cleared here."""
        found: str = self.call("LEDGER")
        return found

    def order_domain(self) -> bytes:
        """Domain of the escrow, in which order ids are computed."""
        found: bytes = self.call("ORDER_DOMAIN")
        return found

    def registry(self) -> str:
        """`REGISTRY` of the contract."""
        found: str = self.call("REGISTRY")
        return found

    def appeal(self, shipment_id: bytes, grounds: bytes) -> Call:
        """Appeals against a refusal within the appeal period, once.

        By a key that may Declare for the declarant.
        """
        return self.prepare("appeal", shipment_id, grounds)

    def assess(self, shipment_id: bytes, duty: int) -> Call:
        """Assesses the duty, at most the cap that the order signed; again where it was assessed
        already.

        By the authority.
        """
        return self.prepare("assess", shipment_id, duty)

    def case_of(self, shipment_id: bytes) -> CustomsCase:
        """The case of a shipment; all zero where nothing is declared."""
        return CustomsCase(*self.call("caseOf", shipment_id).values())

    def decide_appeal(self, shipment_id: bytes, is_upheld: bool) -> Call:
        """Decides an appeal within the appeal period: upheld, the goods are declared and inspected
        as before, and their duty is to be assessed; otherwise the refusal stands.

        Silence is refusal. By the authority.
        """
        return self.prepare("decideAppeal", shipment_id, is_upheld)

    def declare(self, order: Order, clauses: Clauses, declaration: Declaration) -> Call:
        """Declares the goods of a shipment, or declares them anew while they are not decided.

        By a key that may Declare for the seller or for the broker that the clauses name.
        """
        return self.prepare("declare", order, clauses, declaration)

    def facts_of(self, shipment_id: bytes) -> CustomsFacts:
        """The facts of a case; all zero but `asOf` where nothing is declared."""
        return CustomsFacts(*self.call("factsOf", shipment_id).values())

    def hold(self, shipment_id: bytes, reason: bytes) -> Call:
        """Holds the goods; declaring them anew or the authority's next decision ends that.

        By the authority.
        """
        return self.prepare("hold", shipment_id, reason)

    def inspect(self, shipment_id: bytes, inspection: int, finding: int, evidence: bytes) -> Call:
        """Records what an inspection found.

        By a key that may Inspect for the inspector, or for the authority.
        """
        return self.prepare("inspect", shipment_id, inspection, finding, evidence)

    def reemit(self, shipment_id: bytes) -> Call:
        """Emits the snapshot again with the present time, which proves what has not happened.

        By anyone.
        """
        return self.prepare("reemit", shipment_id)

    def refuse(self, shipment_id: bytes, reason: bytes, duty: int) -> Call:
        """Refuses the goods, with the duty that is due all the same.

        The refusal stands once the appeal period is over. By the authority.
        """
        return self.prepare("refuse", shipment_id, reason, duty)

    def release(self, shipment_id: bytes, sequence: int) -> Call:
        """Releases the goods: duty is assessed, the inspector passed them, and no finding is bad.

        By the authority.
        """
        return self.prepare("release", shipment_id, sequence)


class ShipmentLedger(Contract):
    """`contracts/logistics/ShipmentLedger.sol`."""

    def customs(self) -> str:
        """Where shipments are cleared."""
        found: str = self.call("CUSTOMS")
        return found

    def escrow(self) -> str:
        """Where orders are known to be open, and first listener of a delivery."""
        found: str = self.call("ESCROW")
        return found

    def insurance(self) -> str:
        """Second listener of a delivery."""
        found: str = self.call("INSURANCE")
        return found

    def order_domain(self) -> bytes:
        """Domain of the escrow, in which order ids are computed."""
        found: bytes = self.call("ORDER_DOMAIN")
        return found

    def registry(self) -> str:
        """`REGISTRY` of the contract."""
        found: str = self.call("REGISTRY")
        return found

    def sensors(self) -> str:
        """Where readings of the goods are recorded."""
        found: str = self.call("SENSORS")
        return found

    def admit(self, order: Order, shares: Shares, evidence: bytes, policies: list[Quote]) -> Call:
        """Admits loss or damage; by the custodian, the last one after a delivery.

        It answers for it. Shares only grow. It is a change of the shipment, so handovers that were
        signed before it are no good any more.
        """
        return self.prepare("admit", order, shares, evidence, policies)

    def cargo_of(self, shipment_id: bytes) -> CargoFacts:
        """What became of the goods; all zero but `asOf` where nothing is recorded.

        Never reverts.
        """
        return CargoFacts(*self.call("cargoOf", shipment_id).values())

    def checkpoint(self, shipment_id: bytes, location: bytes, evidence: bytes) -> Call:
        """Says where the goods are; by the custodian. It changes no fact."""
        return self.prepare("checkpoint", shipment_id, location, evidence)

    def conclude_tender(self, order: Order, policies: list[Quote]) -> Call:
        """Concludes a tender by silence: of the consignee (accepted), or of the arbiter (the
        order's default).

        By anyone.
        """
        return self.prepare("concludeTender", order, policies)

    def create(self, order: Order) -> Call:
        """Creates the shipment of an open order; its seller has custody.

        By anyone: the order says it all.
        """
        return self.prepare("create", order)

    def custodian_at(self, order: Order, legs: list[Leg], time: int) -> int:
        """Who answers for the goods at a time: the seller before they ship, the consignee after the
        second of the delivery.
        """
        found: int = self.call("custodianAt", order, legs, time)
        return found

    def customs_of(self, shipment_id: bytes) -> CustomsFacts:
        """What customs decided of a shipment; all zero but `asOf` where nothing is declared.

        Never reverts.
        """
        return CustomsFacts(*self.call("customsOf", shipment_id).values())

    def declarant_of(self, shipment_id: bytes) -> int:
        """Participant that declared a shipment last; 0 where nothing is declared. Never reverts."""
        found: int = self.call("declarantOf", shipment_id)
        return found

    def delays_of(self, order: Order, legs: list[Leg]) -> list[int]:
        """Seconds late that each answers for: the seller first, then each leg (`Liability`)."""
        found: list[int] = self.call("delaysOf", order, legs)
        return found

    def deliver(
        self, order: Order, evidence: bytes, consignee: Signature, policies: list[Quote]
    ) -> Call:
        """Records the delivery that the consignee signed.

        Signed after a tender, even a disputed one, it concedes the tender. Submitted by anyone, who
        may add the policies to be claimed at once.
        """
        return self.prepare("deliver", order, evidence, consignee, policies)

    def deliver_with_reserve(
        self,
        order: Order,
        shares: Shares,
        evidence: bytes,
        consignee: Signature,
        custodian: Signature,
        policies: list[Quote],
    ) -> Call:
        """Records a delivery with a reserve: the consignee received the goods, but shares of them
        are missing or damaged.

        That is a fact if the custodian signed the same receipt, and the consignee's claim if not
        (`custodian` zero).
        """
        return self.prepare(
            "deliverWithReserve", order, shares, evidence, consignee, custodian, policies
        )

    def delivery_digest(self, delivery: Delivery) -> bytes:
        """EIP-712 digest that the consignee signs."""
        found: bytes = self.call("deliveryDigest", delivery)
        return found

    def determine(
        self, order: Order, shares: Shares, occurred_at: int, evidence: bytes, policies: list[Quote]
    ) -> Call:
        """Determines loss or damage and when it happened, which says who answers; by the order's
        arbiter.

        Shares only grow.
        """
        return self.prepare("determine", order, shares, occurred_at, evidence, policies)

    def dispute(self, order: Order, evidence: bytes) -> Call:
        """Refuses goods: disputes a tender within its acceptance window; by the consignee."""
        return self.prepare("dispute", order, evidence)

    def domain_separator(self) -> bytes:
        """EIP-712 domain: name "Entrepot ShipmentLedger", version "1", chain and contract of the
        deployment.
        """
        found: bytes = self.call("domainSeparator")
        return found

    def facts_of(self, shipment_id: bytes) -> ShipmentFacts:
        """The facts of a shipment; all zero but `asOf` where it is unknown. Never reverts."""
        return ShipmentFacts(*self.call("factsOf", shipment_id).values())

    def hand_over(self, order: Order, terms: Terms, giver: Signature, receiver: Signature) -> Call:
        """Passes custody.

        The first handover is from the seller to the order's carrier and ships the goods. Who is to
        receive the goods takes them by `deliver` alone: as custodian it could keep them, and nobody
        else could tender.
        """
        return self.prepare("handOver", order, terms, giver, receiver)

    def handover_digest(self, handover: Handover) -> bytes:
        """EIP-712 digest that giver and receiver sign."""
        found: bytes = self.call("handoverDigest", handover)
        return found

    def load(self, order: Order, cargo: list[Cargo], watches: list[Watch]) -> Call:
        """Declares which items a shipment carries, more of them with every call, and which devices
        watch over them: at most eight watches; none leaves those of an earlier call.

        By the seller, before the carrier takes the goods. It is a change of the shipment, so
        handovers that were signed before it are no good any more.
        """
        return self.prepare("load", order, cargo, watches)

    def plan_of(self, shipment_id: bytes) -> bytes:
        """Hash of the watches over a shipment (`keccak256(abi.encode(watches))`), fixed before it
        ships.

        0 for none.
        """
        found: bytes = self.call("planOf", shipment_id)
        return found

    def reemit(self, shipment_id: bytes) -> Call:
        """Emits both snapshots again with the present time, which proves what has not happened.

        By anyone.
        """
        return self.prepare("reemit", shipment_id)

    def rule(self, order: Order, is_upheld: bool, policies: list[Quote]) -> Call:
        """Decides a disputed tender within the arbitration period; by the order's arbiter.

        Upheld, it is a delivery; rejected, the goods are in transit again.
        """
        return self.prepare("rule", order, is_upheld, policies)

    def shipment_id_of(self, order: Order) -> bytes:
        """Id of the shipment of an order."""
        found: bytes = self.call("shipmentIdOf", order)
        return found

    def tender(self, order: Order, evidence: bytes) -> Call:
        """Offers delivery with evidence; by the custodian. Opens the acceptance window."""
        return self.prepare("tender", order, evidence)

    def watch_of(self, shipment_id: bytes, watch: int) -> WatchFacts:
        """What a watch of the plan saw, counted from 0; all zero but `asOf` where nothing was
        outside.

        Never reverts.
        """
        return WatchFacts(*self.call("watchOf", shipment_id, watch).values())


class SensorLog(Contract):
    """`contracts/logistics/SensorLog.sol`."""

    def insurance(self) -> str:
        """Told when readings come with policies."""
        found: str = self.call("INSURANCE")
        return found

    def ledger(self) -> str:
        """The source of the shipments on which devices are."""
        found: str = self.call("LEDGER")
        return found

    def registry(self) -> str:
        """`REGISTRY` of the contract."""
        found: str = self.call("REGISTRY")
        return found

    def device_of(self, shipment_id: bytes, device: str) -> DeviceRecord:
        """The device's record on a shipment; all zero where it never sent anything."""
        return DeviceRecord(*self.call("deviceOf", shipment_id, device).values())

    def domain_separator(self) -> bytes:
        """EIP-712 domain: name "Entrepot SensorLog", version "1", chain and contract of the
        deployment.
        """
        found: bytes = self.call("domainSeparator")
        return found

    def readings_digest(self, readings: Readings) -> bytes:
        """EIP-712 digest that the device signs."""
        found: bytes = self.call("readingsDigest", readings)
        return found

    def record(self, readings: Readings, watches: list[Watch], signature: bytes) -> Call:
        """Records readings that a device of the plan signed."""
        return self.prepare("record", readings, watches, signature)

    def record_and_claim(
        self,
        readings: Readings,
        watches: list[Watch],
        signature: bytes,
        order: Order,
        policies: list[Quote],
    ) -> Call:
        """The same, and claims policies of the shipment's order at once."""
        return self.prepare("recordAndClaim", readings, watches, signature, order, policies)

    def reemit(self, shipment_id: bytes, watch: int) -> Call:
        """Emits what a watch saw again with the present time. By anyone."""
        return self.prepare("reemit", shipment_id, watch)

    def watch_of(self, shipment_id: bytes, watch: int) -> WatchFacts:
        """What a watch saw."""
        return WatchFacts(*self.call("watchOf", shipment_id, watch).values())


class CargoInsurance(Contract):
    """`contracts/insurance/CargoInsurance.sol`."""

    def chain_id(self) -> int:
        """`CHAIN_ID` of the contract."""
        found: int = self.call("CHAIN_ID")
        return found

    def credit(self) -> str:
        """`CREDIT` of the contract."""
        found: str = self.call("CREDIT")
        return found

    def escrow(self) -> str:
        """`ESCROW` of the contract."""
        found: str = self.call("ESCROW")
        return found

    def notes(self) -> str:
        """Says who holds the seller's claim on a noted order."""
        found: str = self.call("NOTES")
        return found

    def order_domain(self) -> bytes:
        """Domain of the escrow, in which order ids are computed."""
        found: bytes = self.call("ORDER_DOMAIN")
        return found

    def rated_source(self) -> str:
        """The source whose facts are evidence of insurers.

        what others say is evidence of nothing.
        """
        found: str = self.call("RATED_SOURCE")
        return found

    def registry(self) -> str:
        """`REGISTRY` of the contract."""
        found: str = self.call("REGISTRY")
        return found

    def authority(self) -> str:
        """`authority` of the contract."""
        found: str = self.call("authority")
        return found

    def claim(self, order: Order, quote: Quote) -> Call:
        """Pays what the facts say and ends the policy once nothing more can come.

        By anyone. A refund of the order changes nothing; an order that its parties ended pays no
        further claim. A delay that pays settles or refunds a plain order first, and asks that one
        with clauses has ended, or its parties could ship, collect and then end it.
        """
        return self.prepare("claim", order, quote)

    def covered_of(self, order_id: bytes) -> int:
        """Sum of the maxima of all policies ever taken out on an order.

        never more than its amount.
        """
        found: int = self.call("coveredOf", order_id)
        return found

    def domain_separator(self) -> bytes:
        """EIP-712 domain: name "Entrepot CargoInsurance", version "1", chain and contract of the
        deployment.
        """
        found: bytes = self.call("domainSeparator")
        return found

    def insure(
        self,
        order: Order,
        quote: Quote,
        holder_signature: bytes,
        underwriter: str,
        underwriter_signature: bytes,
    ) -> Call:
        """Buys cover.

        Submitted by anyone; holder and insurer have both signed the quote, and the holder has
        approved this contract for the premium.
        """
        return self.prepare(
            "insure", order, quote, holder_signature, underwriter, underwriter_signature
        )

    def is_consuming_scheduled_op(self) -> bytes:
        """`isConsumingScheduledOp` of the contract."""
        found: bytes = self.call("isConsumingScheduledOp")
        return found

    def is_pool_listed(self, pool: str) -> bool:
        """Whether new cover may use the pool."""
        found: bool = self.call("isPoolListed", pool)
        return found

    def is_underwriting_paused(self) -> bool:
        """Whether new cover is paused."""
        found: bool = self.call("isUnderwritingPaused")
        return found

    def list_pool(self, pool: str) -> Call:
        """Lists a pool for new cover. Only governance."""
        return self.prepare("listPool", pool)

    def pause_underwriting(self, is_paused: bool) -> Call:
        """Pauses or resumes new cover. Only governance."""
        return self.prepare("pauseUnderwriting", is_paused)

    def policy_id_of(self, quote: Quote) -> bytes:
        """Id of a policy: its quote's EIP-712 digest in this contract's domain."""
        found: bytes = self.call("policyIdOf", quote)
        return found

    def record_of(self, policy_id: bytes) -> PolicyRecord:
        """The record of a policy; all zero where there is none."""
        return PolicyRecord(*self.call("recordOf", policy_id).values())

    def reserve(self, order: Order, quote: Quote) -> Call:
        """Reserves in the pool what an overdue shipment costs by now, so that nobody leaves the
        pool ahead of a loss that all can see.

        By anyone.
        """
        return self.prepare("reserve", order, quote)

    def set_authority(self, new_authority: str) -> Call:
        """`setAuthority` of the contract."""
        return self.prepare("setAuthority", new_authority)

    def unlist_pool(self, pool: str) -> Call:
        """Unlists a pool for new cover. Only governance."""
        return self.prepare("unlistPool", pool)


class CarrierBond(Contract):
    """`contracts/insurance/CarrierBond.sol`."""

    def insurance(self) -> str:
        """`INSURANCE` of the contract."""
        found: str = self.call("INSURANCE")
        return found

    def notice(self) -> int:
        """How long a bond that was asked back still answers."""
        found: int = self.call("NOTICE")
        return found

    def order_domain(self) -> bytes:
        """Domain of the escrow, in which order ids are computed."""
        found: bytes = self.call("ORDER_DOMAIN")
        return found

    def registry(self) -> str:
        """`REGISTRY` of the contract."""
        found: str = self.call("REGISTRY")
        return found

    def source(self) -> str:
        """`SOURCE` of the contract."""
        found: str = self.call("SOURCE")
        return found

    def answered_of(self, shipment_id: bytes, leg: int) -> int:
        """What a leg of a shipment has answered for so far."""
        found: int = self.call("answeredOf", shipment_id, leg)
        return found

    def bond_of(self, participant_id: int, token: str) -> Bond:
        """A participant's bond in a token."""
        return Bond(*self.call("bondOf", participant_id, token).values())

    def deposit(self, participant_id: int, token: str, amount: int) -> Call:
        """Adds to a participant's bond; by anyone who has approved this contract."""
        return self.prepare("deposit", participant_id, token, amount)

    def recovered_of(self, policy_id: bytes) -> int:
        """What was recovered of a policy, in its order's token."""
        found: int = self.call("recoveredOf", policy_id)
        return found

    def request_withdrawal(self, participant_id: int, token: str, amount: int) -> Call:
        """Asks for a part of a bond back; by the participant's root. It leaves after 60 days."""
        return self.prepare("requestWithdrawal", participant_id, token, amount)

    def subrogate(self, order: Order, quote: Quote, cause: int, legs: list[Leg]) -> Call:
        """Recovers what a policy paid for a cause, into its pool.

        By anyone, and again when more can be had.
        """
        return self.prepare("subrogate", order, quote, cause, legs)

    def withdraw(self, participant_id: int, token: str, to: str) -> Call:
        """Takes what was asked back and is still there; by the participant's root."""
        return self.prepare("withdraw", participant_id, token, to)


class InsurancePool(Contract):
    """`contracts/insurance/InsurancePool.sol`."""

    def commission_bps(self) -> int:
        """The insurer's part of every earned premium, for first loss, in basis points."""
        found: int = self.call("COMMISSION_BPS")
        return found

    def epoch(self) -> int:
        """Length of an epoch of exits."""
        found: int = self.call("EPOCH")
        return found

    def exit_window(self) -> int:
        """How long a matured request is good."""
        found: int = self.call("EXIT_WINDOW")
        return found

    def insurer_id(self) -> int:
        """Participant whose pool this is."""
        found: int = self.call("INSURER_ID")
        return found

    def registry(self) -> str:
        """`REGISTRY` of the contract."""
        found: str = self.call("REGISTRY")
        return found

    def reinsurer(self) -> str:
        """The pool that bears what is above the retention, 0 for none.

        Its underwriter is this pool.
        """
        found: str = self.call("REINSURER")
        return found

    def retention(self) -> int:
        """The most that this pool bears of one policy; without a reinsurer, the largest number."""
        found: int = self.call("RETENTION")
        return found

    def underwriter(self) -> str:
        """The insurance that may lock and pay, or the pool that this one reinsures."""
        found: str = self.call("UNDERWRITER")
        return found

    def vesting(self) -> int:
        """How long income takes to reach the price of a share."""
        found: int = self.call("VESTING")
        return found

    def allowance(self, owner: str, spender: str) -> int:
        """`allowance` of the contract."""
        found: int = self.call("allowance", owner, spender)
        return found

    def approve(self, spender: str, value: int) -> Call:
        """`approve` of the contract."""
        return self.prepare("approve", spender, value)

    def asset(self) -> str:
        """`asset` of the contract."""
        found: str = self.call("asset")
        return found

    def balance_of(self, account: str) -> int:
        """`balanceOf` of the contract."""
        found: int = self.call("balanceOf", account)
        return found

    def books(self) -> PoolBooks:
        """The pool's books."""
        return PoolBooks(*self.call("books").values())

    def cancel_exit(self) -> Call:
        """Gives the caller all shares back that are on their way out, be they waiting, matured or
        lapsed.
        """
        return self.prepare("cancelExit")

    def convert_to_assets(self, shares: int) -> int:
        """`convertToAssets` of the contract."""
        found: int = self.call("convertToAssets", shares)
        return found

    def convert_to_shares(self, assets: int) -> int:
        """`convertToShares` of the contract."""
        found: int = self.call("convertToShares", assets)
        return found

    def decimals(self) -> int:
        """`decimals` of the contract."""
        found: int = self.call("decimals")
        return found

    def deferred_of(self, payee: str) -> int:
        """What waits for `payee` to withdraw."""
        found: int = self.call("deferredOf", payee)
        return found

    def deposit(self, assets: int, receiver: str) -> Call:
        """`deposit` of the contract."""
        return self.prepare("deposit", assets, receiver)

    def deposit_first_loss(self, amount: int) -> Call:
        """Adds first-loss capital; by anyone, for the insurer."""
        return self.prepare("depositFirstLoss", amount)

    def exit_of(self, owner: str) -> ExitRequest:
        """Shares of `owner` on their way out."""
        return ExitRequest(*self.call("exitOf", owner).values())

    def lock(self, maximum: int, premium: int) -> Call:
        """Locks a policy's maximum and takes over its premium, which has arrived.

        Only the insurance. Reverts where this pool or its reinsurer is short of capital.
        """
        return self.prepare("lock", maximum, premium)

    def max_deposit(self, argument_0: str) -> int:
        """`maxDeposit` of the contract."""
        found: int = self.call("maxDeposit", argument_0)
        return found

    def max_mint(self, argument_0: str) -> int:
        """`maxMint` of the contract."""
        found: int = self.call("maxMint", argument_0)
        return found

    def max_redeem(self, owner: str) -> int:
        """Matured shares of `owner`, as far as their assets are not locked."""
        found: int = self.call("maxRedeem", owner)
        return found

    def max_withdraw(self, owner: str) -> int:
        """Assets of matured shares of `owner`, as far as they are not locked."""
        found: int = self.call("maxWithdraw", owner)
        return found

    def mint(self, shares: int, receiver: str) -> Call:
        """`mint` of the contract."""
        return self.prepare("mint", shares, receiver)

    def name(self) -> str:
        """`name` of the contract."""
        found: str = self.call("name")
        return found

    def pay(self, maximum: int, paid: int, payee: str, amount: int) -> Call:
        """Pays a part of a policy that goes on. Only the insurance."""
        return self.prepare("pay", maximum, paid, payee, amount)

    def preview_deposit(self, assets: int) -> int:
        """Shares for a deposit, at a price that leaves the reserves out."""
        found: int = self.call("previewDeposit", assets)
        return found

    def preview_mint(self, shares: int) -> int:
        """Assets for an exact number of new shares, at a price that leaves the reserves out."""
        found: int = self.call("previewMint", shares)
        return found

    def preview_redeem(self, shares: int) -> int:
        """`previewRedeem` of the contract."""
        found: int = self.call("previewRedeem", shares)
        return found

    def preview_withdraw(self, assets: int) -> int:
        """`previewWithdraw` of the contract."""
        found: int = self.call("previewWithdraw", assets)
        return found

    def recover(self, amount: int) -> Call:
        """Brings money that was recovered from whoever was liable, as income without commission; by
        anyone, from the caller, and exactly `amount` must arrive.

        It is not shared with the reinsurer, to which the part that is due to it can be brought in
        the same way.
        """
        return self.prepare("recover", amount)

    def redeem(self, shares: int, receiver: str, owner: str) -> Call:
        """`redeem` of the contract."""
        return self.prepare("redeem", shares, receiver, owner)

    def release(self, maximum: int, paid: int, premium: int, payee: str, amount: int) -> Call:
        """Last payment, which may be 0, and end of a policy: what is left of its maximum is freed
        and its premium is earned.

        Only the insurance.
        """
        return self.prepare("release", maximum, paid, premium, payee, amount)

    def request_exit(self, shares: int) -> Call:
        """Puts the caller's shares on their way out.

        A further request adds to the first and starts its wait again.
        """
        return self.prepare("requestExit", shares)

    def reserve(self, paid_before: int, previous: int, paid: int, current: int) -> Call:
        """Moves what the insurance expects to have paid of one policy in the end; the pool reserves
        what is above what it paid.

        Only the insurance, which moves it before it pays, in the same transaction, so that the
        price does not fall twice.
        """
        return self.prepare("reserve", paid_before, previous, paid, current)

    def symbol(self) -> str:
        """`symbol` of the contract."""
        found: str = self.call("symbol")
        return found

    def total_assets(self) -> int:
        """Shareholders' assets: capital less income that has not vested, less first loss or, where
        those are more, the reserves.
        """
        found: int = self.call("totalAssets")
        return found

    def total_supply(self) -> int:
        """`totalSupply` of the contract."""
        found: int = self.call("totalSupply")
        return found

    def transfer(self, to: str, value: int) -> Call:
        """`transfer` of the contract."""
        return self.prepare("transfer", to, value)

    def transfer_from(self, from_: str, to: str, value: int) -> Call:
        """`transferFrom` of the contract."""
        return self.prepare("transferFrom", from_, to, value)

    def unlock(self, maximum: int, premium: int, payee: str) -> Call:
        """Ends a policy of which nothing was paid as if it had never been: the premium goes back to
        `payee`.

        Only the insurance.
        """
        return self.prepare("unlock", maximum, premium, payee)

    def withdraw(self, assets: int, receiver: str, owner: str) -> Call:
        """`withdraw` of the contract."""
        return self.prepare("withdraw", assets, receiver, owner)

    def withdraw_deferred(self, to: str) -> Call:
        """Sends what could not be pushed to the caller."""
        return self.prepare("withdrawDeferred", to)

    def withdraw_first_loss(self, amount: int, to: str) -> Call:
        """Takes first-loss capital out while no policy is active; by a key of the insurer."""
        return self.prepare("withdrawFirstLoss", amount, to)


class TestDollar(Contract):
    """`contracts/testing/TestDollar.sol`."""

    def domain_separator(self) -> bytes:
        """`DOMAIN_SEPARATOR` of the contract."""
        found: bytes = self.call("DOMAIN_SEPARATOR")
        return found

    def allowance(self, owner: str, spender: str) -> int:
        """`allowance` of the contract."""
        found: int = self.call("allowance", owner, spender)
        return found

    def approve(self, spender: str, value: int) -> Call:
        """`approve` of the contract."""
        return self.prepare("approve", spender, value)

    def balance_of(self, account: str) -> int:
        """`balanceOf` of the contract."""
        found: int = self.call("balanceOf", account)
        return found

    def decimals(self) -> int:
        """`decimals` of the contract."""
        found: int = self.call("decimals")
        return found

    def eip712_domain(self) -> tuple[bytes, str, str, int, str, bytes, list[int]]:
        """`eip712Domain` of the contract."""
        found: tuple[bytes, str, str, int, str, bytes, list[int]] = self.call("eip712Domain")
        return found

    def mint(self, to: str, amount: int) -> Call:
        """Mints `amount` (1e-6 dollars) to `to`."""
        return self.prepare("mint", to, amount)

    def name(self) -> str:
        """`name` of the contract."""
        found: str = self.call("name")
        return found

    def nonces(self, owner: str) -> int:
        """`nonces` of the contract."""
        found: int = self.call("nonces", owner)
        return found

    def permit(
        self, owner: str, spender: str, value: int, deadline: int, v: int, r: bytes, s: bytes
    ) -> Call:
        """`permit` of the contract."""
        return self.prepare("permit", owner, spender, value, deadline, v, r, s)

    def symbol(self) -> str:
        """`symbol` of the contract."""
        found: str = self.call("symbol")
        return found

    def total_supply(self) -> int:
        """`totalSupply` of the contract."""
        found: int = self.call("totalSupply")
        return found

    def transfer(self, to: str, value: int) -> Call:
        """`transfer` of the contract."""
        return self.prepare("transfer", to, value)

    def transfer_from(self, from_: str, to: str, value: int) -> Call:
        """`transferFrom` of the contract."""
        return self.prepare("transferFrom", from_, to, value)
