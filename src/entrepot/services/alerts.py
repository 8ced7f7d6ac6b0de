"""What should make a producer look: suspected clones, and scans that do not fit."""

from collections.abc import Iterator
from dataclasses import dataclass

from entrepot.core import scans
from entrepot.core.labels import text_of
from entrepot.core.scans import Scan
from entrepot.network.bindings import LabelRegistry, ShipmentLedger
from entrepot.services import events
from entrepot.services.office import Office
from entrepot.services.spelling import moment

_SUSPICIONS = ("activated again", "activated after its recall")


@dataclass(frozen=True, slots=True)
class Alert:
    """A suspicion and when it arose; `serial` is None where it is about a whole batch.

    It proves nothing and changes nothing: whoever holds a scratch code or a label can raise it.
    """

    kind: str
    gtin: str
    lot: str
    serial: str | None
    at: str | None
    detail: str


def alerts(
    office: Office, *, max_kmh: float = scans.MAX_KMH, burst: int = scans.BURST_SCANS,
    seconds: int = scans.BURST_SECONDS,
) -> list[Alert]:  # fmt: skip
    """All alerts of a deployment, by kind and then in order."""
    found = list(_clones(office))
    seen = _scans(office)
    for leap in scans.leaps(seen, max_kmh):
        gap = leap.second.at - leap.first.at
        detail = f"seen {leap.km:,.0f} km apart within {gap:,} s"
        found.append(_of("too far apart", leap.second, leap.second.at, detail))
    for each in scans.bursts(seen, burst, seconds):
        detail = f"scanned {each.count:,} times within {each.last_at - each.first_at:,} s"
        found.append(_of("burst of scans", each, each.first_at, detail))
    last = {(scan.gtin, scan.lot): scan.at for scan in seen}
    for (gtin, lot), count in scans.never_shipped(seen, _shipped(office)).items():
        at = moment(last[gtin, lot])
        detail = f"scanned {count:,} times, and no shipment has carried it"
        found.append(Alert("never shipped", f"{gtin:014}", lot, None, at, detail))
    return found


def _clones(office: Office) -> Iterator[Alert]:
    labels = office.bind(LabelRegistry)
    for event in events.of(office, labels, "CloneSuspected"):
        args = event.args
        yield Alert(
            _SUSPICIONS[args["suspicion"]], f"{args['gtin']:014}", text_of(args["lot"]),
            text_of(args["serial"]), moment(event.timestamp), f"by {args['activator']}",
        )  # fmt: skip


def _scans(office: Office) -> list[Scan]:
    labels = office.bind(LabelRegistry)
    return [
        Scan(
            event.args["gtin"], text_of(event.args["lot"]), text_of(event.args["serial"]),
            event.timestamp, event.args["latitude"], event.args["longitude"],
        )
        for event in events.of(office, labels, "ItemScanned")
    ]  # fmt: skip


def _shipped(office: Office) -> set[scans.Batch]:
    """Batches that a carrier has taken over, by what sellers declared."""
    ledger = office.bind(ShipmentLedger)
    loaded, passed = (
        events.of(office, ledger, name) for name in ("ShipmentLoaded", "CustodyTransferred")
    )
    gone = {each.args["shipmentId"] for each in passed}
    return {
        (each.args["gtin"], text_of(each.args["lot"]))
        for each in loaded
        if each.args["shipmentId"] in gone
    }


def _of(kind: str, item: Scan | scans.Burst, at: int, detail: str) -> Alert:
    return Alert(kind, f"{item.gtin:014}", item.lot, item.serial, moment(at), detail)
