"""A producer, a rival and buyers of labelled goods on a devnet whose clock the tests set."""

from pathlib import Path

from entrepot.core.digital_link import DigitalLink, signed
from entrepot.core.items import scratch_code
from entrepot.core.keys import Wallet
from entrepot.core.labels import item_key
from entrepot.core.messages import (
    GuardianSet,
    KeyGrant,
    KeyGrants,
    KeyRevocation,
    RootMove,
    deployment_domain,
)
from entrepot.core.roles import Function, Role, mask
from entrepot.core.signing import Key
from entrepot.network.bindings import GuardianRegistry, ParticipantRegistry
from entrepot.network.contracts import Call
from entrepot.network.devnet import Devnet
from entrepot.services import bundles, commission, deploy, label_acts
from entrepot.services.batch_folder import BatchFolder
from entrepot.services.deploy import FUNCTION_KEYS, PRODUCER_ID, Enrolment
from entrepot.services.item_proofs import ItemProof
from entrepot.services.label_acts import Activated
from entrepot.services.office import Acting, Office
from entrepot.services.progress import Silent
from entrepot.services.signers import KeyRing
from entrepot.services.verification import LabelCheck, offline, online
from entrepot.services.workspace import Workspace

DAY = 86_400
START = 1_800_000_000
SALT = b"\5" * 32
RIVAL_ID = 1_001
GTIN, RIVAL_GTIN = 9_506_000_134_352, 9_506_000_134_369
EXPIRES = "2031-01-31"
PRODUCER, RIVAL = (f"devnet:{FUNCTION_KEYS + each}" for each in (PRODUCER_ID, RIVAL_ID))
WALLET = Wallet()
NEVER = 2**40 - 1


class LabelScene:
    """The deployment, and what its people do."""

    def __init__(self, devnet: Devnet, folder: Path, salt: bytes = SALT) -> None:
        self.folder = folder
        self.node = devnet.node
        self.ring = KeyRing(lambda _: "")
        with deploy.opened(self.node) as pipeline:
            self.world = deploy.deploy(pipeline, timestamp=START + 10, salt=salt)
            deploy.enrol_producer(self.world)
            rival = Enrolment(RIVAL_ID, mask(Role.PRODUCER), mask(Function.LABEL))
            deploy.enrol(self.world, [rival])
            pipeline.mine(START + 12)
            pipeline.check()
        self.workspace = Workspace(folder)
        self.workspace.keep(self.world.deployment, {})
        self.office = Office(self.node, self.world.deployment)
        self.registry = self.office.bind(ParticipantRegistry)
        self.guardians = self.office.bind(GuardianRegistry)
        self.domain = deployment_domain(salt)
        self._folders = 0
        for name, gtin in ((PRODUCER, GTIN), (RIVAL, RIVAL_GTIN)):
            self.fund(name)
            commission.register(self.office, self.acting(name), gtin, "Vaccine carrier")

    @property
    def key(self) -> Key:
        """The producer's key for labels."""
        return self.ring.key(PRODUCER)

    @property
    def root(self) -> Key:
        """The producer's root, as it was registered."""
        return WALLET.key(PRODUCER_ID)

    def acting(self, name: str) -> Acting:
        """Who acts and pays."""
        return Acting(self.ring, name, name)

    def fund(self, name: str) -> None:
        self.node.set_balance(self.ring.key(name).address, 10**20)

    def send(self, call: Call) -> None:
        """Sends what anyone may send."""
        self.office.send(call, self.acting("devnet:0"))

    def wait(self, seconds: int = DAY) -> int:
        """Lets time pass; the time then."""
        self.node.mine(self.node.time() + seconds)
        return self.node.time()

    def batch(self, lot: str, by: str = PRODUCER, gtin: int = GTIN, count: int = 3) -> Path:
        """Folder of a batch that was commissioned."""
        self._folders += 1
        folder = self.folder / f"batch-{self._folders}"
        day = commission.day_of(EXPIRES)
        asked = commission.Asked(gtin, lot, day, commission.counted(count), count)
        commission.commission(self.office, self.acting(by), folder, asked, Silent())
        return folder

    def label(self, folder: Path, serial: str = "1") -> str:
        """URI of a label of a batch."""
        batch = BatchFolder(folder)
        return batch.label(batch.index_of(serial)).uri()

    def invented(
        self, key: Key, lot: str, serial: str = "1", *, gtin: int = GTIN, salt: bytes = SALT,
        expires: str = EXPIRES,
    ) -> str:  # fmt: skip
        """URI of a label that a key signs without having commissioned anything."""
        day = commission.day_of(expires)
        signature = signed(key, salt, gtin, lot, serial, day)
        return DigitalLink(gtin, lot, serial, day, signature).uri()

    def proof(self, folder: Path, serial: str = "1", by: str = PRODUCER) -> ItemProof:
        return label_acts.proven(folder, serial, None, self.ring.key(by))

    def code(self, folder: Path, serial: str = "1", by: str = PRODUCER) -> str:
        """What stands under the scratch layer of an item."""
        batch = BatchFolder(folder)
        index = batch.index_of(serial)
        secret = batch.secret(self.ring.key(by))
        gtin, lot = int(batch.file.gtin), batch.file.lot_code
        return scratch_code(item_key(secret, gtin, lot, batch.serial(index)).private.secret)

    def activate(self, folder: Path, buyer: str, serial: str = "1") -> Activated:
        """A buyer scratches the code free and activates the item."""
        item = label_acts.key_of_code(self.code(folder, serial))
        found = label_acts.proven(folder, serial, item.address)
        return label_acts.activate(self.office, Acting(self.ring, buyer), found, item)

    def online(self, uri: str, proof: ItemProof | None = None) -> LabelCheck:
        return online(self.office, [uri], proof)

    def offline(self, uri: str) -> LabelCheck:
        """Verified by a bundle taken now."""
        pins = self.workspace.attestors
        file = self.folder / "bundle.cbor"
        attesting = bundles.devnet_attestors(self.office, self.ring, pins)
        bundles.make(self.office, file, pins, attesting)
        return offline([uri], file, pins, now=self.node.time(), max_age_days=1)

    def both(self, uri: str) -> tuple[str, str]:
        """The verdict offline and online."""
        return self.offline(uri).verdict.value, self.online(uri).verdict.value

    def grant(
        self, granter: Key, name: str, *, level: int = 1, expiry: int = NEVER,
        functions: int = mask(Function.LABEL),
    ) -> Key:  # fmt: skip
        """Grants the key of a name, which gets what transactions cost; the key."""
        key = self.ring.key(name)
        grant = KeyGrant(granter.address, key.address, functions, level, expiry)
        acceptance = grant.sign(key, self.domain)
        signature = KeyGrants((grant,)).sign(granter, self.domain)
        self.send(self.registry.grant_keys([grant], [acceptance], granter.address, signature))
        self.fund(name)
        return key

    def revoke(self, revoker: Key, key: Key) -> None:
        signature = KeyRevocation(key.address).sign(revoker, self.domain)
        self.send(self.registry.revoke_key_by_sig(key.address, revoker.address, signature))

    def move_root(self, new_root: Key, kept: tuple[str, ...] = ()) -> None:
        """Two guardians, whom the root has named, move the producer to a new root."""
        trusted = sorted((WALLET.key(50 + i) for i in range(3)), key=lambda each: each.raw_address)
        named = GuardianSet(PRODUCER_ID, 1, 2, 3, DAY, tuple(each.address for each in trusted))
        self.send(self.guardians.set_guardians(named, named.sign(self.root, self.domain)))
        digest = named.digest(self.domain)
        move = RootMove(PRODUCER_ID, 0, digest, 1, new_root.address, kept)
        signatures = [move.sign(each, self.domain) for each in trusted[:2]] + [b""]
        acceptance = move.sign(new_root, self.domain)
        self.send(self.guardians.announce(move, named, acceptance, signatures))
        self.wait(2 * DAY)
        self.send(self.guardians.execute(move))
