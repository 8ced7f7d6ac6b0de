"""Goods that are watched, lost, damaged and late, and their cover and its recourse, on a devnet."""

from dataclasses import astuple, dataclass, replace

from entrepot.core.cover import DELAY, Peril, PerilKind, pack
from entrepot.core.exposures import plan_of
from entrepot.core.liability import Leg
from entrepot.core.messages import (
    Delivery,
    Handover,
    KeyGrant,
    KeyGrants,
    Message,
    Order,
    Quote,
    Watch,
    contract_domain,
    deployment_domain,
    shipment_id,
)
from entrepot.core.readings import Batch, batches
from entrepot.core.roles import Function, Role, mask
from entrepot.core.shipments import DAY
from entrepot.core.signing import Key, keccak
from entrepot.network.bindings import CarrierBond, SensorLog, Shares, Signature, Terms
from entrepot.network.bindings import Leg as LegArgument
from entrepot.network.contracts import Call
from entrepot.services.deploy import INSURER_ID, Enrolment, World, enrol

SELLER, BUYER, FIRST, SECOND, ARBITER = range(30_001, 30_006)
PARTIES = {
    SELLER: (mask(Role.SELLER), mask(Function.HANDOVER)),
    BUYER: (mask(Role.BUYER), mask(Function.RECEIVE)),
    FIRST: (mask(Role.CARRIER), mask(Function.HANDOVER)),
    SECOND: (mask(Role.CARRIER), mask(Function.HANDOVER)),
    ARBITER: (mask(Role.ARBITER), mask(Function.ARBITRATE)),
}
AMOUNT = 1_000
"""Of every order: so little that no cent of a run's summary changes."""
ADDED = {
    "orders": 4, "released": 2, "late": 2, "policies": 3, "claims": 1, "participants": len(PARTIES),
}  # fmt: skip
"""What the scene adds to the figures of a run; two orders stay open."""
NOTHING, MINUTE = bytes(32), 60
NO_SIGNATURE = Signature("0x" + "0" * 40, b"")
RUN, LEVEL, DAMAGE, LOSS = range(4)
PERILS = (
    Peril(PerilKind.RUN, 1_000, watch=0, threshold=5 * MINUTE),
    Peril(PerilKind.LEVEL, 500, watch=1),
    Peril(PerilKind.DAMAGE, 1_500, threshold=100),
    Peril(PerilKind.LOSS, 2_000, threshold=500),
)
_DEVICE = 6_000_000
_NEVER = 2**40 - 1
_GAS = 1_500_000


@dataclass(frozen=True, slots=True)
class Deal:
    """An order, the legs of its shipment so far, and its cover."""

    order: Order
    id: bytes
    legs: list[Leg]
    quote: Quote

    @property
    def shipment(self) -> bytes:
        return shipment_id(self.id, self.order.source)


class CargoScene:
    """Four orders: one that everything happens to, one that is overdue, one received with a reserve
    that nobody admits, and one shipped under no plan.
    """

    def __init__(self, world: World) -> None:
        node, deployment = world.pipeline.node, world.deployment
        self.world = world
        self.log = deployment.bind(node, SensorLog)
        self.bonds = deployment.bind(node, CarrierBond)
        self.at = {name: each.address for name, each in deployment.contracts.items()}
        self.domains = {
            name: contract_domain(f"Entrepot {name}", deployment.chain_id, self.at[name])
            for name in ("TradeEscrow", "ShipmentLedger", "SensorLog", "CargoInsurance")
        }
        self.now = node.time()
        self.device = world.wallet.key(_DEVICE)
        self.watches = [
            Watch(self.device.address, 0, 200, 800),
            Watch(self.device.address, 1, 0, 6_000),
        ]
        self.deals: dict[str, Deal] = {}

    def play(self) -> None:
        """Plays it all."""
        self.world.pipeline.node.set_clock(self.now)
        self._prepare()
        for name in ("all", "overdue", "reserved", "unwatched"):
            self._open(name)
        self._mine()
        self._ship()
        self._measure()
        self._lose()
        self._arrive()
        self._recover()
        for name in ("all", "reserved"):
            deal = self.deals[name]
            legs = [LegArgument(*astuple(leg)) for leg in deal.legs]
            self._send(self.world.credit.rate_journey(deal.order, legs))
        self._mine()

    def _prepare(self) -> None:
        enrol(self.world, [Enrolment(number, *PARTIES[number]) for number in PARTIES])
        self._mine()
        domain = deployment_domain(bytes.fromhex(self.world.deployment.salt[2:]))
        root, measure = self._root(FIRST), mask(Function.MEASURE)
        grant = KeyGrant(root.address, self.device.address, measure, 1, _NEVER)
        signed = [grant.sign(self.device, domain)], root.address
        grants = KeyGrants((grant,)).sign(root, domain)
        self._send(self.world.registry.grant_keys([grant], *signed, grants))
        for owner, units, spenders in (
            (BUYER, 5 * AMOUNT, ("TradeEscrow", "CargoInsurance")),
            (FIRST, AMOUNT, ("CarrierBond",)),
        ):
            self._send(self.world.dollar.mint(self._root(owner).address, units))
            for spender in spenders:
                approval = self.world.dollar.approve(self.at[spender], units)
                self._send(approval, self._root(owner))
        self._mine()
        for participant, units in ((FIRST, 130), (SECOND, 400)):
            self._send(self._deposit(participant, units), self._root(FIRST))
        self._mine()

    def _deposit(self, participant: int, units: int) -> Call:
        return self.bonds.deposit(participant, self.at["TestDollar"], units)

    def _open(self, name: str) -> None:
        """All but the one with a reserve are insured."""
        buyer, seller = self._root(BUYER), self._root(SELLER)
        order = Order(
            token=self.at["TestDollar"],
            amount=AMOUNT,
            buyer=buyer.address,
            seller=seller.address,
            buyer_id=BUYER,
            seller_id=SELLER,
            carrier_id=FIRST,
            consignee_id=BUYER,
            arbiter_id=ARBITER,
            source=self.at["ShipmentLedger"],
            open_by=self.now + DAY,
            ship_by=self.now + 10 * DAY,
            deliver_by=self.now + 20 * DAY,
            refund_after=self.now + 40 * DAY,
            acceptance_window=0,
            arbitration_period=0,
            uphold_by_default=False,
            goods=keccak(b"goods"),
            salt=keccak(b"cargo " + name.encode()),
        )
        domain = self.domains["TradeEscrow"]
        self._send(
            self.world.escrow.open(order, order.sign(buyer, domain), order.sign(seller, domain))
        )
        is_watched = name != "overdue"
        quote = Quote(
            order_id=order.digest(domain),
            holder=buyer.address,
            beneficiary=seller.address if name == "all" else "0x" + "0" * 40,
            pool=self.at["InsurancePool"],
            insurer_id=INSURER_ID,
            premium=10,
            maximum=500,
            grace_days=1,
            bps_per_day=100,
            cap_bps=5_000,
            deductible_bps=200,
            perils=pack(PERILS) if is_watched else 0,
            plan=plan_of(self.watches) if is_watched else NOTHING,
            reporting_period=5 * DAY,
            valid_until=self.now + DAY,
            salt=NOTHING,
        )
        self.deals[name] = Deal(order, quote.order_id, [], quote)
        if name != "reserved":
            domain, underwriter = self.domains["CargoInsurance"], self._key(INSURER_ID)
            signatures = (
                quote.sign(buyer, domain), underwriter.address, quote.sign(underwriter, domain)
            )  # fmt: skip
            self._send(self.world.insurance.insure(order, quote, *signatures))

    def _ship(self) -> None:
        """The first carrier answers for little of one shipment, and for nothing of the others."""
        ledger = self.world.ledger
        for deal in self.deals.values():
            self._send(ledger.create(deal.order))
        whole = self.deals["all"]
        for watches in (self.watches[:1], self.watches):
            self._send(ledger.load(whole.order, [], watches), self._key(SELLER))
        self._mine()
        for name, deal in self.deals.items():
            due, liability = (self.now + 5 * DAY, 150) if name == "all" else (0, 0)
            self._hand_over(deal, SELLER, FIRST, due, liability)
        self._mine(60 * MINUTE)
        passed = ledger.checkpoint(whole.shipment, b"NLRTM".ljust(13, b"\0"), NOTHING)
        self._send(passed, self._key(FIRST))
        unwatched = self.deals["unwatched"]
        self._send(self.world.insurance.claim(unwatched.order, unwatched.quote))
        self._mine()

    def _measure(self) -> None:
        """Readings in order, ahead of others, late, repeated, and of times that are taken."""
        deal = self.deals["all"]
        start = deal.legs[0].since + 5 * MINUTE
        values = [(500, 4_000)] * 5 + [(950, 4_000)] * 8 + [(500, 6_500)] * 4 + [(100, 4_000)] * 3
        series = [(start + i * MINUTE, each) for i, each in enumerate(values)]
        cool, hot, humid, cold = batches(
            deal.shipment, self.device.address, series, (0, 1), self.watches, interval=MINUTE
        )
        again = replace(cold.readings, number=9, started_at=start)
        for each in (cool, humid):
            self._send(self._record(each))
        readings, signature = hot.readings, self._signed(hot)
        claimed = readings, self.watches, signature, deal.order, [deal.quote]
        self._send(self.log.record_and_claim(*claimed))
        for each in (hot, cold, Batch(again, cold.values, cold.leaves)):
            self._send(self._record(each))
        self._send(self.log.reemit(deal.shipment, 0))
        self._mine()

    def _record(self, batch: Batch) -> Call:
        return self.log.record(batch.readings, self.watches, self._signed(batch))

    def _signed(self, batch: Batch) -> bytes:
        return batch.readings.sign(self.device, self.domains["SensorLog"])

    def _lose(self) -> None:
        """The second carrier admits damage; the arbiter finds loss on the first leg."""
        deal, ledger = self.deals["all"], self.world.ledger
        self._hand_over(deal, FIRST, SECOND, 0, 300)
        self._mine(DAY)
        admitted = ledger.admit(deal.order, Shares(0, 50), NOTHING, [])
        self._send(admitted, self._key(SECOND))
        at = deal.legs[0].since + 7 * MINUTE
        found = ledger.determine(deal.order, Shares(400, 50), at, NOTHING, [])
        self._send(found, self._key(ARBITER))
        self._mine(24 * DAY)

    def _arrive(self) -> None:
        """Late, with more damage, which the custodian signs for one of them."""
        whole, overdue = self.deals["all"], self.deals["overdue"]
        for deal in (whole, overdue):
            self._send(self.world.insurance.reserve(deal.order, deal.quote))
        self._mine()
        self._deliver(whole, Shares(400, 300), [whole.quote])
        self._deliver(self.deals["reserved"], Shares(100, 0), [])
        self._send(self.world.ledger.reemit(whole.shipment))
        self._mine(6 * DAY)
        self._send(self.world.insurance.claim(whole.order, whole.quote))
        self._send(self.world.insurance.reserve(overdue.order, overdue.quote))
        self._mine()

    def _recover(self) -> None:
        """From both carriers; a part of one bond is taken back, and of the other asked back."""
        deal = self.deals["all"]
        for cause in (RUN, DAMAGE, DELAY):
            recovery = self.bonds.subrogate(deal.order, deal.quote, cause, deal.legs)
            self._send(recovery)
        token = self.at["TestDollar"]
        self._send(self.bonds.request_withdrawal(SECOND, token, 50), self._root(SECOND))
        self._mine(60 * DAY)
        taken = self.bonds.withdraw(SECOND, token, self._root(SECOND).address)
        self._send(taken, self._root(SECOND))
        self._send(self._deposit(FIRST, 70), self._root(FIRST))
        self._send(self.bonds.request_withdrawal(FIRST, token, 30), self._root(FIRST))
        self._mine()

    def _hand_over(self, deal: Deal, giver: int, receiver: int, due: int, liability: int) -> None:
        sequence = self._sequence(deal)
        handover = Handover(
            deal.shipment, sequence, giver, receiver, due, liability,
            location=b"NLRTM".ljust(13, b"\0"), seal=b"S-1".ljust(16, b"\0"),
        )  # fmt: skip
        signatures = [self._signature(handover, each) for each in (giver, receiver)]
        deal.legs.append(Leg(receiver, self.now + 1, due, liability))
        call = self.world.ledger.hand_over(deal.order, Terms(*handover.terms), *signatures)
        self._send(call)

    def _deliver(self, deal: Deal, shares: Shares, policies: list[Quote]) -> None:
        """The custodian signs too where cover is claimed."""
        lost, damaged = shares.lost_bps, shares.damaged_bps
        delivery = Delivery(
            deal.shipment, self._sequence(deal), NOTHING, lost_bps=lost, damaged_bps=damaged
        )
        custodian = self._signature(delivery, SECOND) if policies else NO_SIGNATURE
        signed = self._signature(delivery, BUYER), custodian
        call = self.world.ledger.deliver_with_reserve(
            deal.order, shares, NOTHING, *signed, policies
        )
        self._send(call)

    def _sequence(self, deal: Deal) -> int:
        return self.world.ledger.facts_of(deal.shipment).sequence

    def _signature(self, message: Message, participant: int) -> Signature:
        key = self._key(participant)
        return Signature(key.address, message.sign(key, self.domains["ShipmentLedger"]))

    def _mine(self, wait: int = 1) -> None:
        for seconds in (1, wait):
            self.now += seconds
            self.world.pipeline.mine(self.now)
        self.world.pipeline.check()

    def _send(self, call: Call, by: Key | None = None) -> None:
        self.world.send(call, gas=_GAS, by=by)

    def _key(self, participant: int) -> Key:
        return self.world.function_key(participant)

    def _root(self, participant: int) -> Key:
        return self.world.wallet.key(participant)
