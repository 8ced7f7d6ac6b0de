"""Money that comes back: settled orders in which a sum goes round through at most five participants
and returns, nearly the same, within a time. Two who buy from each other are the smallest ring.

Rings are cycles of the graph of payments (networkx); a cycle counts where payments follow one
another in time. What it takes is bounded: cycles are looked for in strongly connected parts only,
the shortest first, and no more than `MOST_CYCLES` of each length.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from entrepot.core.shipments import DAY
from entrepot.services.risk.findings import Finding, Kind, MoneyText, party, percent
from entrepot.services.risk.history import History
from entrepot.services.spelling import moment

LONGEST = 5
"""Participants in a ring at most."""
WINDOW = 90 * DAY
"""Seconds from the first payment of a round to its last."""
SIMILAR = 0.9
"""Of a round's first payment and any other, the smaller is at least this share of the larger."""
LEAST_SHARE = 0.2
"""Share of what its participants settled that runs in a ring, below which it may be chance."""
MOST_CYCLES = 100_000
"""Cycles of one length, and shorter ones, that are looked at in one connected part of the graph."""

Party = int | str


@dataclass(frozen=True, slots=True)
class Payment:
    """A settled order: what its seller got from its buyer, in the token's smallest unit, and when,
    seconds UTC.
    """

    order: str
    at: int
    payer: Party
    payee: Party
    token: str
    amount: int


@dataclass(frozen=True, slots=True)
class Ring:
    """Participants in the order in which money passes them, and the rounds that it made.

    `share`: of all that its participants paid or were paid among whomever, what ran in the ring.
    """

    parties: tuple[Party, ...]
    rounds: tuple[tuple[Payment, ...], ...]
    share: float

    @property
    def value(self) -> int:
        """What ran in it, in the token's smallest unit."""
        return sum(each.amount for each in self.payments)

    @property
    def payments(self) -> list[Payment]:
        """All payments of its rounds."""
        return [each for one in self.rounds for each in one]


def payments(history: History) -> list[Payment]:
    """What sellers got for orders that ended."""
    found = []
    for number, entry in history.books.orders.items():
        got = sum(each.amount for each in entry.payments if each.payee == entry.seller_side)
        if entry.ended_at and got:
            order = entry.order
            payer = order.buyer_id or order.buyer
            found.append(
                Payment(
                    f"0x{number.hex()}", entry.ended_at, payer, order.seller_id, order.token, got
                )
            )
    return found


def rings(found: Iterable[Payment]) -> list[Ring]:
    """Rings in which a noticeable share of their participants' trade runs, the largest share
    first.
    """
    by_token: defaultdict[str, list[Payment]] = defaultdict(list)
    for each in sorted(found, key=lambda payment: (payment.at, payment.order)):
        by_token[each.token].append(each)
    seen = [ring for paid in by_token.values() for ring in _rings(paid)]
    return sorted(seen, key=lambda ring: (-ring.share, str(ring.parties)))


def findings(history: History, text: MoneyText) -> list[Finding]:
    """Rings of a deployment."""
    return [_finding(each, text) for each in rings(payments(history))]


def _rings(paid: Sequence[Payment]) -> Iterator[Ring]:
    """Rings of payments in one token, which are in order of time."""
    between: defaultdict[tuple[Party, Party], list[Payment]] = defaultdict(list)
    traded: Counter[Party] = Counter()
    for each in paid:
        between[each.payer, each.payee].append(each)
        for one in {each.payer, each.payee}:
            traded[one] += each.amount
    for cycle in _cycles(between):
        rounds = tuple(_rounds(cycle, between))
        if not rounds:
            continue
        ran: Counter[Party] = Counter()
        for each in (payment for one in rounds for payment in one):
            for one in {each.payer, each.payee}:
                ran[one] += each.amount
        share = sum(ran.values()) / sum(traded[each] for each in cycle)
        if share >= LEAST_SHARE:
            yield Ring(cycle, rounds, share)


def _cycles(between: Iterable[tuple[Party, Party]]) -> Iterator[tuple[Party, ...]]:
    """Simple cycles of at most `LONGEST` participants, short ones first, each from its smallest
    member on.
    """
    import networkx

    graph = networkx.DiGraph(sorted(between, key=str))
    for part in sorted(
        networkx.strongly_connected_components(graph), key=lambda each: sorted(map(str, each))
    ):
        inner = networkx.DiGraph(sorted(graph.subgraph(part).edges, key=str))
        for length in range(1, LONGEST + 1):
            found = networkx.simple_cycles(inner, length_bound=length)
            for cycle in islice(found, MOST_CYCLES):
                if len(cycle) == length:
                    start = cycle.index(min(cycle, key=str))
                    yield tuple(cycle[start:] + cycle[:start])


def _rounds(
    cycle: tuple[Party, ...], between: dict[tuple[Party, Party], list[Payment]]
) -> Iterator[tuple[Payment, ...]]:
    """Rounds of a cycle, begun anywhere in it; each payment belongs to one at most."""
    edges = list(zip(cycle, (*cycle[1:], cycle[0]), strict=True))
    begins = [(first, i) for i, edge in enumerate(edges) for first in between[edge]]
    used: set[str] = set()
    for first, i in sorted(begins, key=lambda each: (each[0].at, each[0].order)):
        if first.order not in used:
            following = [between[edge] for edge in (*edges[i + 1 :], *edges[:i])]
            trail = _trail(first, following, used)
            if trail is not None:
                used.update(each.order for each in trail)
                yield tuple(trail)


def _trail(
    first: Payment, following: Sequence[Sequence[Payment]], used: set[str]
) -> list[Payment] | None:
    """A round from its first payment on; of each edge the earliest payment that fits, which leaves
    the most time for the others.
    """
    trail = [first]
    for edge in following:
        begins = bisect_left(edge, trail[-1].at, key=lambda each: each.at)
        for each in islice(edge, begins, None):
            if each.at > first.at + WINDOW:
                return None
            low, high = sorted((each.amount, first.amount))
            if low >= SIMILAR * high and each.order not in used:
                trail.append(each)
                break
        else:
            return None
    return trail


def _finding(ring: Ring, text: MoneyText) -> Finding:
    names = [_name(each) for each in ring.parties]
    first = ring.payments[0]
    way = " → ".join([*names, names[0]])
    rounds = "once" if len(ring.rounds) == 1 else f"{len(ring.rounds):,} times"
    return Finding(
        Kind.TRADE_RING,
        round(ring.share, 4),
        f"money came back {rounds}: {way}, {text(first.token, ring.value)} in all,"
        f" {percent(ring.share)} of what they settled",
        tuple(names),
        tuple(
            {
                "order": each.order,
                "round": number,
                "paid_by": each.payer,
                "paid_to": each.payee,
                "amount": text(each.token, each.amount),
                "settled_at": moment(each.at),
            }
            for number, one in enumerate(ring.rounds, 1)
            for each in one
        ),
    )


def _name(each: Party) -> str:
    return party(each) if isinstance(each, int) else party(0, each)
