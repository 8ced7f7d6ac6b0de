"""Labels on paper: sheets as PDF, one label as PNG or SVG, in a file or in a folder of several.

A label has two QR codes: at the left what anybody scans, and at the right, to be covered by a
scratch layer, the item's one-time key. Whoever has a printed label before that layer is on can
activate the item, so what is printed is as secret as the keys.

A folder says in `print.json` what is printed into it. Its files appear whole, each at once, so the
same command goes on after an interruption with those that are not there.
"""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args
from xml.sax.saxutils import escape

from entrepot.core.digital_link import DigitalLink
from entrepot.core.items import SCRATCH, ItemMaker, grouped, scratch_code
from entrepot.core.qr import QUIET, symbol
from entrepot.core.signing import Key
from entrepot.errors import InputError, WorkspaceError
from entrepot.services.batch_folder import BatchFolder
from entrepot.services.progress import Progress
from entrepot.storage.files import create_private, exclusive, read_json, sweep, write_json

Format = Literal["pdf", "png", "svg"]
MOST = 50_000
"""Labels in one file."""
_SHEETS = 100
"""Of each PDF in a folder."""
_JOB = "print.json"
_PAGE = (210.0, 297.0)
_POINT = 72 / 25.4
_PIXELS = 12
"""Of a PNG, for a millimetre: 305 dots per inch."""
_DARK = re.compile("1+")
_CODE_LINE = 25
_LEADING = 1.2
_TEXT, _CODE = "Helvetica", "Courier"
_TEXT_SIZE, _CODE_SIZE = 2.3, 1.9
"""Of fonts, in mm, where a line has the room."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Labels on a page of A4; lengths in mm, of which `pitch` is from one label to the next."""

    columns: int
    rows: int
    width: float
    height: float
    pitch: float

    def places(self) -> list[tuple[float, float]]:
        """Left and upper edge of each label, row by row."""
        left = (_PAGE[0] - (self.columns - 1) * self.pitch - self.width) / 2
        top = (_PAGE[1] - self.rows * self.height) / 2
        return [
            (left + column * self.pitch, top + row * self.height)
            for row in range(self.rows)
            for column in range(self.columns)
        ]


GRIDS = {
    "2x7": Grid(2, 7, 99.1, 38.1, 101.6),
    "3x7": Grid(3, 7, 63.5, 38.1, 66.0),
    "3x8": Grid(3, 8, 70.0, 37.0, 70.0),
    "4x10": Grid(4, 10, 48.5, 25.4, 48.5),
    "5x13": Grid(5, 13, 38.1, 21.2, 40.6),
}


@dataclass(frozen=True, slots=True)
class _Symbol:
    """A QR code's rows, framed; left and upper edge and size in mm."""

    rows: list[str]
    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of text; left edge, base line and font size in mm."""

    text: str
    x: float
    y: float
    size: float
    is_code: bool


@dataclass(frozen=True, slots=True)
class _Drawing:
    """A label; lengths in mm."""

    width: float
    height: float
    symbols: list[_Symbol]
    lines: list[_Line]


def print_labels(
    batch: BatchFolder,
    key: Key,
    items: range,
    out: Path,
    progress: Progress,
    *,
    kind: Format,
    grid: str,
) -> int:
    """Prints labels of a batch, whose items are numbered from 0; how many this run has printed.

    A name that ends as the format does is a new file. Any other is a folder of several, of which
    those that an earlier run has printed are kept. `key` opens the batch's secret. `InputError` for
    items that it does not have or a format that cannot hold them, `WorkspaceError` where a label
    does not hold, or there is a file or something else in the folder already.
    """
    if grid not in GRIDS:
        raise InputError(f"{grid!r} is no grid: --grid is one of {', '.join(GRIDS)}.")
    if not items or items[0] < 0 or items[-1] >= batch.file.size:
        raise InputError(f"The batch has items 1 to {batch.file.size}: look at --from and --count.")
    suffix = out.suffix.lower().removeprefix(".")
    if suffix == kind:
        _require_one(items, out, kind)
        sweep(out.parent, out.name)
        printer = _Printer(batch, key, kind, GRIDS[grid], progress)
        progress.stage("Labels", len(items))
        create_private(out, printer.content(items))
        return len(items)
    if suffix in get_args(Format):
        raise InputError(f"{out} is no name for a {kind}: end it in .{kind}, or give a folder.")
    job = {
        "kind": "entrepot labels", "gtin": batch.file.gtin, "lot": batch.file.lot,
        "batch": batch.file.root, "format": kind, "grid": grid,
        "from": items[0] + 1, "count": len(items),
    }  # fmt: skip
    printer = _Printer(batch, key, kind, GRIDS[grid], progress)
    _require_free(out)
    with exclusive(out):
        _begin(out, job)
        sweep(out)
        progress.stage("Labels", len(items))
        printed = 0
        for name, part in _parts(items, kind, GRIDS[grid]):
            if (out / name).exists():
                progress.advance(len(part))
                continue
            create_private(out / name, printer.content(part))
            printed += len(part)
    return printed


def _require_one(items: range, out: Path, kind: Format) -> None:
    """`InputError` or `WorkspaceError` where the labels cannot be printed into one new file."""
    if len(items) > MOST:
        raise InputError(f"A file holds {MOST:,} labels at most: give a folder with --out.")
    if kind != "pdf" and len(items) > 1:
        raise InputError(f"A {kind} holds one label: give --serial, or a folder with --out.")
    if out.exists():
        raise WorkspaceError(f"{out} exists already and is left as it is.")


def _require_free(folder: Path) -> None:
    """`WorkspaceError` where a folder holds anything, and does not say that it is labels."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise WorkspaceError(f"{folder} is a file: give a folder with --out.")
    is_empty = all(path.name.startswith(".") for path in folder.iterdir())
    if not is_empty and not (folder / _JOB).exists():
        raise WorkspaceError(
            f"{folder} holds files of something else: give an empty folder with --out."
        )


def _begin(folder: Path, job: dict[str, Any]) -> None:
    """Says in a folder what is printed into it; `WorkspaceError` where that was something else."""
    if not (folder / _JOB).exists():
        write_json(folder / _JOB, job)
        return
    found = read_json(folder / _JOB)
    begun = found if isinstance(found, dict) else {}
    other = [name for name, value in job.items() if begun.get(name) != value]
    if other:
        raise WorkspaceError(
            f"{folder} holds labels that were printed with another {', '.join(other)}: give "
            "another folder with --out."
        )


def _parts(items: range, kind: Format, grid: Grid) -> Iterator[tuple[str, range]]:
    """Names of a folder's files, and the items of each; people count items from 1."""
    size = grid.columns * grid.rows * _SHEETS if kind == "pdf" else 1
    for at in range(0, len(items), size):
        part = items[at : at + size]
        until = f"-{part[-1] + 1:07}" if kind == "pdf" else ""
        yield f"{part[0] + 1:07}{until}.{kind}", part


class _Printer:
    """Prints labels that hold: each with the signature and the leaf that its batch has of it."""

    def __init__(
        self, batch: BatchFolder, key: Key, kind: Format, grid: Grid, progress: Progress
    ) -> None:
        file = batch.file
        self._batch = batch
        self._maker = ItemMaker(
            batch.secret(key), key, file.salt, int(file.gtin), file.lot_code, file.expires
        )
        self._kind = kind
        self._grid = grid
        self._progress = progress

    def content(self, items: range) -> bytes:
        """A file with the labels of items; `WorkspaceError` where one does not hold."""
        drawings = map(self._drawing, items)
        if self._kind == "pdf":
            return _pdf(drawings, self._grid)
        (drawing,) = drawings
        return _png(drawing) if self._kind == "png" else _svg(drawing)

    def _drawing(self, index: int) -> _Drawing:
        batch, maker = self._batch, self._maker
        label, serial = batch.label(index), batch.serial(index)
        if maker.item(serial, index) != (batch.leaf(index), label.signature):
            raise WorkspaceError(
                f"The label of item {index + 1} is damaged: restore {batch.folder} from a copy."
            )
        drawing = _drawing(label, scratch_code(maker.secret(serial)), self._grid)
        self._progress.advance(1)
        return drawing


def _drawing(label: DigitalLink, code: str, grid: Grid) -> _Drawing:
    width, height = grid.width, grid.height
    margin = 2.5 if height > 30 else 1.0
    tall = height - 2 * margin
    left = margin + tall
    room = width - left - margin
    expiry = f"{label.expiry:%y%m%d}" if label.expiry else None
    values = (("01", f"{label.gtin:014}"), ("10", label.lot), ("21", label.serial), ("17", expiry))
    texts = [f"({ai}) {value}" for ai, value in values if value]
    spelt = grouped(code)
    codes = [spelt[i : i + _CODE_LINE].rstrip() for i in range(0, len(spelt), _CODE_LINE)]
    text_size = min(_TEXT_SIZE, *(_fitting(text, _TEXT, room) for text in texts))
    code_size = min(_CODE_SIZE, _fitting(codes[0], _CODE, room))
    lines = [
        _Line(text, left, margin + (number + 1) * _LEADING * text_size, text_size, False)
        for number, text in enumerate(texts)
    ]
    above = margin + 4.5 * _LEADING * text_size
    scratch = min(room, height - margin - len(codes) * _LEADING * code_size - above)
    lines += [
        _Line(text, left, above + scratch + (number + 0.8) * _LEADING * code_size, code_size, True)
        for number, text in enumerate(codes)
    ]
    symbols = [
        _Symbol(symbol(label.uri()), margin, margin, tall),
        _Symbol(symbol(SCRATCH + code), left, above, scratch),
    ]
    return _Drawing(width, height, symbols, lines)


def _fitting(text: str, font: str, room: float) -> float:
    """Size of a font in mm at which a text fills a room of so many."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    return room / float(stringWidth(text, font, 1))


def _pdf(drawings: Iterable[_Drawing], grid: Grid) -> bytes:
    from reportlab import rl_config
    from reportlab.pdfgen.canvas import Canvas

    rl_config.useA85 = 0
    content = io.BytesIO()
    page = (_PAGE[0] * _POINT, _PAGE[1] * _POINT)
    canvas: Any = Canvas(content, pagesize=page, pageCompression=1, invariant=1)
    canvas.setTitle("Labels")
    places = grid.places()
    for number, drawing in enumerate(drawings):
        if number and number % len(places) == 0:
            canvas.showPage()
        left, top = places[number % len(places)]
        for each in drawing.symbols:
            canvas.addLiteral(_pdf_symbol(each, left, top))
        for line in drawing.lines:
            canvas.setFont(_CODE if line.is_code else _TEXT, line.size * _POINT)
            canvas.drawString(
                (left + line.x) * _POINT, (_PAGE[1] - top - line.y) * _POINT, line.text
            )
    canvas.save()
    return content.getvalue()


def _pdf_symbol(drawn: _Symbol, left: float, top: float) -> str:
    """Dark runs as one path, in a system whose unit is a module and whose y points down."""
    unit = drawn.size / (len(drawn.rows) + 2 * QUIET)
    x, y = left + drawn.x + QUIET * unit, _PAGE[1] - top - drawn.y - QUIET * unit
    scale = f"{unit * _POINT:.5f}"
    runs = _runs(drawn.rows, " {0} {1} {2} 1 re")
    return f"q {scale} 0 0 -{scale} {x * _POINT:.3f} {y * _POINT:.3f} cm{runs} f Q"


def _svg(drawing: _Drawing) -> bytes:
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{drawing.width}mm" '
        f'height="{drawing.height}mm" viewBox="0 0 {drawing.width} {drawing.height}">',
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for each in drawing.symbols:
        unit = each.size / (len(each.rows) + 2 * QUIET)
        x, y = each.x + QUIET * unit, each.y + QUIET * unit
        runs = _runs(each.rows, "M{0} {1}h{2}v1H{0}z")
        parts.append(
            f'<path transform="translate({x:.4f} {y:.4f}) scale({unit:.5f})" d="{runs}" '
            'shape-rendering="crispEdges"/>'
        )
    for line in drawing.lines:
        font = "monospace" if line.is_code else "sans-serif"
        parts.append(
            f'<text x="{line.x:.2f}" y="{line.y:.2f}" font-size="{line.size:.2f}" '
            f'font-family="{font}">{escape(line.text)}</text>'
        )
    return "\n".join([*parts, "</svg>\n"]).encode()


def _png(drawing: _Drawing) -> bytes:
    from PIL import Image, ImageDraw, ImageFont

    size = round(drawing.width * _PIXELS), round(drawing.height * _PIXELS)
    image = Image.new("L", size, 255)
    for each in drawing.symbols:
        width = len(each.rows)
        unit = int(each.size * _PIXELS / (width + 2 * QUIET))
        modules = Image.new("L", (width, width))
        modules.putdata([0 if module == "1" else 255 for row in each.rows for module in row])
        side = width * unit
        free = (each.size * _PIXELS - side) / 2
        place = round(each.x * _PIXELS + free), round(each.y * _PIXELS + free)
        image.paste(modules.resize((side, side), Image.Resampling.NEAREST), place)
    pen = ImageDraw.Draw(image)
    for line in drawing.lines:
        font = ImageFont.load_default(line.size * _PIXELS)
        pen.text((line.x * _PIXELS, line.y * _PIXELS), line.text, fill=0, font=font, anchor="ls")
    content = io.BytesIO()
    dots = _PIXELS * 25.4
    image.save(content, "PNG", dpi=(dots, dots), optimize=True)
    return content.getvalue()


def _runs(rows: list[str], form: str) -> str:
    """Dark runs of a code's rows, each as a form says with its column, row and length."""
    return "".join(
        _run(form, y, *found.span()) for y, row in enumerate(rows) for found in _DARK.finditer(row)
    )


@cache
def _run(form: str, y: int, start: int, end: int) -> str:
    return form.format(start, y, end - start)
