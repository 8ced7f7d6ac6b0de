"""The verbs of a trade on chain: what each party signs, and the transactions that anyone may send
with it.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from entrepot.core import labels
from entrepot.core.credit import SETTLING
from entrepot.core.keys import root_of
from entrepot.core.messages import (
    Clauses,
    Consent,
    Delivery,
    Handover,
    Order,
    Permit,
    Quote,
    contract_domain,
    shipment_id,
)
from entrepot.core.roles import Function, Role, mask
from entrepot.core.shipments import BPS_PER_DAY, CAP_BPS, DAY, GRACE_DAYS, Shipment
from entrepot.core.signing import Key, keccak
from entrepot.network.bindings import Batch, Leg, Signature, Terms
from entrepot.network.node import Request
from entrepot.services.deploy import INSURER_ID, Enrolment, World, enrol

_NOTHING = bytes(32)
_SERIAL = labels.code("1")
_FIRST_ID = 2
_INVESTOR = 999_999
_UNLIMITED = 2**256 - 1
_NEVER = 2**40 - 1
_ETHER = 10**18

WINDOW = 5 * DAY
"""Acceptance window and arbitration period of trades whose course needs them, in seconds."""


class Course(Enum):
    """How a trade goes once the goods are with the carrier."""

    SIGNED = "delivered against the consignee's signature"
    SILENT = "tendered; the consignee stays silent"
    UPHELD = "tendered and disputed; the arbiter upholds the tender"
    REJECTED = "tendered and disputed; the arbiter rejects the tender"
    CANCELLED = "cancelled by both sides before it ships"


@dataclass(frozen=True, slots=True)
class Trade:
    """A shipment and the course that it takes. `number` is its own, from 1."""

    number: int
    shipment: Shipment
    course: Course = Course.SIGNED

    @property
    def lot(self) -> bytes:
        """The batch that the order's goods are: one consignment, one label."""
        return labels.code(f"S{self.number:07d}")


@dataclass(slots=True)
class Parties:
    """Participants by role and name, numbered in order of appearance."""

    ids: dict[tuple[Role, str], int] = field(default_factory=dict)

    def id_of(self, role: Role, name: str) -> int:
        """Id of the participant, a new one where it has not been seen."""
        return self.ids.setdefault((role, name), _FIRST_ID + len(self.ids))

    def names(self) -> dict[int, str]:
        """Names by id. They are kept off chain."""
        return {number: name for (_, name), number in self.ids.items()}

    def enrolments(self) -> list[Enrolment]:
        """What governance registers: every party with its role, and a function key for its daily
        work.
        """
        return [Enrolment(number, *_PROFILES[role]) for (role, _), number in self.ids.items()]


_PROFILES = {
    Role.BUYER: (mask(Role.BUYER), mask(Function.RECEIVE)),
    Role.SELLER: (
        mask(Role.PRODUCER, Role.SELLER),
        mask(Function.LABEL, Function.HANDOVER),
    ),
    Role.CARRIER: (mask(Role.CARRIER), mask(Function.HANDOVER)),
    Role.ARBITER: (mask(Role.ARBITER), mask(Function.ARBITRATE)),
}


class Desk:
    """Prepares and sends the transactions of trades in a world.

    Every signature is made by the key that would make it: roots buy, sell and hold cover, function
    keys label, hand over, receive, underwrite and arbitrate.
    """

    def __init__(self, world: World, trades: Sequence[Trade]) -> None:
        self.world = world
        self.trades = trades
        self.parties = Parties()
        addresses = world.deployment.contracts
        chain_id = world.deployment.chain_id
        self._token = addresses["TestDollar"].address
        self._pool = addresses["InsurancePool"].address
        self._source = addresses["ShipmentLedger"].address
        self._spenders = addresses["TradeEscrow"].address, addresses["CargoInsurance"].address
        self._order_domain, self._custody_domain, self._cover_domain = (
            contract_domain(f"Entrepot {name}", chain_id, addresses[name].address)
            for name in ("TradeEscrow", "ShipmentLedger", "CargoInsurance")
        )
        self._token_domain = contract_domain("Test Dollar", chain_id, self._token)
        self._labels_secret = root_of("Entrepot public devnet labels").secret
        self._orders: dict[int, Order] = {}
        self._quotes: dict[int, Quote] = {}
        self._lines: dict[tuple[int, str], int] = {}
        for trade in trades:
            self._ids(trade)
        self._arbiter = self.parties.id_of(Role.ARBITER, "Arbiter")

    def prepare(self, timestamp: int) -> None:
        """Registers everybody, hands out the money that the trades need and puts capital into the
        insurer's pool.

        Mines two blocks, the first at `timestamp`, seconds UTC.
        """
        enrol(self.world, self.parties.enrolments())
        self._give_gas()
        needs: Counter[int] = Counter()
        for trade in self.trades:
            buyer_id, *_ = self._ids(trade)
            needs[buyer_id] += trade.shipment.value_units + trade.shipment.premium_units
        for buyer_id, units in needs.items():
            self._fund(self.world.wallet.key(buyer_id), units, self._spenders)
        insurer, investor = self.world.wallet.key(INSURER_ID), self.world.wallet.key(_INVESTOR)
        capital = sum(
            _maximum(trade.shipment) for trade in self.trades if trade.shipment.is_insured
        )
        first_loss = capital // 4
        if capital:
            self._fund(insurer, first_loss, [self._pool])
            self._fund(investor, capital - first_loss, [self._pool])
        self.world.pipeline.mine(timestamp)
        if capital:
            self.world.send(self.world.pool.deposit_first_loss(first_loss), gas=200_000, by=insurer)
            shares = capital - first_loss, investor.address
            self.world.send(self.world.pool.deposit(*shares), gas=200_000, by=investor)
        self.world.pipeline.mine(timestamp + 1)

    def steps(self, trade: Trade) -> Iterator[tuple[int, Callable[[Trade], None]]]:
        """What happens in a trade and when, seconds UTC, in order."""
        shipment = trade.shipment
        yield shipment.funded_at, self.label
        yield shipment.funded_at, self.open
        if trade.course is Course.CANCELLED:
            yield shipment.shipped_at, self.cancel
            yield shipment.shipped_at + 1, self.claim
            return
        yield shipment.shipped_at, self.ship
        arrival = shipment.delivered_at
        lapse = max(shipment.refund_after, shipment.shipped_at) + 1
        if not shipment.is_released:
            yield lapse, self.refund
            yield lapse, self.claim
        decided = arrival
        match trade.course:
            case Course.SIGNED:
                yield arrival, self.deliver
            case Course.SILENT:
                decided = arrival + WINDOW + 1
                yield arrival, self.tender
                yield decided, self.conclude
            case _:
                decided = arrival + 2 * DAY
                yield arrival, self.tender
                yield arrival + DAY, self.dispute
                yield decided, self.rule
        ended = decided if shipment.is_released else lapse
        if trade.course is Course.REJECTED and shipment.is_released:
            ended = max(lapse, decided + 1)
            yield ended, self.refund
            yield ended, self.claim
        rated = ended + SETTLING
        if arrival <= rated:
            rated = max(rated, arrival + SETTLING, decided + 1)
        yield rated, self.rate

    def timeline(self) -> list[tuple[int, Callable[[Trade], None], Trade]]:
        """All steps of all trades, in order of time.

        Journeys that are over are rated in the next block that is mined for something else: a block
        costs a devnet more than what is in it.
        """
        steps: list[tuple[int, Callable[[Trade], None], Trade]] = []
        over: list[tuple[int, Callable[[Trade], None], Trade]] = []
        for trade in self.trades:
            for at, step in self.steps(trade):
                is_over = step == self.rate and trade.shipment.is_released
                (over if is_over else steps).append((at, step, trade))
        times = sorted({at for at, _, _ in steps})
        last = max((at for at, _, _ in over), default=0)
        for at, step, trade in over:
            place = bisect_left(times, at)
            steps.append((times[place] if place < len(times) else last, step, trade))
        return sorted(steps, key=lambda each: each[0])

    def label(self, trade: Trade) -> None:
        """Commits the batch of the trade's goods, and registers their product line where that is
        new.
        """
        _, seller_id, _ = self._ids(trade)
        producer = self.world.function_key(seller_id)
        product = (seller_id, trade.shipment.product)
        gtin = self._lines.get(product)
        if gtin is None:
            number = len(self._lines) + 1
            gtin = labels.gtin_of(f"{labels.RESTRICTED_PREFIX}{number:011d}")
            self._lines[product] = gtin
            commitment = keccak(trade.shipment.product.encode())
            self.world.send(
                self.world.labels.register_line(gtin, commitment), gas=100_000, by=producer
            )
        batch = Batch(root=self._goods(trade), size=1, expires_at=0)
        self.world.send(
            self.world.labels.commit_batch(gtin, trade.lot, batch), gas=100_000, by=producer
        )

    def open(self, trade: Trade) -> None:
        """Opens and funds the order, and buys its cover; both sides have signed."""
        buyer, seller = self._principals(trade)
        order = self._order(trade)
        signatures = order.sign(buyer, self._order_domain), order.sign(seller, self._order_domain)
        self.world.send(self.world.escrow.open(order, *signatures), gas=250_000)
        if trade.shipment.is_insured:
            quote = self._quote(trade)
            underwriter = self.world.function_key(INSURER_ID)
            self.world.send(
                self.world.insurance.insure(
                    order,
                    quote,
                    quote.sign(buyer, self._cover_domain),
                    underwriter.address,
                    quote.sign(underwriter, self._cover_domain),
                ),
                gas=300_000,
            )

    def ship(self, trade: Trade) -> None:
        """Creates the shipment and hands it over from the seller to the carrier."""
        order = self._order(trade)
        _, seller_id, carrier_id = self._ids(trade)
        self.world.send(self.world.ledger.create(order), gas=150_000)
        handover = Handover(self._shipment_id(order), 1, seller_id, carrier_id)
        giver, receiver = self.world.function_key(seller_id), self.world.function_key(carrier_id)
        self.world.send(
            self.world.ledger.hand_over(
                order,
                Terms(*handover.terms),
                Signature(giver.address, handover.sign(giver, self._custody_domain)),
                Signature(receiver.address, handover.sign(receiver, self._custody_domain)),
            ),
            gas=200_000,
        )

    def deliver(self, trade: Trade) -> None:
        """Records the delivery that the consignee signs.

        The order settles and the policy pays in the same call.
        """
        order = self._order(trade)
        buyer_id, *_ = self._ids(trade)
        delivery = Delivery(self._shipment_id(order), 2, _NOTHING)
        consignee = self.world.function_key(buyer_id)
        self.world.send(
            self.world.ledger.deliver(
                order,
                _NOTHING,
                Signature(consignee.address, delivery.sign(consignee, self._custody_domain)),
                self._policies(trade),
            ),
            gas=900_000,
        )

    def tender(self, trade: Trade) -> None:
        """Offers delivery; by the carrier."""
        carrier = self.world.function_key(self._ids(trade)[2])
        order = self._order(trade)
        self.world.send(self.world.ledger.tender(order, _NOTHING), gas=150_000, by=carrier)

    def dispute(self, trade: Trade) -> None:
        """Disputes the tender; by the consignee."""
        consignee = self.world.function_key(self._ids(trade)[0])
        order = self._order(trade)
        self.world.send(self.world.ledger.dispute(order, _NOTHING), gas=150_000, by=consignee)

    def rule(self, trade: Trade) -> None:
        """Decides the disputed tender; by the arbiter."""
        arbiter = self.world.function_key(self._arbiter)
        is_upheld = trade.course is Course.UPHELD
        self.world.send(
            self.world.ledger.rule(self._order(trade), is_upheld, self._policies(trade)),
            gas=900_000,
            by=arbiter,
        )

    def conclude(self, trade: Trade) -> None:
        """Turns silence after the tender into acceptance; by anyone."""
        self.world.send(
            self.world.ledger.conclude_tender(self._order(trade), self._policies(trade)),
            gas=900_000,
        )

    def cancel(self, trade: Trade) -> None:
        """Ends the order by consent of both sides."""
        order = self._order(trade)
        consent = Consent(order.digest(self._order_domain), 0, _NEVER)
        signatures = (consent.sign(key, self._order_domain) for key in self._principals(trade))
        self.world.send(
            self.world.escrow.agree(order, Clauses(), 0, _NEVER, *signatures), gas=250_000
        )

    def refund(self, trade: Trade) -> None:
        """Returns the money of an order that missed its deadline; by anyone."""
        self.world.send(self.world.escrow.refund(self._order(trade)), gas=300_000)

    def claim(self, trade: Trade) -> None:
        """Decides the policy of an order that was not delivered, or not shipped, in time.

        By anyone.
        """
        if trade.shipment.is_insured:
            self.world.send(
                self.world.insurance.claim(self._order(trade), self._quote(trade)), gas=600_000
            )

    def rate(self, trade: Trade) -> None:
        """Rates the carrier by the journey; by anyone."""
        order = self._order(trade)
        leg = Leg(order.carrier_id, trade.shipment.shipped_at, due_by=0, liability=0)
        self.world.send(self.world.credit.rate_journey(order, [leg]), gas=400_000)

    def _order(self, trade: Trade) -> Order:
        if trade.number not in self._orders:
            shipment = trade.shipment
            buyer_id, seller_id, carrier_id = self._ids(trade)
            buyer, seller = self._principals(trade)
            is_plain = trade.course is Course.SIGNED
            self._orders[trade.number] = Order(
                token=self._token,
                amount=shipment.value_units,
                buyer=buyer.address,
                seller=seller.address,
                buyer_id=buyer_id,
                seller_id=seller_id,
                carrier_id=carrier_id,
                consignee_id=buyer_id,
                arbiter_id=0 if is_plain else self._arbiter,
                source=self._source,
                open_by=shipment.funded_at,
                ship_by=shipment.shipped_at,
                deliver_by=shipment.deliver_by,
                refund_after=shipment.refund_after,
                acceptance_window=0 if is_plain else WINDOW,
                arbitration_period=0 if is_plain else WINDOW,
                uphold_by_default=False,
                goods=self._goods(trade),
                salt=keccak(shipment.row_id.encode()),
            )
        return self._orders[trade.number]

    def _quote(self, trade: Trade) -> Quote:
        if trade.number not in self._quotes:
            shipment = trade.shipment
            order = self._order(trade)
            self._quotes[trade.number] = Quote(
                order_id=order.digest(self._order_domain),
                holder=order.buyer,
                pool=self._pool,
                insurer_id=INSURER_ID,
                premium=shipment.premium_units,
                maximum=_maximum(shipment),
                grace_days=GRACE_DAYS,
                bps_per_day=BPS_PER_DAY,
                cap_bps=CAP_BPS,
                valid_until=shipment.shipped_at,
                salt=order.salt,
            )
        return self._quotes[trade.number]

    def _policies(self, trade: Trade) -> list[Quote]:
        """Policies that a delivery decides: those of a late one are decided before it."""
        is_decided = not trade.shipment.is_insured or not trade.shipment.is_released
        return [] if is_decided else [self._quote(trade)]

    def _goods(self, trade: Trade) -> bytes:
        """The label of the consignment: a batch of one item, whose leaf is the root."""
        _, seller_id, _ = self._ids(trade)
        gtin = self._lines[seller_id, trade.shipment.product]
        key = labels.item_key(self._labels_secret, gtin, trade.lot, _SERIAL)
        return labels.leaf(gtin, trade.lot, _SERIAL, key.raw_address, 0)

    def _shipment_id(self, order: Order) -> bytes:
        return shipment_id(order.digest(self._order_domain), self._source)

    def _ids(self, trade: Trade) -> tuple[int, int, int]:
        shipment = trade.shipment
        return (
            self.parties.id_of(Role.BUYER, shipment.buyer),
            self.parties.id_of(Role.SELLER, shipment.seller),
            self.parties.id_of(Role.CARRIER, shipment.carrier),
        )

    def _principals(self, trade: Trade) -> tuple[Key, Key]:
        buyer_id, seller_id, _ = self._ids(trade)
        return self.world.wallet.key(buyer_id), self.world.wallet.key(seller_id)

    def _fund(self, owner: Key, units: int, spenders: Sequence[str]) -> None:
        """Mints test dollars for an account and has it permit the spenders to take them."""
        self.world.send(self.world.dollar.mint(owner.address, units), gas=100_000)
        for nonce, spender in enumerate(spenders):
            permit = Permit(owner.address, spender, _UNLIMITED, nonce, _UNLIMITED)
            signature = permit.sign(owner, self._token_domain)
            v, r, s = signature[64], signature[:32], signature[32:64]
            terms = owner.address, spender, _UNLIMITED, _UNLIMITED
            self.world.send(self.world.dollar.permit(*terms, v, r, s), gas=150_000)

    def _give_gas(self) -> None:
        """Ether for everybody who sends a transaction of its own, where gas is not free."""
        senders = [self.world.wallet.key(INSURER_ID), self.world.wallet.key(_INVESTOR)]
        senders += [self.world.function_key(number) for number in self.parties.ids.values()]
        self.world.pipeline.node.batch(
            [Request("anvil_setBalance", (key.address, hex(1_000 * _ETHER))) for key in senders]
        )


def _maximum(shipment: Shipment) -> int:
    """What the schedule can pay at most, in token units."""
    return shipment.value_units * CAP_BPS // 10_000
