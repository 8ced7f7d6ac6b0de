"""What pictures share: colours, text whose width is known, and boxes that do not overlap.

Pictures are SVG with plain attributes only: no style sheet that would leak into a page around them,
no script, no font or image to fetch.
"""

from collections.abc import Iterable
from html import escape
from typing import NamedTuple

INK, SOFT, LINE, PAPER = "#1d2330", "#667085", "#d8dce5", "#ffffff"
BLUE, RED = "#2f6db5", "#c2493d"
# Told apart on paper and by the colour-blind; red is for warnings alone.
CUSTODY = (BLUE, "#b57b0c", "#1f8a7a", "#7b5bb3", "#5b6675", "#b0558f", "#7d8a2e", "#8a5a3c")
_ASCENT, _DESCENT = 0.8, 0.25
_NARROW, _WIDE = frozenset("iljtfI.,:;|!'()[]/ "), frozenset("mwMW@%&—…")


class Box(NamedTuple):
    """A rectangle in the picture's units."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Box") -> bool:
        """Whether they share more than an edge."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def within(self, other: "Box") -> bool:
        """Whether all of it lies in the other."""
        return (
            other.left <= self.left
            and other.top <= self.top
            and self.right <= other.right
            and self.bottom <= other.bottom
        )


def colours(custodians: Iterable[int]) -> dict[int, str]:
    """A colour for each custodian, in order of appearance; the same order gives the same."""
    found: dict[int, str] = {}
    for custodian in custodians:
        found.setdefault(custodian, CUSTODY[len(found) % len(CUSTODY)])
    return found


def width_of(text: str, size: float) -> float:
    """How wide a text is at most, in Helvetica or Arial."""
    return size * sum(_em(character) for character in text)


def _em(character: str) -> float:
    if character in _NARROW:
        return 0.34
    if character in _WIDE:
        return 1.02
    if character.isascii():
        return 0.79 if character.isupper() else 0.6
    return 1.1


def box_of(x: float, y: float, text: str, size: float, anchor: str = "start") -> Box:
    """The box of a text with its base line at `y`."""
    width = width_of(text, size)
    left = x - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
    return Box(left, y - _ASCENT * size, left + width, y + _DESCENT * size)


def fitted(text: str, size: float, width: float) -> str:
    """The text, cut where it would be wider than `width`."""
    if width_of(text, size) <= width:
        return text
    while text and width_of(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def label(
    x: float,
    y: float,
    text: str,
    size: float = 12,
    anchor: str = "start",
    fill: str = SOFT,
    more: str = "",
) -> str:
    """A text with its base line at `y`."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor}" '
        f'fill="{fill}"{" " if more else ""}{more}>{printable(text)}</text>'
    )


def printable(text: str) -> str:
    """Text for XML: escaped, and without the characters that XML cannot hold."""
    return escape("".join(c if c.isprintable() else "\ufffd" for c in text))


def document(width: float, height: float, title: str, parts: Iterable[str]) -> str:
    """A picture on paper, `width` by `height`."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'font-family="Helvetica, Arial, sans-serif"><title>{printable(title)}</title>'
        f'<rect width="{width:g}" height="{height:g}" fill="{PAPER}"/>{"".join(parts)}</svg>\n'
    )
