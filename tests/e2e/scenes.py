"""What participants, governance and consumers do beside trade, played on a devnet."""

from entrepot.core.council import council_signature
from entrepot.core.labels import code, gtin_of, leaf
from entrepot.core.messages import (
    Activation,
    Call,
    Clauses,
    Consent,
    GuardianSet,
    KeyGrant,
    KeyGrants,
    Order,
    Qualification,
    RootMove,
    contract_domain,
    deployment_domain,
)
from entrepot.core.roles import Function, Role, mask
from entrepot.core.shipments import DAY
from entrepot.core.signing import Key, checksum_address, keccak
from entrepot.network.bindings import (
    Batch,
    Cargo,
    Council,
    GuardianRegistry,
    Item,
    QualificationRegistry,
)
from entrepot.network.contracts import Call as Prepared
from entrepot.services.deploy import STEWARD, TIMELOCK_DELAY, World

MOVED, ISSUER, STOLEN, PATIENT = 2, 3, 4, 5
"""Participants: one whose root is moved, one that certifies, one that cancels its move and is
overridden, and one that changes its guardians. The first buys, the second produces and sells.
"""
GTIN = gtin_of("0299999999999")
LOT, RECALLED_LOT = code("GOOD"), code("RECALLED")
ADDED = {"orders": 1, "cancelled": 1, "product_lines": 1, "batches": 2}
"""What a scene adds to the figures of a run."""
CLERK = 7
"""A role that no function needs."""
NOTHING = bytes(32)
_FRESH = 5_000_000
_GAS = 1_000_000


def word(number: int) -> bytes:
    return number.to_bytes(32)


class Scene:
    """Keys, guardians, qualifications, governance, labels and cargo of a world whose trades are
    over.
    """

    def __init__(self, world: World) -> None:
        node, deployment = world.pipeline.node, world.deployment
        self.world = world
        self.domain = deployment_domain(bytes.fromhex(deployment.salt[2:]))
        self.guardians = deployment.bind(node, GuardianRegistry)
        self.qualifications = deployment.bind(node, QualificationRegistry)
        self.council = deployment.bind(node, Council)
        self.consortium = deployment.contract(node, "Consortium")
        self.timelock = deployment.contract(node, "Timelock")
        self.now = node.time()
        self._calls = 0

    def play(self) -> None:
        """Plays it all."""
        self.world.pipeline.node.set_clock(self.now)
        self._label()
        self._load()
        self._grant()
        self._withdraw()
        moves = [self._guard(number, _FRESH + 100 * number) for number in (MOVED, STOLEN, PATIENT)]
        self._replace_guardians()
        self._send(self.guardians.anchor_seal(MOVED, keccak(b"record"), b""), MOVED)
        self._mine(1)
        executed, cancelled, _ = (self._scheduled(number) for number in range(3))
        number = self.timelock.call("hashOperationBatch", *cancelled)
        self._by_council(self.timelock.prepare("cancel", number))
        for move in moves[:2]:
            self._announce(move, signed=2)
        self._send(self.guardians.cancel(STOLEN, b""), STOLEN)
        self._announce(moves[1], signed=3)
        self._mine(TIMELOCK_DELAY + 1)
        self._send(self.guardians.execute(moves[0]))
        self._send(self.timelock.prepare("executeBatch", *executed))
        self._certify()
        self._mine(1)
        pause = self.world.escrow.pause_opening(is_paused=True)
        self._by_council(self.consortium.prepare("schedule", *self._target(pause), 0))
        self._mine(1)

    def _mine(self, wait: int) -> None:
        """Mines what was sent, and then a block so many seconds later."""
        pipeline = self.world.pipeline
        for seconds in (1, wait):
            self.now += seconds
            pipeline.mine(self.now)
        pipeline.check()

    def _send(self, call: Prepared, participant: int | None = None) -> None:
        by = self._root(participant) if participant else None
        self.world.send(call, gas=_GAS, by=by)

    def _root(self, participant: int) -> Key:
        return self.world.wallet.key(participant)

    def _fresh(self, number: int) -> Key:
        return self.world.wallet.key(_FRESH + number)

    def _label(self) -> None:
        """Two items activated, one of them twice, and one of a recalled batch; a scan."""
        labels = self.world.labels
        self._send(labels.register_line(GTIN, keccak(b"product")), ISSUER)
        for lot in (LOT, RECALLED_LOT):
            first, second = (
                leaf(GTIN, lot, item.serial, bytes.fromhex(item.key[2:]), item.index)
                for item in map(self._item, range(2))
            )
            root = keccak(min(first, second) + max(first, second))
            self._send(labels.commit_batch(GTIN, lot, Batch(root, 2, 0)), ISSUER)
            self._mine(1)
            self._activate(lot, 0, Batch(root, 2, 0), second)
            self._activate(lot, 0, Batch(root, 2, 0), second)
            if lot == RECALLED_LOT:
                self._send(labels.recall_batch(GTIN, lot, keccak(b"reason")), ISSUER)
            self._activate(lot, 1, Batch(root, 2, 0), first)
        self._send(labels.report_scan(GTIN, LOT, code("I0"), -3_385_000, 15_120_000))
        self._mine(1)

    def _item(self, index: int) -> Item:
        return Item(code(f"I{index}"), self._fresh(20 + index).address, index)

    def _activate(self, lot: bytes, index: int, batch: Batch, sibling: bytes) -> None:
        """A consumer, who is the operator, activates an item; `sibling` is the other's leaf."""
        item, consumer = self._item(index), self.world.operator
        message = Activation(GTIN, lot, item.serial, consumer.address)
        signature = message.sign(self._fresh(20 + index), self._domain_of("LabelRegistry"))
        call = self.world.labels.activate(GTIN, lot, batch, item, [sibling], signature)
        self._send(call)

    def _load(self) -> None:
        """A shipment is loaded; both sides end its order, so that no money is left."""
        world, buyer, seller = self.world, self._root(MOVED), self._root(ISSUER)
        at, domain = world.deployment.contracts, self._domain_of("TradeEscrow")
        end = self.now + 100 * DAY
        order = Order(
            at["TestDollar"].address, 1, buyer.address, seller.address, MOVED, ISSUER, STOLEN,
            MOVED, 0, at["ShipmentLedger"].address, end, end, end, end, 0, 0, False,
            keccak(b"goods"), keccak(b"loaded"),
        )  # fmt: skip
        self._send(world.dollar.mint(buyer.address, 1))
        self._send(world.dollar.approve(at["TradeEscrow"].address, 1), MOVED)
        self._mine(1)
        self._send(world.escrow.open(order, order.sign(buyer, domain), order.sign(seller, domain)))
        self._send(world.ledger.create(order))
        self._send(world.ledger.load(order, [Cargo(LOT, GTIN, 0, 2)], []), ISSUER)
        consent = Consent(order.digest(domain), 0, end)
        signatures = (consent.sign(key, domain) for key in (buyer, seller))
        self._send(world.escrow.agree(order, Clauses(), 0, end, *signatures))
        self._mine(1)

    def _domain_of(self, contract: str) -> bytes:
        deployment = self.world.deployment
        address = deployment.contracts[contract].address
        return contract_domain(f"Entrepot {contract}", deployment.chain_id, address)

    def _grant(self) -> None:
        """The root grants key 0, that is kept, and key 1, that is not; key 0 grants key 2."""
        self._grant_key(self._root(MOVED), self._fresh(0), 1)
        self._grant_key(self._root(MOVED), self._fresh(1), 1)
        self._grant_key(self._fresh(0), self._fresh(2), 2)

    def _withdraw(self) -> None:
        """The root withdraws its grants of keys 3 and 4; that of key 3 comes all the same."""
        for number in (3, 4):
            self._send(self.world.registry.revoke_key(self._fresh(number).address), MOVED)
        self._mine(1)
        self._grant_key(self._root(MOVED), self._fresh(3), 1)

    def _grant_key(self, granter: Key, key: Key, level: int) -> None:
        expiry = self.now + 10_000 * DAY
        grant = KeyGrant(granter.address, key.address, mask(Function.HANDOVER), level, expiry)
        acceptance = grant.sign(key, self.domain)
        signature = KeyGrants((grant,)).sign(granter, self.domain)
        registry = self.world.registry
        self._send(registry.grant_keys([grant], [acceptance], granter.address, signature))

    def _guard(self, participant: int, new_root: int) -> RootMove:
        """Names three guardians; the move that they will announce."""
        terms = self._set(participant)
        self._send(self.guardians.set_guardians(terms, b""), participant)
        kept = (self._fresh(0).address,) if participant == MOVED else ()
        address = self.world.wallet.key(new_root).address
        return RootMove(participant, 0, terms.digest(self.domain), 1, address, kept)

    def _guardian_keys(self) -> list[Key]:
        return sorted((self._fresh(10 + i) for i in range(3)), key=lambda key: key.raw_address)

    def _set(self, participant: int, nonce: int = 1, days: int = 1) -> GuardianSet:
        addresses = tuple(key.address for key in self._guardian_keys())
        return GuardianSet(participant, nonce, 2, 3, days * DAY, addresses)

    def _replace_guardians(self) -> None:
        """A second set, which comes into force, and a third that does not yet."""
        for terms in (self._set(PATIENT, 2, 30), self._set(PATIENT, 3)):
            self._send(self.guardians.set_guardians(terms, b""), PATIENT)
            self._mine(DAY)

    def _announce(self, move: RootMove, signed: int) -> None:
        index = _FRESH + 100 * move.id
        acceptance = move.sign(self.world.wallet.key(index), self.domain)
        signatures = [move.sign(key, self.domain) for key in self._guardian_keys()[:signed]]
        signatures += [b""] * (3 - signed)
        self._send(self.guardians.announce(move, self._set(move.id), acceptance, signatures))

    def _scheduled(self, number: int) -> tuple[list[str], list[int], list[bytes], bytes, bytes]:
        """Has the council schedule a batch of calls; what names the operation."""
        calls = self._decided()
        targets = [checksum_address(call.to) for call in calls]
        terms = targets, [0] * len(calls), [call.data for call in calls], NOTHING, word(number)
        self._by_council(self.timelock.prepare("scheduleBatch", *terms, TIMELOCK_DELAY))
        return terms

    def _decided(self) -> list[Prepared]:
        """The issuer becomes a regulator; the consortium's rules are changed, all of them."""
        registry, at = self.world.registry, self.world.deployment.contracts
        roles = registry.participant_of(ISSUER).roles | mask(Role.REGULATOR)
        return [
            registry.set_roles(ISSUER, roles, 1),
            *(
                self.consortium.prepare(function, *arguments)
                for function, *arguments in (
                    ("grantRole", STEWARD, at["Council"].address, DAY),
                    ("grantRole", CLERK, self._root(ISSUER).address, 0),
                    ("setGrantDelay", CLERK, DAY),
                    ("setRoleAdmin", CLERK, STEWARD),
                    ("setRoleGuardian", STEWARD, CLERK),
                    ("setTargetAdminDelay", at["TradeEscrow"].address, DAY),
                    ("setTargetClosed", at["CargoInsurance"].address, True),
                )
            ),
        ]

    def _by_council(self, call: Prepared) -> None:
        target, data = self._target(call)
        chain_id = self.world.deployment.chain_id
        domain = contract_domain("Entrepot Council", chain_id, self.council.address)
        digest = Call(target, data, self._calls).digest(domain)
        signature = council_signature(self.world.council, digest)
        self._send(self.council.execute(target, data, self._calls, signature))
        self._calls += 1

    def _target(self, call: Prepared) -> tuple[str, bytes]:
        return checksum_address(call.to), call.data

    def _certify(self) -> None:
        """One qualification stands, one is revoked, and of one only the revocation is known."""
        issuer = self._root(ISSUER)
        for number, is_issued, is_revoked in ((1, True, False), (2, True, True), (3, False, True)):
            terms = Qualification(
                ISSUER, MOVED, self.now, self.now + 365 * DAY,
                b"customs-broker".ljust(32, b"\0"), keccak(b"licence"), word(number),
            )  # fmt: skip
            if is_issued:
                qualify = self.qualifications.qualify(terms, issuer.address, b"")
                self._send(qualify, ISSUER)
            if is_revoked:
                revoke = self.qualifications.revoke_qualification(terms, issuer.address, b"")
                self._send(revoke, ISSUER)
