"""Labels read from images, and images that are none."""

import warnings
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
import qrcode
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from entrepot.core.digital_link import DigitalLink
from entrepot.core.verdicts import Judgement
from entrepot.errors import InputError
from entrepot.services.label_images import texts_of
from entrepot.services.verification import picked
from tests.package.label_world import label


def picture(path: Path, *texts: str) -> Path:
    """An image with a QR code of each text, side by side."""
    codes = [qrcode.make(text).get_image().convert("L") for text in texts]
    sheet = Image.new("L", (sum(each.width for each in codes), max(e.height for e in codes)), 255)
    left = 0
    for each in codes:
        sheet.paste(each, (left, 0))
        left += each.width
    sheet.save(path)
    return path


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_the_code_that_spells_a_label_counts(tmp_path: Path, suffix: str) -> None:
    file = picture(tmp_path / f"item.{suffix}", "ENTREPOT:" + "A" * 52, label().uri())
    assert picked(texts_of(str(file))) == label()


def test_a_link_on_its_own_is_taken_as_it_is() -> None:
    assert texts_of(label().uri()) == [label().uri()]


def test_several_labels_cannot_be_told_apart(tmp_path: Path) -> None:
    file = picture(tmp_path / "two.png", label().uri(), label(serial="2").uri())
    found = picked(texts_of(str(file)))
    assert isinstance(found, Judgement)
    assert (found.verdict, "several labels" in found.reason) == ("cannot tell", True)


def test_one_label_twice_is_one(tmp_path: Path) -> None:
    file = picture(tmp_path / "two.png", label().uri(), label().uri())
    assert isinstance(picked(texts_of(str(file))), DigitalLink)


def test_an_image_without_a_code_cannot_tell_and_with_another_is_not_genuine(
    tmp_path: Path,
) -> None:
    Image.new("L", (200, 200), 255).save(tmp_path / "white.png")
    white = picked(texts_of(str(tmp_path / "white.png")))
    other = picked(texts_of(str(picture(tmp_path / "other.png", "https://x.example/"))))
    assert isinstance(white, Judgement)
    assert isinstance(other, Judgement)
    assert (white.verdict, other.verdict) == ("cannot tell", "not genuine")


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_is_white(tmp_path: Path, mode: str) -> None:
    """As every viewer shows it, whatever colour stands behind."""
    dark = Image.open(picture(tmp_path / "item.png", label().uri())).convert("L")
    image = Image.new("RGBA", dark.size, (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), mask=Image.eval(dark, lambda value: 255 - value))
    image.convert(mode).save(tmp_path / "clear.png")
    assert texts_of(str(tmp_path / "clear.png")) == [label().uri()]


_KINDS = st.sampled_from(
    [b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"pHYs", b"zTXt", b"iTXt", b"iCCP", b"acTL", b"fcTL"]
)


@settings(max_examples=200)
@given(st.lists(st.tuples(_KINDS, st.binary(max_size=30)), max_size=3))
@example([(b"iCCP", b"")])
@example([(b"acTL", bytes(8))])
def test_hostile_chunks_raise_one_sentence_and_print_nothing(
    tmp_path_factory: pytest.TempPathFactory, chunks: list[tuple[bytes, bytes]]
) -> None:
    """Chunks in a PNG whose checksums are right and whose content is not."""
    file = tmp_path_factory.getbasetemp() / "hostile.png"
    whole = picture(file, "x").read_bytes()
    added = b"".join(
        len(content).to_bytes(4) + kind + content + zlib.crc32(kind + content).to_bytes(4)
        for kind, content in chunks
    )
    file.write_bytes(whole[:33] + added + whole[33:])
    with warnings.catch_warnings(record=True) as shown, suppress(InputError):
        warnings.simplefilter("always")
        texts_of(str(file))
    assert shown == []


@given(st.binary(max_size=200), st.integers(0, 300))
def test_damaged_images_raise_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("images")
    whole = picture(folder / "item.png", "x").read_bytes()
    (folder / "cut.png").write_bytes(whole[:cut] + noise)
    (folder / "noise.png").write_bytes(noise)
    for name in ("cut.png", "noise.png"):
        with pytest.raises(InputError, match=r"\.$"):
            texts_of(str(folder / name))


@pytest.mark.parametrize("given", ["missing.png", "", "a" * 5_000, "no\0file"])
def test_raises_when_it_is_neither_link_nor_image(given: str) -> None:
    with pytest.raises(InputError, match="no image of that name"):
        texts_of(given)


def test_raises_when_an_image_is_too_large(tmp_path: Path) -> None:
    Image.new("1", (20_000, 5_001)).save(tmp_path / "vast.png")
    with pytest.raises(InputError, match="pixels"):
        texts_of(str(tmp_path / "vast.png"))
