"""What people see: progress on stderr, results on stdout."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from entrepot.core.money import dollars
from entrepot.core.organisation import TreeBranch
from entrepot.network.deployments import Deployment
from entrepot.network.devnet import Devnet
from entrepot.services.audit import Report
from entrepot.services.authority import Standing
from entrepot.services.liability import Verdict
from entrepot.services.participants import ParticipantStanding
from entrepot.services.progress import Progress
from entrepot.services.ratings import Account, ParticipantRating, RoleRating
from entrepot.services.risk import Finding
from entrepot.services.spelling import moment
from entrepot.services.summary import Summary
from entrepot.services.supervision import Supervised

if TYPE_CHECKING:
    from entrepot.services.risk.evaluation import Evaluation

_REJECTED_SHOWN = 10
_EVIDENCE_SHOWN = 10
_VIOLATIONS_SHOWN = 20
_KEYS_SHOWN = 20
_ACTS_SHOWN = 20


class _Bar:
    """One bar at a time; a stage that is over leaves its line."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def stage(self, name: str, total: int | None) -> None:
        self.close()
        self._task = self._bars.add_task(name, total=total)

    def advance(self, count: int) -> None:
        if self._task is not None:
            self._bars.advance(self._task, count)

    def close(self) -> None:
        """Ends the stage."""
        if self._task is not None:
            done = self._bars.tasks[self._task]
            self._bars.update(self._task, total=done.completed or 1, completed=done.completed or 1)


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress bar on stderr where that is a terminal; nothing elsewhere."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Bars(*columns, console=console, disable=not console.is_terminal) as bars:
        bar = _Bar(bars)
        yield bar
        bar.close()


def note(sentence: str) -> None:
    """Something that people should know while a command goes on, on stderr."""
    Console(stderr=True, soft_wrap=True).print(sentence, highlight=False, markup=False)


def summary(found: Summary, folder: Path) -> None:
    """What a run did."""
    out = _out()
    table = _table(f"{found.source}, topology {found.topology}", "", "Orders", "US dollars")
    table.add_row("opened and funded", f"{found.orders:,}", dollars(found.funded_cents))
    table.add_row("released to the seller", f"{found.released:,}", dollars(found.released_cents))
    returned = found.refunded + found.cancelled
    table.add_row("returned to the buyer", f"{returned:,}", dollars(found.refunded_cents))
    held = found.orders - found.released - returned
    table.add_row("held in escrow", f"{held:,}", dollars(found.held_cents))
    table.add_section()
    table.add_row("delivered late", f"{found.late:,}", "")
    table.add_row("insured, premiums", f"{found.policies:,}", dollars(found.premiums_cents))
    table.add_row("claims paid", f"{found.claims:,}", dollars(found.claims_paid_cents))
    table.add_section()
    table.add_row("rejected rows", f"{found.rejected_rows:,}", "")
    out.print(table)
    for each in found.rejected[:_REJECTED_SHOWN]:
        out.print(_plain(f"  line {each.line}, ID {each.row_id or '-'}: {each.reason}"))
    if found.rejected_rows > _REJECTED_SHOWN:
        out.print(f"  and {found.rejected_rows - _REJECTED_SHOWN} more in summary.json")
    rate = found.rate
    speed = f"{rate.transactions_per_second:,.0f} a second"
    if rate.ceiling_per_second and rate.ratio:
        speed += f" ({rate.ratio:.0%} of Anvil's own {rate.ceiling_per_second:,.0f})"
    out.print(
        f"{found.transactions:,} transactions in {found.seconds:.1f} s, {speed}; "
        f"{found.gas_used:,} gas; {_count(found.participants, 'participant')}, "
        f"{_count(found.product_lines, 'product line')}, {_count(found.batches, 'batch')}.",
    )
    out.print(f"Report: {folder / 'report.html'}", soft_wrap=True)
    out.print(f"Check it: entrepot audit --out {shlex.quote(str(folder))}", soft_wrap=True)


def audit(report: Report) -> None:
    """What an audit found."""
    out = _out()
    title = f"Audit of chain {report.chain_id}, blocks {report.first_block} to {report.last_block}"
    table = _table(f"{title}, {report.events:,} events", "Check", "", "Evidence")
    for check in report.checks:
        table.add_row(check.name, "ok" if check.passed else "DIFFERS", Text(check.evidence))
    out.print(table)
    for each in report.violations[:_VIOLATIONS_SHOWN]:
        sentence = f"{each.check}: {each.subject}: expected {each.expected}, found {each.found}"
        out.print(sentence, soft_wrap=True)
    if len(report.violations) > _VIOLATIONS_SHOWN:
        out.print(f"and {len(report.violations) - _VIOLATIONS_SHOWN} more in audit.json")
    out.print(
        "Nothing differs." if report.passed else _count(len(report.violations), "difference") + "."
    )


def deployment(found: Deployment) -> None:
    """What was deployed where."""
    table = _table(f"Chain {found.chain_id}, topology {found.topology}", "Contract", "Address")
    for each in found.contracts.values():
        table.add_row(each.name, each.address)
    _out().print(table)


def devnet(found: Devnet | None) -> None:
    """Where a devnet answers."""
    if found is None:
        _out().print("No devnet runs in this workspace.")
    else:
        _out().print(f"A devnet runs at {found.url} (process {found.pid}).")


def rating(found: ParticipantRating) -> None:
    """A rating."""
    columns = "Role", "Grade", "Score", "Confidence", "Settled", "Last change"
    table = _table(f"Participant {found.id} at {found.at}", *columns)
    overall = RoleRating(
        "all roles", found.grade, found.score, found.confidence, found.settled, found.updated_at
    )
    for each in [overall, *found.by_role]:
        table.add_row(
            each.role.replace("_", " "),
            each.grade,
            _percent(each.score),
            _percent(each.confidence),
            f"{each.settled:,}",
            each.updated_at or "never",
        )
    _out().print(table)
    if found.grade_since:
        _line(f"{found.grade} since {found.grade_since}.")


def grades(account: Account, found: Sequence[Mapping[str, Any]]) -> None:
    """Changes of a grade, and what did each."""
    if not found:
        _line("The grade did not change." if account.entries else "There was never a rating.")
        return
    table = _table(f"Participant {account.id}, times in UTC", "When", "From", "To", "By", "In")
    for each in found:
        by = each["by"]
        told, deal = (by, "") if isinstance(by, str) else (_ended(by), _deal(by))
        table.add_row(each["at"], each["from"], each["to"], told, deal)
    _print_whole(table)


def explanation(found: Mapping[str, Any], top: int) -> None:
    """Why a participant has its grade, by `top` endings on either side."""
    evidence, change = found["evidence"], found["change"]
    _line(
        f"Participant {found['id']} at {found['at']}: {found['grade']}, score "
        f"{_percent(found['score'])}, confidence {_percent(found['confidence'])}"
    )
    _line(f"Evidence that is left: {evidence['good']:.2f} points good, {evidence['bad']:.2f} bad.")
    for side, title in (("up", "What holds it up:"), ("down", "What presses it down:")):
        if found[side]:
            _line(title)
        for each in found[side]:
            own, without = each["evidence"], each["without"]
            _line(f"  {each['at'][:10]}  {_ended(each)}")
            _line(
                f"    {own['good']:.2f} points good and {own['bad']:.2f} bad are left of it; "
                f"without it {without['grade']}, {_percent(without['score'])} "
                f"({-each['moves'] / 100:+.2f})"
            )
            _line(f"    {_deal(each)}, transaction {each['transaction']}")
    if found["others"]:
        has_more = top in (len(found["up"]), len(found["down"]))
        rest = "--top shows more" if has_more else "they change nothing"
        _line(f"And {_count(found['others'], 'other ending')}; {rest}.")
    _line(f"What would change it: {change['sentence']}")
    for each in found["recalls"]:
        _line(
            f"Recalled, which does not score: batch {each['gtin']} {each['lot']}, "
            f"{each['at'][:10]}, transaction {each['transaction']}"
        )


def _ended(found: Mapping[str, Any]) -> str:
    """Something that ended: as whom, with whom, and how."""
    other = found["counterparty"]
    party = f"participant {other}" if other else "a consumer"
    return f"{found['role'].replace('_', ' ')}, with {party}: {found['outcome']}"


def _deal(found: Mapping[str, Any]) -> str:
    noun = "policy" if "policy" in found else "order"
    return f"{noun} {found[noun]}"


def _percent(bps: int) -> str:
    return f"{bps / 100:.2f} %"


def words(found: Sequence[str]) -> None:
    """The words of a seed, numbered."""
    out = _out()
    for start in range(0, len(found), 4):
        row = enumerate(found[start : start + 4], start + 1)
        out.print("  ".join(f"{number:>2}. {word:<10}" for number, word in row))


def fields(found: Mapping[str, str | None]) -> None:
    """A few values with their names, each on a line."""
    for name, value in found.items():
        _out().print(f"{name}: {value}", soft_wrap=True)


def record(found: Mapping[str, Any]) -> None:
    """Values of several kinds with their names, each on a line; those that are none left out."""
    for name, value in found.items():
        text = ", ".join(map(str, value)) if isinstance(value, list) else value
        if text not in (None, ""):
            _out().print(_plain(f"{name.replace('_', ' ')}: {text}"), soft_wrap=True)


def records(found: Sequence[Mapping[str, Any]]) -> None:
    """Several records, an empty line between them."""
    for i, each in enumerate(found):
        if i:
            _line("")
        record(each)


def outline(found: Mapping[str, Any], indent: str = "") -> None:
    """Values that hold others, a line each, the inner ones further in; those that are none left
    out.
    """
    for name, value in found.items():
        title = f"{indent}{name.replace('_', ' ')}:"
        if isinstance(value, Mapping):
            _line(title)
            outline(value, indent + "  ")
        elif isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
            _line(title)
            for each in value:
                _line(f"{indent}  - " + ", ".join(f"{key} {part}" for key, part in each.items()))
        elif value not in (None, "", []):
            text = ", ".join(map(str, value)) if isinstance(value, list) else value
            _line(f"{title} {text}")


def trajectory(found: Sequence[Mapping[str, Any]]) -> None:
    """Who held the goods when and where."""
    table = _table("Custody, times in UTC", "Leg", "Participant", "From", "Since", "Until", "Seal")
    for each in found:
        place = f"{each['place']} ({each['from']})" if each["from"] else ""
        cells = [each["leg"], each["custodian"], place, each["since"], each["until"], each["seal"]]
        table.add_row(*(_plain(str("" if cell is None else cell)) for cell in cells))
    _out().print(table)
    for each in found:
        way = f"{each['km']:,} km" if each["km"] else ""
        told = ", ".join(filter(None, [each["mode"], way, "late" if each["late"] else ""]))
        if told:
            _line(f"leg {each['leg']}: {told}")
        for passed in each["passed"]:
            _line(f"  {passed['at']}  at {passed['location']}")
        for alarm in each["alarms"]:
            _line(f"  {alarm['at']}  {alarm['what']}")


def readings(found: Mapping[str, Any]) -> None:
    """A batch of a device, and what became of it."""
    extremes = ", ".join(
        f"{each['metric']} {each['minimum']} to {each['maximum']}" for each in found["extremes"]
    )
    text = f"batch {found['number']}  {found['started_at']}  {_count(found['count'], 'reading')}"
    _line(f"{text}  {extremes}  {found['status']}")


def liability(found: Sequence[Mapping[str, Any]]) -> None:
    """Who answers for what, and why."""
    for each in found:
        who = "nobody" if each["answers"] is None else f"participant {each['answers']}"
        role = f" ({each['as']}, up to {each['up_to']})" if each["up_to"] else ""
        role = role or (f" ({each['as']})" if each["as"] else "")
        at = f" at {each['at']}" if each["at"] else ""
        _line(f"{each['cause']}{at}: {each['what']}")
        _line(f"  answers: {who}{role}; {each['because']}")
    if not found:
        _line("Nothing went wrong.")


def evidence(found: Verdict) -> None:
    """Whether evidence of liability holds."""
    acts_for = f", for participant {found.acts_for}" if found.acts_for else ""
    _line(f"order {found.order} at block {found.block}, signed by {found.signer}{acts_for}")
    for each in found.differences:
        _line(f"{each['where']}: {each['bundle']}, but the chain has {each['chain']}")
    if found.differences:
        _line(_count(len(found.differences), "difference") + ".")
    else:
        liability(found.findings)
        _line("Nothing differs.")


def findings(found: Sequence[Finding]) -> None:
    """Warnings by score, each with its reason, whom it is about and the evidence."""
    for each in found:
        _line(f"{each.score:.2f}  {each.kind}: {each.reason}")
        _line(f"      {', '.join(each.subjects)}")
        for row in each.evidence[:_EVIDENCE_SHOWN]:
            told = (f"{name.replace('_', ' ')} {_told(value)}" for name, value in row.items())
            _line(f"      - {', '.join(told)}")
        if len(each.evidence) > _EVIDENCE_SHOWN:
            _line(f"      and {len(each.evidence) - _EVIDENCE_SHOWN} more with --json")
    _line(f"{_count(len(found), 'warning')}." if found else "Nothing is suspect.")


def _told(value: Any) -> str:
    """A value of evidence in words."""
    if isinstance(value, Mapping):
        return " ".join(f"{name} {part}" for name, part in value.items())
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def evaluation(found: "Evaluation") -> None:
    """How well late deliveries were forecast."""
    out = _out()
    title = (
        f"{found.forecasts:,} forecasts from {found.first} to {found.last}, {found.late:,} late;"
        f" {found.without_model:,} made without a model"
    )
    columns = "AUC", "± s.e.", "Av. precision", "Brier", "Precision", "Recall", "Warned"
    table = _table(title, "Method", *columns)
    for each in found.measures:
        figures = each.auc, each.auc_error, each.average_precision, each.brier
        shares = each.precision, each.recall
        table.add_row(
            each.method, *(f"{figure:.3f}" for figure in (*figures, *shares)), f"{each.warned:,}"
        )
    out.print(table)
    methods = [each.method for each in found.measures]
    table = _table("AUC by year of decision", "Year", "Forecasts", "Late", *methods)
    for year in found.years:
        areas = (f"{year.auc[name]:.3f}" for name in methods)
        table.add_row(str(year.year), f"{year.voyages:,}", f"{year.late:,}", *areas)
    out.print(table)
    table = _table("Forecast and observed", "Probability", "Forecasts", "Mean forecast", "Late")
    for one in found.bins:
        span = f"{one.low:.2f} to {one.high:.2f}"
        table.add_row(span, f"{one.voyages:,}", f"{one.forecast:.3f}", f"{one.observed:.3f}")
    out.print(table)
    out.print(
        f"AUC of the model less that of the seller's share: {found.gain:+.3f},"
        f" 95 % of draws of whole days within {found.gain_low:+.3f} to {found.gain_high:+.3f}."
    )


def _line(text: str) -> None:
    _out().print(_plain(text), soft_wrap=True)


def participant(found: ParticipantStanding) -> None:
    """A participant."""
    value = asdict(found)
    guard, move = value.pop("guard"), value.pop("move")
    qualifications = value.pop("qualifications")
    record(value)
    if guard is not None:
        guard["delay"] = f"{guard['delay'] // 86_400} days"
        record({f"guard, {name}": each for name, each in guard.items()})
    if move is not None:
        record({f"move of the root, {name}": each for name, each in move.items()})
    for each in qualifications:
        record({"qualification": each.pop("kind"), **each})


def supervised(found: Sequence[Supervised]) -> None:
    """Addresses of a branch, and what they did."""
    out = _out()
    for each in found:
        standing = each.standing
        state = "valid" if standing.is_valid else f"not valid: {standing.reason}"
        functions = ", ".join(standing.functions) or "no functions"
        out.print(_plain(f"{each.place}  {each.address}  {functions}; {state}"), soft_wrap=True)
        for act in each.acts[:_ACTS_SHOWN]:
            at = datetime.fromtimestamp(act.timestamp, UTC).strftime("%Y-%m-%d %H:%M")
            text = f"    {at}  {act.how:<6}  {act.contract}.{act.event}  {act.transaction}"
            out.print(text, soft_wrap=True)
        if len(each.acts) > _ACTS_SHOWN:
            out.print(f"    and {len(each.acts) - _ACTS_SHOWN} more with --json")
    out.print(f"{_count(len(found), 'address')} seen.")


def tree(
    organisation: str, branches: Sequence[TreeBranch], standings: Mapping[str, Standing]
) -> None:
    """An organisation: units, functions, and the first keys of each, with their standings if any
    were asked for.
    """
    drawn = Tree(organisation)
    units: dict[str, Tree] = {}
    for each in branches:
        unit = units.setdefault(each.branch.unit, Tree(each.branch.unit))
        kind = "sealed" if each.branch.is_sealed else "supervised"
        function = unit.add(f"{each.branch.function}  {kind}  {each.path}")
        for key in each.keys[:_KEYS_SHOWN]:
            place = key.path.removeprefix(each.path)
            state = _state(standings.get(key.address))
            function.add(f"{key.name}  …{place}  level {key.level}  {key.address}{state}")
        if len(each.keys) > _KEYS_SHOWN:
            function.add(f"and {len(each.keys) - _KEYS_SHOWN} more with --json")
    drawn.children.extend(units.values())
    _print_whole(drawn)


def _state(standing: Standing | None) -> str:
    if standing is None:
        return ""
    if not standing.is_valid:
        return f"  not valid: {standing.reason}"
    until = moment(standing.expiry) if standing.expiry is not None else None
    return f"  {', '.join(standing.usable)}" + (f" until {until}" if until else "")


def _print_whole(found: Tree | Table) -> None:
    """Nobody can use half an address or id: lines are as long as they are, however narrow the
    screen.
    """
    whole = Console(
        width=Console(width=10**4).measure(found).maximum, markup=False, highlight=False
    )
    whole.print(found)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=Text(_plain(title)), title_justify="left")
    for column in columns:
        is_number = column in ("Orders", "US dollars", "Score", "Confidence", "Settled")
        table.add_column(column, justify="right" if is_number else "left")
    return table


def _out() -> Console:
    """Prints texts as they are: names and paths come from strangers."""
    return Console(markup=False, highlight=False, emoji=False)


def _plain(text: str) -> str:
    """Without the characters that steer a terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _count(number: int, noun: str) -> str:
    plural = noun + ("es" if noun.endswith(("ch", "ss")) else "s")
    return f"{number:,} {noun if number == 1 else plural}"
