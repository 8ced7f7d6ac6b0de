"""Printed labels, read back from pictures of them."""

import io
import re
import xml.etree.ElementTree as ET
from datetime import date
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageDraw

from entrepot.core.digital_link import DigitalLink
from entrepot.core.items import SCRATCH, grouped, secret_of_code
from entrepot.core.keys import Wallet
from entrepot.core.labels import code, item_key
from entrepot.errors import InputError, SealError, WorkspaceError
from entrepot.services import label_sheets
from entrepot.services.batch_folder import SERIALS, SIGNATURES, BatchFolder
from entrepot.services.commission import Asked, commission, listed
from entrepot.services.label_sheets import GRIDS, Format, Grid, print_labels
from entrepot.services.progress import Silent
from entrepot.storage.files import exclusive
from tests.package.deadly import Deadly, Killed
from tests.package.registry import KEY, SALT, Registry, acting, names

GTIN = 9506000134352
LOT = "W" * 20
DOTS = 300
MILLIMETRE = DOTS / 25.4
SIZE = 70
QR = zxingcpp.BarcodeFormat.QRCode


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> BatchFolder:
    """A batch whose labels are as long as labels can be."""
    folder = tmp_path_factory.mktemp("batch")
    serials = folder / "serials.csv"
    serials.write_text("".join(f"WWWWWWWWWWWWWWWW_{i:03}\n" for i in range(SIZE)))
    asked = Asked(GTIN, LOT, date(2028, 1, 31), listed(serials))
    commission(Registry().office, acting(), folder / "batch", asked, Silent())
    return BatchFolder(folder / "batch")


def printed(batch: BatchFolder, out: Path, items: range, **options: Any) -> bytes:
    given = {"kind": "pdf", "grid": "3x8", **options}
    print_labels(batch, KEY, items, out, Silent(), **given)
    return out.read_bytes()


def assert_holds(batch: BatchFolder, index: int, image: Image.Image) -> None:
    """The picture shows one label, with its scratch code."""
    code_text, label = sorted(found.text for found in zxingcpp.read_barcodes(image, formats=QR))
    link = DigitalLink.parse(label)
    assert link == batch.label(index)
    assert link.signer(SALT) == KEY.address
    one_time = item_key(batch.secret(KEY), GTIN, code(LOT), code(link.serial))
    assert code_text.startswith(SCRATCH)
    assert secret_of_code(code_text) == one_time.private.secret


Box = tuple[int, int, int, int]


def box(grid: Grid, place: tuple[float, float]) -> Box:
    """Where the cutter cuts a label out, in dots."""
    left, top = place
    right, bottom = left + grid.width, top + grid.height
    first, second, third, fourth = (round(e * MILLIMETRE) for e in (left, top, right, bottom))
    return first, second, third, fourth


@pytest.mark.parametrize("name", GRIDS)
def test_every_label_of_a_sheet_is_read_back(batch: BatchFolder, tmp_path: Path, name: str) -> None:
    grid = GRIDS[name]
    places = grid.places()
    document = pypdfium2.PdfDocument(
        printed(batch, tmp_path / "a.pdf", range(1, len(places) + 3), grid=name)
    )
    pages = [page.render(scale=DOTS / 72).to_pil() for page in document]
    assert len(pages) == 2
    for number in range(len(places) + 2):
        page = pages[number // len(places)]
        edges = box(grid, places[number % len(places)])
        assert_holds(batch, number + 1, page.crop(edges))
        ImageDraw.Draw(page).rectangle(edges, fill="white")
    # Nothing was drawn beside the labels.
    assert all(page.convert("L").getextrema() == (255, 255) for page in pages)


@pytest.mark.parametrize("name", GRIDS)
def test_grids_lie_on_the_page_and_labels_apart(name: str) -> None:
    grid = GRIDS[name]
    places = grid.places()
    assert len(set(places)) == grid.columns * grid.rows
    assert f"{grid.columns}x{grid.rows}" == name
    assert grid.pitch >= grid.width
    for left, top in (places[0], places[-1]):
        assert -1e-9 <= left <= 210 - grid.width + 1e-9
        assert -1e-9 <= top <= 297 - grid.height + 1e-9


@pytest.mark.parametrize("name", GRIDS)
def test_a_png_is_read_back(batch: BatchFolder, tmp_path: Path, name: str) -> None:
    content = printed(batch, tmp_path / "a.png", range(5, 6), kind="png", grid=name)
    assert_holds(batch, 5, Image.open(io.BytesIO(content)))


def test_an_svg_is_read_back_and_says_it_for_people(batch: BatchFolder, tmp_path: Path) -> None:
    content = printed(batch, tmp_path / "a.svg", range(5, 6), kind="svg").decode()
    tree = ET.fromstring(content)
    space = {"svg": "http://www.w3.org/2000/svg"}
    scale = 12
    image = Image.new("L", (70 * scale, 37 * scale), 255)
    pen = ImageDraw.Draw(image)
    for path in tree.findall("svg:path", space):
        x, y, unit = map(float, re.findall(r"[\d.]+", path.attrib["transform"]))
        for column, row, length in re.findall(r"M(\d+) (\d+)h(\d+)", path.attrib["d"]):
            left, top = (x + int(column) * unit) * scale, (y + int(row) * unit) * scale
            pen.rectangle(
                (left, top, left + int(length) * unit * scale - 1, top + unit * scale - 1), fill=0
            )
    assert_holds(batch, 5, image)
    texts = [line.text for line in tree.findall("svg:text", space)]
    assert texts[:4] == [
        f"(01) 0{GTIN}", f"(10) {LOT}", "(21) WWWWWWWWWWWWWWWW_005", "(17) 280131"
    ]  # fmt: skip
    (spelt,) = (
        found.text
        for found in zxingcpp.read_barcodes(image, formats=QR)
        if found.text.startswith(SCRATCH)
    )
    assert " ".join(map(str, texts[4:])) == grouped(spelt.removeprefix(SCRATCH))


def test_what_is_printed_is_for_its_owner_and_never_overwritten(
    batch: BatchFolder, tmp_path: Path
) -> None:
    out = tmp_path / "a.pdf"
    printed(batch, out, range(1))
    assert out.stat().st_mode & 0o777 == 0o600
    before = out.read_bytes()
    with pytest.raises(WorkspaceError, match="exists already"):
        printed(batch, out, range(2))
    assert out.read_bytes() == before
    out.rename(tmp_path / ".a.pdf.0123abcd")
    printed(batch, out, range(1))
    assert [path.name for path in tmp_path.iterdir()] == ["a.pdf"]


@pytest.mark.parametrize(
    ("items", "options", "words"),
    [
        (range(0), {}, "items 1 to 70"),
        (range(-1, 1), {}, "items 1 to 70"),
        (range(69, 71), {}, "items 1 to 70"),
        (range(2), {"kind": "png"}, "holds one label: .* a folder"),
        (range(2), {"kind": "svg"}, "holds one label: .* a folder"),
        (range(2), {"name": "a.png"}, "a.png is no name for a pdf"),
        (range(1), {"grid": "1x1"}, "no grid"),
    ],
)
def test_refuses_what_cannot_be_printed(
    batch: BatchFolder, tmp_path: Path, items: range, options: dict[str, str], words: str
) -> None:
    given = {"kind": "pdf", **options}
    out = tmp_path / given.pop("name", f"a.{given['kind']}")
    with pytest.raises(InputError, match=words):
        printed(batch, out, items, **given)
    assert list(tmp_path.iterdir()) == []


def test_serials_that_are_damaged_are_told(batch: BatchFolder, tmp_path: Path) -> None:
    path = batch.folder / SERIALS
    whole = path.read_bytes()
    try:
        path.write_bytes(b"\xff" + whole[1:])
        with pytest.raises(WorkspaceError, match="item 1 is damaged"):
            printed(batch, tmp_path / "a.pdf", range(5))
        path.write_bytes(b"")
        with pytest.raises(WorkspaceError, match=r"cannot be read: restore it from a copy\.$"):
            batch.index_of("1")
        path.unlink()
        with pytest.raises(WorkspaceError, match=r"cannot be read: restore it from a copy\.$"):
            batch.index_of("1")
    finally:
        path.write_bytes(whole)


FOLDERS: dict[Format, dict[str, int]] = {
    "pdf": {"0000004-0000017.pdf": 14, "0000018-0000031.pdf": 14, "0000032-0000033.pdf": 2},
    "svg": {f"{i:07}.svg": 1 for i in range(4, 34)},
}
"""Files of items 4 to 33, with one sheet in each PDF, and how many labels are in each."""


def foldered(
    batch: BatchFolder, out: Path, items: range = range(3, 33), moment: int = 10**9, **options: Any
) -> int:
    given = {"kind": "pdf", "grid": "2x7", **options}
    return print_labels(batch, KEY, items, out, Deadly(moment), **given)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".lock"}


@pytest.mark.parametrize("kind", FOLDERS)
def test_a_folder_is_gone_on_with_from_every_moment_at_which_it_was_killed(
    batch: BatchFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Format
) -> None:
    monkeypatch.setattr(label_sheets, "_SHEETS", 1)
    assert foldered(batch, tmp_path / "whole", kind=kind) == 30
    whole = contents(tmp_path / "whole")
    assert set(whole) == {"print.json", *FOLDERS[kind]}
    for moment in range(31):
        out = tmp_path / str(moment)
        with pytest.raises(Killed):
            foldered(batch, out, kind=kind, moment=moment)
        kept = contents(out)
        assert kept.items() < whole.items()
        files = {path: path.stat().st_ino for path in out.iterdir()}
        (out / f".{min(whole)}.0123abcd").write_bytes(b"half")
        left = sum(labels for name, labels in FOLDERS[kind].items() if name not in kept)
        assert foldered(batch, out, kind=kind) == left
        assert contents(out) == whole
        assert {path: path.stat().st_ino for path in files} == files
        assert foldered(batch, out, kind=kind) == 0
    assert contents(out) == whole


def test_a_folder_has_each_label_once(
    batch: BatchFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(label_sheets, "_SHEETS", 1)
    foldered(batch, tmp_path / "a")
    found = []
    for path in sorted((tmp_path / "a").glob("*.pdf")):
        assert path.stat().st_mode & 0o777 == 0o600
        (page,) = pypdfium2.PdfDocument(path.read_bytes())
        image = page.render(scale=DOTS / 72).to_pil()
        for place in GRIDS["2x7"].places():
            label = image.crop(box(GRIDS["2x7"], place))
            if label.convert("L").getextrema() == (255, 255):
                continue
            assert_holds(batch, 3 + len(found), label)
            found.append(label)
    assert len(found) == 30


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kind": "png"}, "another format:"),
        ({"grid": "3x8"}, "another grid:"),
        ({"items": range(4, 33)}, "another from, count:"),
        ({"items": range(3, 32)}, "another count:"),
    ],
)
def test_refuses_another_job_in_the_same_folder(
    batch: BatchFolder, tmp_path: Path, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(Killed):
        foldered(batch, tmp_path, moment=9)
    before = contents(tmp_path)
    with pytest.raises(WorkspaceError, match=words):
        foldered(batch, tmp_path, **options)
    assert contents(tmp_path) == before


def test_refuses_another_batch_in_the_same_folder(batch: BatchFolder, tmp_path: Path) -> None:
    asked = Asked(GTIN, LOT, date(2028, 1, 31), listed(batch.folder.parent / "serials.csv"))
    commission(Registry().office, acting(), tmp_path / "batch", asked, Silent())
    foldered(batch, tmp_path / "a")
    with pytest.raises(WorkspaceError, match="another batch:"):
        foldered(BatchFolder(tmp_path / "batch"), tmp_path / "a")


def test_refuses_a_folder_of_something_else(batch: BatchFolder, tmp_path: Path) -> None:
    (tmp_path / "letters").write_text("mine")
    with pytest.raises(WorkspaceError, match="something else"):
        foldered(batch, tmp_path)
    with pytest.raises(WorkspaceError, match="is a file"):
        foldered(batch, tmp_path / "letters")
    assert names(tmp_path) == {"letters"}


def test_two_processes_do_not_print_into_one_folder(batch: BatchFolder, tmp_path: Path) -> None:
    with exclusive(tmp_path), pytest.raises(WorkspaceError, match="Another process"):
        foldered(batch, tmp_path)
    assert names(tmp_path) == set()


def test_prints_nothing_that_does_not_hold(batch: BatchFolder, tmp_path: Path) -> None:
    path = batch.folder / SIGNATURES
    whole = path.read_bytes()
    try:
        path.write_bytes(whole[:70] + bytes((whole[70] ^ 1,)) + whole[71:])
        with pytest.raises(WorkspaceError, match="item 2 is damaged"):
            printed(batch, tmp_path / "a.pdf", range(5))
        path.write_bytes(whole[:-1])
        with pytest.raises(WorkspaceError, match="shorter than its batch"):
            printed(batch, tmp_path / "a.pdf", range(SIZE - 1, SIZE))
    finally:
        path.write_bytes(whole)
    with pytest.raises(SealError, match="opens with the key of"):
        print_labels(
            batch, Wallet().key(1), range(1), tmp_path / "a.pdf", Silent(), kind="pdf", grid="3x8"
        )
    assert list(tmp_path.iterdir()) == []
