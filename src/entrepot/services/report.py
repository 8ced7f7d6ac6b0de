"""A run as a page for people: one HTML file without scripts or anything to fetch."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape

from entrepot.core.money import cents_of_units, dollars
from entrepot.core.roles import Role
from entrepot.core.shipments import DAY
from entrepot.services.books import Books
from entrepot.services.summary import Run, Summary

_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 860, 220, 90, 28
_BIN_DAYS = 5
_MOST_DAYS = 60
_SELLERS = 12
_ROWS = 50

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2330; --soft: #667085; --line: #d8dce5; --paper: #fff;
  --blue: #2f6db5; --red: #c2493d; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7eaf0; --soft: #98a2b3; --line: #3a4252;
  --paper: #171b22; --blue: #6ba4e7; --red: #e58074; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 900px; margin: 2.5rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .4rem; }
p { color: var(--soft); margin: .2rem 0 .8rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
td { overflow-wrap: anywhere; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: left; }
th { font-weight: 600; } .n { text-align: right; white-space: nowrap; }
svg { width: 100%; height: auto; } text { fill: var(--soft); font-size: 12px; }
.grid { stroke: var(--line); } .area { fill: var(--blue); fill-opacity: .25; stroke: var(--blue); }
.early { fill: var(--blue); } .late { fill: var(--red); }
"""


def page(summary: Summary, run: Run) -> str:
    """The whole page."""
    books = run.books
    parts = [
        f"<h1>{escape(summary.source)}</h1>",
        f"<p>Orders: {summary.orders:,}; topology: {escape(summary.topology)}; "
        f"{summary.transactions:,} transactions, {summary.gas_used:,} gas.</p>",
        _outcome(summary),
        "<h2>Money in escrow</h2><p>Price of all open orders, US dollars, by the chain's clock</p>",
        _held(books),
        "<h2>Deliveries against the agreed day</h2>"
        f"<p>Shipments by days early (negative) or late, {_BIN_DAYS} days to a bar, "
        f"{_MOST_DAYS} and more at the ends</p>",
        _lateness(books),
        f"<h2>Sellers by value</h2><p>Ratings as the chain computes them at its last block; "
        f"the {_SELLERS} largest</p>",
        _sellers(books, run.names, run.ended_at),
    ]
    if summary.rejected:
        parts.append(f"<h2>Rejected rows</h2><p>{summary.rejected_rows} of them</p>")
        parts.append(_rejected(summary))
    title = f"Entrepôt: {escape(summary.source)}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _outcome(summary: Summary) -> str:
    returned = summary.refunded + summary.cancelled
    rows = [
        ("Funded", summary.orders, summary.funded_cents),
        ("Released to the seller", summary.released, summary.released_cents),
        ("Returned to the buyer", returned, summary.refunded_cents),
        ("Held", summary.orders - summary.released - returned, summary.held_cents),
        ("Delivered late", summary.late, None),
        ("Insured, premiums", summary.policies, summary.premiums_cents),
        ("Claims paid", summary.claims, summary.claims_paid_cents),
    ]
    return _table(
        ("", "Orders", "US dollars"),
        [(name, f"{n:,}", "" if cents is None else dollars(cents)) for name, n, cents in rows],
    )


def _held(books: Books) -> str:
    changes: Counter[int] = Counter()
    for entry in books.orders.values():
        changes[entry.opened_at] += entry.order.amount
        if entry.ended_at:
            changes[entry.ended_at] -= entry.order.amount
    held, points = 0, []
    for at in sorted(changes):
        points.append((at, held))
        held += changes[at]
        points.append((at, held))
    first, last = points[0][0], max(points[-1][0], points[0][0] + 1)
    top = max(units for _, units in points)
    path = " ".join(
        f"{_x((at - first) / (last - first)):.1f},{_y(units / top):.1f}" for at, units in points
    )
    base = f"{_x(1):.1f},{_y(0):.1f} {_x(0):.1f},{_y(0):.1f}"
    marks = [(share, dollars(cents_of_units(int(top * share)))[:-3]) for share in (0, 0.5, 1)]
    years = [
        ((at - first) / (last - first), str(year))
        for year in range(_year(first) + 1, _year(last) + 1)
        for at in (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()),)
    ]
    if len(years) < 2:
        years = [(0.0, _day(first)), (1.0, _day(last))]
    return _svg(f'<polygon class="area" points="{path} {base}"/>', marks, years)


def _lateness(books: Books) -> str:
    bins: Counter[int] = Counter()
    for shipment in books.shipments.values():
        delivered = shipment.facts["deliveredAt"]
        if delivered:
            late = -((books.orders[shipment.order_id].order.deliver_by - delivered) // DAY)
            clipped = max(-_MOST_DAYS, min(_MOST_DAYS, late))
            bins[-(-clipped // _BIN_DAYS)] += 1
    first, last = -(_MOST_DAYS // _BIN_DAYS), _MOST_DAYS // _BIN_DAYS
    top = max(bins.values(), default=0)
    top += top % 2 or 2 * (top == 0)
    step = 1 / (last - first + 1)
    bars = []
    for i, number in enumerate(range(first, last + 1)):
        x, y = _x(i * step), _y(bins[number] / top)
        kind = "late" if number > 0 else "early"
        bars.append(
            f'<rect class="{kind}" x="{x + 1:.1f}" y="{y:.1f}" '
            f'width="{_x(step) - _x(0) - 2:.1f}" height="{_y(0) - y:.1f}">'
            f"<title>{bins[number]:,} up to {number * _BIN_DAYS} days</title></rect>"
        )
    marks = [(share, f"{int(top * share):,}") for share in (0, 0.5, 1)]
    days = [
        ((number - first + 1) * step, str(number * _BIN_DAYS))
        for number in range(first, last + 1)
        if number % 4 == 0
    ]
    return _svg("".join(bars), marks, days)


def _sellers(books: Books, names: dict[int, str], now: int) -> str:
    value: Counter[int] = Counter()
    orders: Counter[int] = Counter()
    for entry in books.orders.values():
        value[entry.order.seller_id] += entry.order.amount
        orders[entry.order.seller_id] += 1
    rows = []
    for number, units in value.most_common(_SELLERS):
        rating = books.credit[number].rating_in(Role.SELLER, now)
        rows.append(
            (
                names.get(number, f"Participant {number}"),
                f"{orders[number]:,}",
                dollars(cents_of_units(units)),
                rating.grade.name,
                f"{rating.score / 100:.1f} %",
                f"{rating.confidence / 100:.1f} %",
            )
        )
    return _table(("Seller", "Orders", "US dollars", "Grade", "Score", "Confidence"), rows)


def _rejected(summary: Summary) -> str:
    rows = [(str(row.line), row.row_id, row.reason) for row in summary.rejected[:_ROWS]]
    more = summary.rejected_rows - len(rows)
    return _table(("Line", "ID", "Reason"), rows) + (f"<p>and {more} more</p>" if more else "")


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    numeric = {"Orders", "US dollars", "Score", "Confidence", "Line"}
    kinds = [' class="n"' if name in numeric else "" for name in header]
    head = "".join(f"<th{k}>{escape(name)}</th>" for k, name in zip(kinds, header, strict=True))
    body = "".join(
        "<tr>"
        + "".join(f"<td{k}>{escape(cell)}</td>" for k, cell in zip(kinds, row, strict=True))
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


_Marks = Sequence[tuple[float, str]]


def _svg(shapes: str, marks: _Marks, ticks: _Marks) -> str:
    """Axes with `marks` upwards and `ticks` along, both as shares of the whole, and the shapes."""
    lines = "".join(
        f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH}" y1="{_y(at):.1f}" y2="{_y(at):.1f}"/>'
        f'<text x="{_LEFT - 8}" y="{_y(at) + 4:.1f}" text-anchor="end">{escape(text)}</text>'
        for at, text in marks
    )
    along = "".join(
        f'<text x="{_x(at):.1f}" y="{_HEIGHT - 8}" text-anchor="{_anchor(at)}">'
        f"{escape(text)}</text>"
        for at, text in ticks
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH + 10} {_HEIGHT}" role="img" aria-label="chart">'
        f"{lines}{shapes}{along}</svg>"
    )


def _anchor(share: float) -> str:
    return "start" if share < 0.02 else "end" if share > 0.98 else "middle"


def _x(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT)


def _y(share: float) -> float:
    return (_HEIGHT - _BOTTOM) - share * (_HEIGHT - _BOTTOM - 10)


def _year(at: int) -> int:
    return datetime.fromtimestamp(at, UTC).year


def _day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()
