"""Perils as people write them, and the premium that the standard tariff asks for them.

| peril | pays its share once |
|---|---|
| `level:watch0:30%` | a reading of watch 0 was outside its band |
| `run:watch0:>3600s:30%` | longer than that on end |
| `exposure:watch0:>3600s:30%` | longer than that all together |
| `loss:>=5%:50%` | that much of the goods was lost, or they never came |
| `damage:>=5%:50%` | that much of the goods was damaged |
| `refusal:100%` | customs refused the goods, and it stands |
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from entrepot.core import pricing, tariff
from entrepot.core.cover import Peril, PerilKind
from entrepot.core.credit import Grade
from entrepot.core.messages import Order, Quote, Watch
from entrepot.core.metrics import Metric
from entrepot.core.settlement import WHOLE
from entrepot.errors import InputError
from entrepot.services.spelling import share_of, share_text

_DAY = 86_400
_WATCH = re.compile(r"watch([0-7])")
_SECONDS = re.compile(r">([0-9]{1,9})s")
_FORMS = {
    PerilKind.LEVEL: "level:watch0:30%",
    PerilKind.RUN: "run:watch0:>3600s:30%",
    PerilKind.EXPOSURE: "exposure:watch0:>3600s:30%",
    PerilKind.LOSS: "loss:>=5%:50%",
    PerilKind.DAMAGE: "damage:>=5%:50%",
    PerilKind.REFUSAL: "refusal:100%",
}


@dataclass(frozen=True, slots=True)
class Route:
    """What a tariff asks of a voyage: its mode and its ends, by names and ISO 3166 codes."""

    mode: str
    origin: str
    destination: str


def peril_of(text: str) -> Peril:
    """A peril; `InputError` shows how it is written."""
    name, *parts = text.split(":")
    kind = PerilKind.__members__.get(name.upper(), PerilKind.NONE)
    if kind is PerilKind.NONE:
        known = ", ".join(_FORMS.values())
        raise InputError(f"{text!r} is no peril; there are {known}.")
    form = InputError(f"{text!r} is no such peril: write it as {_FORMS[kind]}.")
    if len(parts) != _FORMS[kind].count(":"):
        raise form
    bps, watch, threshold = share_of(parts[-1]), 0, 0
    if kind.is_watched:
        named = _WATCH.fullmatch(parts[0])
        if named is None:
            raise form
        watch = int(named[1])
    if kind in (PerilKind.RUN, PerilKind.EXPOSURE):
        spelt = _SECONDS.fullmatch(parts[1])
        if spelt is None:
            raise form
        threshold = int(spelt[1])
    elif kind in (PerilKind.LOSS, PerilKind.DAMAGE):
        if not parts[0].startswith(">="):
            raise form
        threshold = share_of(parts[0][2:])
    if not 0 <= threshold < 2**32 or (threshold == 0 and not kind.is_watched and kind < 6):
        raise form
    return Peril(kind, bps, watch, threshold)


def peril_text(peril: Peril) -> str:
    """A peril as people write it."""
    parts = [peril.kind.name.lower()]
    if peril.kind.is_watched:
        parts.append(f"watch{peril.watch}")
    if peril.kind in (PerilKind.RUN, PerilKind.EXPOSURE):
        parts.append(f">{peril.threshold}s")
    elif peril.kind in (PerilKind.LOSS, PerilKind.DAMAGE):
        parts.append(f">={share_text(peril.threshold)}")
    return ":".join([*parts, share_text(peril.bps)])


def require_watched(perils: Sequence[Peril], watches: Sequence[Watch]) -> None:
    """`InputError` where a peril looks at a watch that the shipment does not have."""
    for peril in perils:
        if peril.kind.is_watched and peril.watch >= len(watches):
            raise InputError(
                f"{peril_text(peril)} needs watch {peril.watch}, and the shipment has "
                f"{len(watches) or 'none'}: `entrepot shipment load --watch`."
            )


def premium(
    order: Order, quote: Quote, perils: Sequence[Peril], watches: Sequence[Watch], route: Route,
    grade: Grade,
) -> int:  # fmt: skip
    """What the standard tariff asks for a quote, smallest units; `grade` of the carrier.

    `InputError` for a route that it does not know.
    """
    mode = tariff.Mode.__members__.get(route.mode.upper())
    if mode is None:
        known = ", ".join(each.name.lower() for each in tariff.Mode)
        raise InputError(f"--mode {route.mode!r} is none of {known}.")
    month = datetime.fromtimestamp(order.deliver_by, UTC).month
    refund_days = -(-(order.refund_after - order.deliver_by) // _DAY)
    try:
        terms = pricing.Terms(
            pricing.Delay(quote.grace_days, quote.bps_per_day) if quote.bps_per_day else None,
            tuple(_priced(each, watches) for each in perils),
            quote.deductible_bps,
            min(quote.cap_bps, WHOLE),
        )
        voyage = pricing.Voyage(mode, route.origin, route.destination, month, grade, refund_days)
        return pricing.premium(order.amount, terms, voyage)
    except ValueError as failure:
        raise InputError(f"The tariff gives no premium: {failure}.") from None


def _priced(peril: Peril, watches: Sequence[Watch]) -> pricing.Peril:
    if not peril.kind.is_watched:
        return pricing.Peril(peril.kind, peril.threshold, peril.bps)
    metric = Metric(watches[peril.watch].metric)
    return pricing.Peril(peril.kind, peril.threshold, peril.bps, metric)
