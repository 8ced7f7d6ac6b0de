"""Devices on a shipment: the watches over it, what they saw, and the readings that arrived."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from entrepot.core.messages import Extreme, Readings, Watch, shipment_id
from entrepot.core.metrics import UNITS, Metric, metric_named, reading_of, reading_text
from entrepot.errors import InputError
from entrepot.network.bindings import SensorLog, ShipmentLedger, WatchFacts
from entrepot.network.contracts import Event
from entrepot.services import events
from entrepot.services.office import Office
from entrepot.services.orders import Known
from entrepot.services.spelling import address_of, moment


@dataclass(frozen=True, slots=True)
class Seen:
    """A watch of a plan, counted from 0, and what it saw."""

    number: int
    watch: Watch
    facts: WatchFacts


def watch_of(text: str, address: Callable[[str], str]) -> Watch:
    """A watch as `DEVICE:METRIC:LOW:HIGH`, limits in people's units and allowed themselves.

    `address`: gives that of a key by its name. `InputError` says what is wrong.
    """
    parts = text.rsplit(":", 3)
    if len(parts) != 4:
        raise InputError(
            f"--watch {text!r} is no DEVICE:METRIC:LOW:HIGH, such as 0x…:temperature:2:8."
        )
    device, name, low, high = parts
    try:
        metric = metric_named(name)
        least, most = reading_of(metric, low), reading_of(metric, high)
        if least > most:
            raise ValueError(f"{low} is more than {high}")
    except ValueError as failure:
        raise InputError(f"--watch {text!r} cannot be used: {failure}.") from None
    found = address_of(device) if device.startswith("0x") else address(device)
    return Watch(found, metric, least, most)


def watches_of(office: Office, known: Known, last: int | None = None) -> list[Watch]:
    """The watches over an order's goods, in the order of the plan."""
    topic = "0x" + shipment_id(known.id, known.terms.order.source).hex()
    found = office.logs(office.bind(ShipmentLedger), "WatchesSet", topic, last=last)
    return [Watch.of(each.values()) for each in found[-1].args["watches"]] if found else []


def seen_of(office: Office, known: Known) -> list[Seen]:
    """What every watch over an order's goods saw."""
    number, log = shipment_id(known.id, known.terms.order.source), office.bind(SensorLog)
    return [
        Seen(i, watch, log.watch_of(number, i)) for i, watch in enumerate(watches_of(office, known))
    ]


def readings_of(office: Office, known: Known, last: int | None = None) -> list[Event]:
    """Every batch of readings that came to the chain up to a block, counted or not."""
    return _logged(office, known, "ReadingsRecorded", last)


def gaps_of(office: Office, known: Known, last: int | None = None) -> list[dict[str, Any]]:
    """Where nothing was known of a device when later readings arrived."""
    return [
        {
            "device": each.args["device"],
            "missing": each.args["missing"],
            "from": moment(each.args["from"]),
            "until": moment(each.args["until"]),
        }
        for each in _logged(office, known, "GapFound", last)
    ]


def watch_json(seen: Seen) -> dict[str, Any]:
    """A watch and what it saw, for people and JSON."""
    metric, facts = Metric(seen.watch.metric), seen.facts
    found: dict[str, Any] = {
        "watch": seen.number,
        "device": seen.watch.device,
        "metric": metric.name.lower(),
        "low": reading_text(metric, seen.watch.low),
        "high": reading_text(metric, seen.watch.high),
        "unit": UNITS[metric],
        "breached_at": moment(facts.breached_at) if facts.breached_at else None,
    }
    if facts.breached_at:
        found |= {
            "extreme": reading_text(metric, facts.extreme),
            "seconds_outside": facts.exposure,
            "longest_seconds": facts.longest,
            "longest_at": moment(facts.longest_at) if facts.longest_at else None,
        }
    return found


def readings_of_event(event: Event) -> Readings:
    """The batch that an event tells of."""
    args = event.args
    return Readings(
        args["shipmentId"], args["device"], args["number"], args["startedAt"], args["interval"],
        args["count"], args["root"], tuple(Extreme.of(each.values()) for each in args["extremes"]),
    )  # fmt: skip


def batch_json(readings: Readings) -> dict[str, Any]:
    """A batch without its readings, for JSON."""
    return {
        "device": readings.device,
        "number": readings.number,
        "started_at": moment(readings.started_at),
        "interval": readings.interval,
        "count": readings.count,
        "root": "0x" + readings.root.hex(),
        "extremes": [
            {
                "metric": Metric(each.metric).name.lower(),
                "minimum": reading_text(Metric(each.metric), each.minimum),
                "maximum": reading_text(Metric(each.metric), each.maximum),
            }
            for each in readings.extremes
        ],
    }


def _logged(office: Office, known: Known, name: str, last: int | None) -> list[Event]:
    topic = "0x" + shipment_id(known.id, known.terms.order.source).hex()
    return events.of(office, office.bind(SensorLog), name, topic, last=last)
