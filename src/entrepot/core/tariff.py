"""What the standard tariff of cover rests on: frequencies, severities and their factors.

docs/insurance-model.md (Pricing) says where each number comes from. Frequencies are integers
of a stated unit, so that a premium is the same on every machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from fractions import Fraction
from functools import cache
from itertools import pairwise

from entrepot.core.credit import Grade
from entrepot.core.metrics import Metric

DAYS = (0, 1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180)
"""Days late that the distribution is known at; between them it is a straight line."""

Curve = tuple[tuple[int, int], ...]
"""Thresholds, ascending from 0, and how many in 1,000 events exceed each; straight between them,
the last one's beyond them.
"""


class Mode(IntEnum):
    """How goods travel."""

    AIR = 1
    CHARTER = 2
    OCEAN = 3
    ROAD = 4
    RAIL = 5


class Zone(StrEnum):
    """Parts of the world with one weather and one standard of ports."""

    AFRICA = "Africa"
    EAST_ASIA = "East and South-East Asia"
    EURASIA = "Russia, Caucasus, Central Asia"
    EUROPE = "Europe"
    LATIN_AMERICA = "Latin America, Caribbean"
    MIDDLE_EAST = "Middle East"
    NORTH_AMERICA = "North America"
    OCEANIA = "Oceania"
    SOUTH_ASIA = "South Asia"


@dataclass(frozen=True, slots=True)
class Season:
    """Months from `first` to `last`, over the year's end where it is the smaller, in which
    something happens `percent` as often as in the mean of the year; less often in the others.
    """

    first: int
    last: int
    percent: int

    def factor(self, month: int) -> Fraction:
        """Frequency in a month relative to the year's mean."""
        length = (self.last - self.first) % 12 + 1
        if (month - self.first) % 12 < length:
            return Fraction(self.percent, 100)
        return Fraction(1200 - length * self.percent, 100 * (12 - length))


@dataclass(frozen=True, slots=True)
class Ends:
    """What the place where a voyage begins or ends adds: lateness in percent of the mean, storms,
    heat, and refusals by its customs in 100,000 shipments.
    """

    port: int
    storms: Season
    heat: Season
    refusals: int


@dataclass(frozen=True, slots=True, eq=False)
class Tariff:
    """All numbers that a premium depends on, beside the policy's own.

    `later`: shipments seen by mode, and how many of them came later than each of `DAYS`;
    `credibility`: own shipments at which a record counts half; `months`: percent of lateness by
    month of the deadline. Frequencies `outside`, `lost` and `damaged` in 10,000 shipments between
    zones. `near_*`: percent of them for a voyage within one zone. `longest`, `total`: seconds
    outside the band of shipments that leave it; `share_*`: share of the goods in basis points.
    Rates in basis points: `loading` of the expected payout, `expenses` and `profit` of the
    premium, `minimum` of the most that the policy pays.
    """

    later: Mapping[Mode, tuple[int, ...]]
    credibility: int
    months: tuple[int, ...]
    ends: Mapping[Zone, Ends]
    grades: Mapping[Grade, int]
    outside: Mapping[Metric, Mapping[Mode, int]]
    lost: Mapping[Mode, int]
    damaged: Mapping[Mode, int]
    near_late: int
    near_outside: int
    longest: Mapping[Metric, Curve]
    total: Mapping[Metric, Curve]
    share_lost: Curve
    share_damaged: Curve
    loading: int
    expenses: int
    profit: int
    minimum: int


@cache
def lateness(tariff: Tariff, mode: Mode) -> tuple[Fraction, ...]:
    """Entry d: share of a mode's shipments that come more than d days late, before any factor.

    The fewer shipments were seen of the mode, the more those of all modes count.
    """
    seen, *later = tariff.later[mode]
    every, *both = (sum(column) for column in zip(*tariff.later.values(), strict=True))
    k = tariff.credibility
    pairs = zip(later, both, strict=True)
    known = [(own + k * Fraction(all_modes, every)) / (seen + k) for own, all_modes in pairs]
    days = []
    for (low, above), (high, beyond) in pairwise(zip(DAYS, known, strict=True)):
        days += [above - (above - beyond) * (d - low) / (high - low) for d in range(low, high)]
    return tuple(days)


def exceeding(curve: Curve, threshold: int) -> Fraction:
    """Share of events beyond a threshold."""
    for (low, above), (high, beyond) in pairwise(curve):
        if threshold <= high:
            slope = Fraction((above - beyond) * (threshold - low), high - low)
            return (above - slope) / 1000
    return Fraction(curve[-1][1], 1000)


_COUNTRIES = {
    Zone.AFRICA: """
        AO BF BI BJ BV BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW IO KE KM LR LS LY MA
        MG ML MR MU MW MZ NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TF TG TN TZ UG YT ZA ZM ZW
    """,
    Zone.EAST_ASIA: "BN CN HK ID JP KH KP KR LA MM MN MO MY PH SG TH TL TW VN",
    Zone.EURASIA: "AM AZ BY GE KG KZ RU TJ TM UZ",
    Zone.EUROPE: """
        AD AL AT AX BA BE BG CH CY CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU
        LV MC MD ME MK MT NL NO PL PT RO RS SE SI SJ SK SM UA VA
    """,
    Zone.LATIN_AMERICA: """
        AG AI AR AW BB BL BO BQ BR BS BZ CL CO CR CU CW DM DO EC FK GD GF GP GS GT GY HN HT JM KN KY
        LC MF MQ MS MX NI PA PE PR PY SR SV SX TC TT UY VC VE VG VI
    """,
    Zone.MIDDLE_EAST: "AE BH IL IQ IR JO KW LB OM PS QA SA SY TR YE",
    Zone.NORTH_AMERICA: "BM CA GL PM US",
    Zone.OCEANIA: """
        AQ AS AU CC CK CX FJ FM GU HM KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV UM VU WF WS
    """,
    Zone.SOUTH_ASIA: "AF BD BT IN LK MV NP PK",
}


@cache
def _zones() -> Mapping[str, Zone]:
    return {code: zone for zone, codes in _COUNTRIES.items() for code in codes.split()}


def zone_of(country: str) -> Zone:
    """Zone of a country, by its two letters of ISO 3166; `ValueError` where there is none."""
    try:
        return _zones()[country]
    except KeyError:
        raise ValueError(
            f"{country!r} is no country: two capital letters of ISO 3166-1, such as FR"
        ) from None


_IN_TRANSIT: Curve = (
    (0, 1000), (900, 810), (3_600, 520), (14_400, 210), (43_200, 70), (86_400, 27), (259_200, 4),
    (604_800, 0),
)  # fmt: skip
_IN_ALL: Curve = (
    (0, 1000), (900, 820), (3_600, 540), (14_400, 225), (43_200, 80), (86_400, 32), (259_200, 5),
    (604_800, 0),
)  # fmt: skip
_BLOWS: Curve = ((0, 1000), (1, 500), (10, 20), (60, 0))


def _by_mode(*numbers: int) -> Mapping[Mode, int]:
    return dict(zip(Mode, numbers, strict=True))


STANDARD = Tariff(
    later={
        Mode.AIR: (1845, 171, 153, 144, 133, 122, 104, 88, 70, 52, 38, 23, 13, 10, 9, 1),
        Mode.CHARTER: (202, 22, 19, 18, 18, 13, 12, 7, 7, 2, 2, 1, 0, 0, 0, 0),
        Mode.OCEAN: (114, 25, 24, 24, 24, 24, 20, 20, 18, 17, 15, 9, 6, 3, 1, 0),
        Mode.ROAD: (829, 148, 139, 137, 131, 109, 99, 79, 50, 27, 13, 9, 2, 0, 0, 0),
        Mode.RAIL: (0,) * 16,
    },
    credibility=42,
    months=(131, 104, 101, 96, 102, 87, 111, 94, 93, 92, 105, 83),
    ends={
        Zone.AFRICA: Ends(110, Season(3, 5, 120), Season(12, 3, 110), 300),
        Zone.EAST_ASIA: Ends(90, Season(7, 10, 140), Season(6, 8, 140), 200),
        Zone.EURASIA: Ends(110, Season(11, 3, 140), Season(6, 8, 150), 300),
        Zone.EUROPE: Ends(80, Season(11, 3, 140), Season(6, 8, 150), 150),
        Zone.LATIN_AMERICA: Ends(105, Season(8, 10, 140), Season(12, 2, 120), 250),
        Zone.MIDDLE_EAST: Ends(95, Season(6, 8, 120), Season(5, 9, 150), 250),
        Zone.NORTH_AMERICA: Ends(80, Season(11, 3, 140), Season(6, 8, 150), 150),
        Zone.OCEANIA: Ends(90, Season(1, 3, 130), Season(12, 2, 150), 200),
        Zone.SOUTH_ASIA: Ends(100, Season(6, 9, 150), Season(4, 6, 150), 250),
    },
    grades={
        Grade.AAA: 73,
        Grade.AA: 87,
        Grade.A: 108,
        Grade.NR: 125,
        Grade.BBB: 136,
        Grade.BB: 164,
        Grade.B: 192,
        Grade.CCC: 219,
        Grade.CC: 247,
        Grade.C: 275,
        Grade.D: 317,
    },
    outside={
        Metric.TEMPERATURE: _by_mode(600, 450, 750, 650, 650),
        Metric.HUMIDITY: _by_mode(400, 300, 1_200, 400, 500),
        Metric.SHOCK: _by_mode(500, 400, 400, 600, 700),
    },
    lost=_by_mode(30, 20, 25, 50, 40),
    damaged=_by_mode(60, 50, 120, 124, 110),
    near_late=90,
    near_outside=60,
    longest={
        Metric.TEMPERATURE: _IN_TRANSIT,
        Metric.HUMIDITY: _IN_TRANSIT,
        Metric.SHOCK: _BLOWS,
    },
    total={Metric.TEMPERATURE: _IN_ALL, Metric.HUMIDITY: _IN_ALL, Metric.SHOCK: _BLOWS},
    share_lost=(
        (0, 1000), (100, 900), (500, 600), (1_000, 430), (2_500, 230), (5_000, 120), (10_000, 53),
    ),
    share_damaged=(
        (0, 1000), (100, 865), (500, 510), (1_000, 330), (2_500, 150), (5_000, 65), (10_000, 24),
    ),
    loading=2_000,
    expenses=1_500,
    profit=500,
    minimum=10,
)  # fmt: skip
"""The tariff that `docs/insurance-model.md` states."""
