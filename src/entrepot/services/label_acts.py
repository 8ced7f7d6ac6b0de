"""What holders of labels and producers do on chain: activate, report, recall, prove."""

import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from entrepot.core.digital_link import DigitalLink
from entrepot.core.items import secret_of_code
from entrepot.core.labels import code, item_key, leaf, text_of
from entrepot.core.messages import ZERO_ADDRESS, Activation, contract_domain
from entrepot.core.scans import PLACE
from entrepot.core.signing import Key, keccak
from entrepot.errors import InputError
from entrepot.network.bindings import Item, LabelRegistry
from entrepot.network.contracts import topic_of
from entrepot.network.sender import Receipt
from entrepot.services import events
from entrepot.services.batch_folder import BatchFolder
from entrepot.services.books.entries import BatchState
from entrepot.services.commission import producing
from entrepot.services.item_proofs import ItemProof
from entrepot.services.office import Acting, Office

_DEGREES = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{1,12})?")
_OTHER_ITEM = "The scratch code is not this item's."


@dataclass(frozen=True, slots=True)
class Activated:
    """What an activation led to: `outcome` is `activated`, or why a clone is suspected."""

    outcome: str
    receipt: Receipt

    @property
    def is_first(self) -> bool:
        """Whether it counts."""
        return self.outcome == "activated"


def key_of_code(text: str) -> Key:
    """The one-time key that a scratch code spells; `InputError`, without the code, for none."""
    try:
        return Key.from_secret(secret_of_code(text))
    except ValueError:
        raise InputError(
            "The scratch code is none: it has 52 letters A to Z and digits 2 to 7, and checks"
            " itself."
        ) from None


def activate(office: Office, acting: Acting, proof: ItemProof, item: Key) -> Activated:
    """Activates a proven item for who acts, by the key under its scratch layer.

    `InputError` where the key is another item's.
    """
    if item.address != proof.item.key:
        raise InputError(_OTHER_ITEM)
    labels, lot = office.bind(LabelRegistry), code(proof.lot)
    chain_id = office.deployment.chain_id
    domain = contract_domain("Entrepot LabelRegistry", chain_id, labels.address)
    message = Activation(proof.gtin, lot, proof.item.serial, acting.key().address)
    call = labels.activate(
        proof.gtin, lot, proof.batch, proof.item, list(proof.proof), message.sign(item, domain)
    )
    receipt = office.send_own(call, acting)
    named = topic_of(proof.gtin), topic_of(lot), topic_of(proof.item.serial)
    (event,) = (
        each
        for each in events.of(office, labels, None, *named)
        if each.transaction == receipt.transaction
    )
    if event.name == "ItemActivated":
        return Activated("activated", receipt)
    is_recalled = event.args["suspicion"] != 0
    reason = "its batch was recalled" if is_recalled else "it was activated before"
    return Activated(f"suspected clone: {reason}", receipt)


def report(office: Office, acting: Acting, link: DigitalLink, place: tuple[int, int]) -> Receipt:
    """Records that a label was scanned at a place, in 10^-5 degrees; by whoever pays."""
    labels, lot = office.bind(LabelRegistry), code(link.lot)
    _require_batch(labels, link.gtin, lot)
    return office.send(labels.report_scan(link.gtin, lot, code(link.serial), *place), acting)


def recall(office: Office, acting: Acting, gtin: int, lot: str, reason: str) -> Receipt:
    """Recalls a batch for ever; its reason's keccak-256 goes on chain.

    Without a name, on a devnet, the demo producer does.
    """
    if not reason.strip():
        raise InputError("A recall has a reason: give --reason.")
    acting = producing(office, acting)
    acting.key()
    labels, named = office.bind(LabelRegistry), lot_code(lot)
    if _require_batch(labels, gtin, named) == BatchState.RECALLED:
        raise InputError(f"Lot {lot} of {gtin:014} was recalled before: nothing is left to do.")
    return office.send(labels.recall_batch(gtin, named, keccak(reason.encode())), acting)


def proven(folder: Path, serial: str, key: str | None, producer: Key | None = None) -> ItemProof:
    """Proof of an item from its batch's folder.

    The address of the item's key is `key`, or follows from the batch's secret, which the producer's
    key opens. `InputError` where the batch has no such serial, or another key for it.
    """
    batch = BatchFolder(folder)
    index, gtin, lot = batch.index_of(serial), int(batch.file.gtin), batch.file.lot_code
    if key is None and producer is not None:
        key = item_key(batch.secret(producer), gtin, lot, code(serial)).address
    if key is None:
        raise InputError("Say with --as which key signed the batch's labels.")
    item = Item(code(serial), key, index)
    if leaf(gtin, lot, item.serial, bytes.fromhex(key[2:]), index) != batch.leaf(index):
        raise InputError(_OTHER_ITEM)
    proof = tuple(batch.proof(index))
    return ItemProof(gtin, batch.file.lot, serial, batch.file.on_chain(), item, proof)


def shown(folder: Path, link: DigitalLink, producer: Key) -> ItemProof:
    """Proof of a label's item from its batch's folder, by the producer's key; one that does not
    hold where the batch has no such item.

    `InputError` for the folder of another batch.
    """
    batch = BatchFolder(folder)
    if batch.find(link.serial) is not None:
        found = proven(folder, link.serial, None, producer)
    else:
        item = Item(code(link.serial), ZERO_ADDRESS, 0)
        lot, on_chain = batch.file.lot, batch.file.on_chain()
        found = ItemProof(int(batch.file.gtin), lot, link.serial, on_chain, item, ())
    found.require(link)
    return found


def place_of(text: str) -> tuple[int, int]:
    """Latitude and longitude in 10^-5 degrees of `LAT,LON` in degrees; `InputError` for none."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) == 2 and all(_DEGREES.fullmatch(part) for part in parts):
        north, east = (Decimal(part) for part in parts)
        if abs(north) <= 90 and abs(east) <= 180:
            return round(north * PLACE), round(east * PLACE)
    raise InputError(f"{text!r} is no place: write LAT,LON in degrees, such as 48.8566,2.3522.")


def lot_code(lot: str) -> bytes:
    """A lot as the contract takes it; `InputError` for none."""
    try:
        return code(lot)
    except ValueError as failure:
        raise InputError(f"{failure}.") from None


def _require_batch(labels: LabelRegistry, gtin: int, lot: bytes) -> int:
    """State of a batch; `InputError` where there is none."""
    state = labels.state_of(gtin, lot)
    if state == BatchState.NONE:
        raise InputError(f"{gtin:014} has no lot {text_of(lot)}: no batch of it was committed.")
    return state
