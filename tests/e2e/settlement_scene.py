"""Orders with clauses, notes and customs, played on a devnet to every kind of end."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from entrepot.core.credit import SETTLING
from entrepot.core.messages import (
    ZERO_ADDRESS,
    Clauses,
    Consent,
    Delivery,
    Handover,
    Offer,
    Order,
    Payee,
    contract_domain,
    shipment_id,
)
from entrepot.core.roles import Function, Role, mask
from entrepot.core.settlement import WHOLE
from entrepot.core.shipments import DAY
from entrepot.core.signing import Key, keccak
from entrepot.network.bindings import (
    Cargo,
    CustomsDesk,
    Declaration,
    Leg,
    ReceivableNote,
    Signature,
    Terms,
)
from entrepot.network.contracts import Call
from entrepot.services.books.entries import Finding, Inspection
from entrepot.services.deploy import Enrolment, World, enrol

SELLER, BUYER, CARRIER, CUSTOMS, INSPECTOR, BANK, ARBITER, BROKER = range(20_001, 20_009)
PARTIES = {
    SELLER: (mask(Role.SELLER), mask(Function.HANDOVER, Function.DECLARE)),
    BUYER: (mask(Role.BUYER), mask(Function.RECEIVE)),
    CARRIER: (mask(Role.CARRIER), mask(Function.HANDOVER)),
    CUSTOMS: (mask(Role.CUSTOMS_AUTHORITY), mask(Function.CLEAR)),
    INSPECTOR: (mask(Role.INSPECTOR), mask(Function.INSPECT)),
    BANK: (mask(Role.BANK), 0),
    ARBITER: (mask(Role.ARBITER), mask(Function.ARBITRATE)),
    BROKER: (mask(Role.CUSTOMS_BROKER), mask(Function.DECLARE)),
}
AMOUNT = 1_000
"""Of every order: so little that no cent of a run's summary changes."""
SECOND_HOLDER, TREASURY = 20_100, 20_101
ADDED = {"orders": 7, "released": 2, "refunded": 2, "cancelled": 1, "participants": len(PARTIES)}
"""What the scene adds to the figures of a run; one order is divided by its arbiter, one stays."""
NOTHING = bytes(32)
_NEVER = 2**40 - 1
_GAS = 1_000_000
_ETHER = 10**18


@dataclass(frozen=True, slots=True)
class Deal:
    """An order and its clauses."""

    order: Order
    clauses: Clauses
    id: bytes

    @property
    def shipment(self) -> bytes:
        return shipment_id(self.id, self.order.source)


class SettlementScene:
    """Seven orders: concluded, accepted, refused by customs, conceded, agreed, arbitrated, open.

    `labelled`: number of a product line and a lot of it, loaded on what goes through customs.
    """

    def __init__(self, world: World, labelled: tuple[int, bytes] | None = None) -> None:
        node, deployment = world.pipeline.node, world.deployment
        self.world = world
        self.notes = deployment.bind(node, ReceivableNote)
        self.desk = deployment.bind(node, CustomsDesk)
        self.at = {name: each.address for name, each in deployment.contracts.items()}
        self.domains = {
            name: contract_domain(f"Entrepot {name}", deployment.chain_id, self.at[name])
            for name in ("TradeEscrow", "ReceivableNote", "ShipmentLedger")
        }
        self.now = node.time()
        self.labelled = labelled
        self.deals: dict[str, Deal] = {}

    def play(self) -> None:
        """Plays it all."""
        self.world.pipeline.node.set_clock(self.now)
        enrol(self.world, [Enrolment(number, *PARTIES[number]) for number in PARTIES])
        for owner, spender in ((BUYER, "TradeEscrow"), (BANK, "ReceivableNote")):
            self._send(self.world.dollar.mint(self._root(owner).address, 10 * AMOUNT))
            approval = self.world.dollar.approve(self.at[spender], 10 * AMOUNT)
            self._send(approval, self._root(owner))
        self._mine()
        for name, is_native in (
            ("concluded", False), ("accepted", False), ("refused", True), ("conceded", True),
            ("agreed", False), ("arbitrated", True), ("open", True),
        ):  # fmt: skip
            self._open(name, is_native)
        self._mine()
        self._sell_notes()
        for name in ("concluded", "accepted", "refused", "arbitrated", "open"):
            self._ship(self.deals[name])
        self._mine()
        for name in ("concluded", "open"):
            deal = self.deals[name]
            self._send(self.world.escrow.advance(deal.order, deal.clauses))
        self._clear()
        self._end_by_consent("agreed", 4_000, BUYER, SELLER)
        self._end_by_consent("conceded", 0, SELLER)
        self._mine()
        for name in ("concluded", "accepted", "arbitrated"):
            self._deliver(self.deals[name])
        self._mine()
        contested = self.deals["arbitrated"]
        contest = self.world.escrow.contest(contested.order, contested.clauses, keccak(b"broken"))
        self._send(contest, self._root(BUYER))
        self._end_by_consent("accepted", WHOLE, BUYER)
        self._mine()
        ruling = self.world.escrow.arbitrate(contested.order, contested.clauses, 3_000)
        self._send(ruling, self.world.function_key(ARBITER))
        self._mine(6 * DAY)
        ending = [self.deals[name] for name in ("concluded", "refused", "open")]
        orders, clauses = [each.order for each in ending], [each.clauses for each in ending]
        self._send(self.world.escrow.conclude_many(orders, clauses))
        self._mine()
        for name in ("concluded", "arbitrated"):
            self._send(self.notes.divide_bond(self.deals[name].order))
        rated = [self.deals[name] for name in ("concluded", "accepted", "refused", "arbitrated")]
        self._mine(max(deal.order.refund_after for deal in rated) - self.now + SETTLING)
        for deal in rated:
            self._rate(deal)
        self._mine()

    def _mine(self, wait: int = 1) -> None:
        for seconds in (1, wait):
            self.now += seconds
            self.world.pipeline.mine(self.now)
        self.world.pipeline.check()

    def _send(self, call: Call, by: Key | None = None, wei: int = 0) -> None:
        self.world.send(replace(call, value_wei=wei), gas=_GAS, by=by)

    def _root(self, participant: int) -> Key:
        return self.world.wallet.key(participant)

    def _open(self, name: str, is_native: bool) -> None:
        """The second payee is a contract that takes no coin."""
        freight = Payee(self._root(CARRIER).address, 200), Payee(self.at["TestDollar"], 50)
        is_cleared = name in ("concluded", "refused")
        clauses = Clauses(
            conditions=0b1111 if is_cleared else 0b1101,
            inspection_window=5 * DAY,
            on_shipped=2_000,
            on_cleared=1_000 if is_cleared else 0,
            on_delivered=500,
            customs_id=CUSTOMS if is_cleared else 0,
            inspector_id=INSPECTOR if is_cleared else 0,
            broker_id=BROKER if is_cleared else 0,
            treasury=self._root(TREASURY).address,
            duty_cap=100 if is_cleared else 0,
            appeal_period=DAY if is_cleared else 0,
            price_token=self.at["TestDollar"],
            price=2 * AMOUNT,
            rate=_ETHER // 2,
            rate_until=self.now + DAY,
            payees=freight,
        )
        order = Order(
            token=ZERO_ADDRESS if is_native else self.at["TestDollar"],
            amount=AMOUNT,
            buyer=self._root(BUYER).address,
            seller=self._root(SELLER).address,
            buyer_id=BUYER,
            seller_id=SELLER,
            carrier_id=CARRIER,
            consignee_id=BUYER,
            arbiter_id=ARBITER,
            source=self.at["ShipmentLedger"],
            open_by=self.now + DAY,
            ship_by=self.now + 10 * DAY,
            deliver_by=self.now + 20 * DAY,
            refund_after=self.now + 30 * DAY,
            acceptance_window=5 * DAY,
            arbitration_period=5 * DAY,
            uphold_by_default=False,
            goods=keccak(b"goods"),
            salt=keccak(name.encode()),
            clauses=clauses.struct_hash(),
        )
        domain = self.domains["TradeEscrow"]
        signatures = (order.sign(self._root(each), domain) for each in (BUYER, SELLER))
        opening = self.world.escrow.open_with_clauses(order, clauses, *signatures)
        self._send(opening, wei=AMOUNT if is_native else 0)
        self.deals[name] = Deal(order, clauses, order.digest(domain))

    def _sell_notes(self) -> None:
        """Three notes; one goes to another holder, one to a contract that takes no coin."""
        domain = self.domains["ReceivableNote"]
        for name in ("concluded", "arbitrated", "open"):
            deal, bank = self.deals[name], self._root(BANK)
            offer = Offer(deal.id, bank.address, BANK, 900, 100, 0, _NEVER, NOTHING)
            signatures = offer.sign(bank, domain), offer.sign(self._root(SELLER), domain)
            is_native = deal.order.token == ZERO_ADDRESS
            sale = self.notes.sell(deal.order, offer, *signatures)
            self._send(sale, wei=900 if is_native else 0)
        self._mine()
        for name, holder in (
            ("concluded", self._root(SECOND_HOLDER).address),
            ("arbitrated", self.at["TestDollar"]),
        ):
            number = int.from_bytes(self.deals[name].id)
            transfer = self.notes.transfer_from(self._root(BANK).address, holder, number)
            self._send(transfer, self._root(BANK))

    def _ship(self, deal: Deal) -> None:
        ledger, domain = self.world.ledger, self.domains["ShipmentLedger"]
        self._send(ledger.create(deal.order))
        is_labelled = self.labelled is not None and deal.clauses.customs_id != 0
        if is_labelled and self.labelled is not None:
            gtin, lot = self.labelled
            self._send(ledger.load(deal.order, [Cargo(lot, gtin, 0, 1)], []), self._root(SELLER))
        handover = Handover(deal.shipment, 1 + is_labelled, SELLER, CARRIER)
        keys = [self.world.function_key(each) for each in (SELLER, CARRIER)]
        signatures = [Signature(key.address, handover.sign(key, domain)) for key in keys]
        self._send(ledger.hand_over(deal.order, Terms(*handover.terms), *signatures))

    def _deliver(self, deal: Deal) -> None:
        consignee = self.world.function_key(BUYER)
        sequence = self.world.ledger.facts_of(deal.shipment).sequence
        delivery = Delivery(deal.shipment, sequence, NOTHING)
        signature = delivery.sign(consignee, self.domains["ShipmentLedger"])
        signed = Signature(consignee.address, signature)
        self._send(self.world.ledger.deliver(deal.order, NOTHING, signed, []))

    def _rate(self, deal: Deal) -> None:
        leg = Leg(CARRIER, self.world.ledger.facts_of(deal.shipment).shipped_at, 0, 0)
        self._send(self.world.credit.rate_journey(deal.order, [leg]))

    def _clear(self) -> None:
        """One shipment is held, declared anew by the broker, inspected and released; one is
        refused, which stands after an appeal, and so does a second one, which an appeal overturned.
        """
        for by, call in self._customs():
            self._send(call, self.world.function_key(by))
            self._mine()

    def _customs(self) -> Iterator[tuple[int, Call]]:
        deal, desk = self.deals["concluded"], self.desk
        good, refused = deal.shipment, self.deals["refused"].shipment
        reason = keccak(b"reason")
        yield SELLER, desk.declare(deal.order, deal.clauses, _declared(deal))
        yield CUSTOMS, desk.hold(good, reason)
        yield BROKER, desk.declare(deal.order, deal.clauses, _declared(deal))
        for inspection in Inspection:
            yield INSPECTOR, desk.inspect(good, inspection, Finding.PASSED, reason)
        yield CUSTOMS, desk.assess(good, 80)
        yield CUSTOMS, desk.release(good, 6)
        deal = self.deals["refused"]
        yield BROKER, desk.declare(deal.order, deal.clauses, _declared(deal))
        yield CUSTOMS, desk.refuse(refused, reason, 70)
        yield BROKER, desk.appeal(refused, reason)
        yield CUSTOMS, desk.decide_appeal(refused, is_upheld=True)
        yield CUSTOMS, desk.refuse(refused, reason, 60)
        yield BROKER, desk.appeal(refused, reason)
        yield CUSTOMS, desk.decide_appeal(refused, is_upheld=False)
        yield CUSTOMS, desk.reemit(refused)

    def _end_by_consent(self, name: str, share: int, *parties: int) -> None:
        """The first party sends, the others have signed."""
        deal = self.deals[name]
        consent = Consent(deal.id, share, _NEVER)
        signed = {
            party: consent.sign(self._root(party), self.domains["TradeEscrow"])
            for party in parties[1:]
        }
        signatures = (signed.get(party, b"") for party in (BUYER, SELLER))
        call = self.world.escrow.agree(deal.order, deal.clauses, share, _NEVER, *signatures)
        self._send(call, self._root(parties[0]))


def _declared(deal: Deal) -> Declaration:
    return Declaration(b"3004909900", b"DE", b"KE", deal.order.amount, keccak(b"declaration"))
