"""What every picture must be, whatever it shows."""

import re
from collections.abc import Iterator
from itertools import combinations
from xml.etree import ElementTree

from entrepot.services import svg
from entrepot.services.svg import Box

SVG = "{http://www.w3.org/2000/svg}"
_NUMBER = re.compile(r"-?[0-9.]+")
_STEP = re.compile(r"([MLHVhvZ])([^MLHVhvZ]*)")


def checked(picture: str) -> ElementTree.Element:
    """The picture's root, after looking that it needs nothing else, that nothing is outside and
    that no text covers another.
    """
    root = ElementTree.fromstring(picture)
    assert not re.search(r"href|url\(|<script|<style|<image|@import", picture)
    left, top, width, height = (float(n) for n in root.attrib["viewBox"].split())
    paper = Box(left - 1, top - 1, left + width + 1, top + height + 1)
    for element in root.iter():
        for x, y in points(element):
            assert Box(x, y, x, y).within(paper), ElementTree.tostring(element)[:200]
    boxes = [(text, box) for text, box in texts(root)]
    assert [text for text, box in boxes if not box.within(paper)] == []
    assert [(a, b) for (a, one), (b, two) in combinations(boxes, 2) if one.overlaps(two)] == []
    return root


def texts(root: ElementTree.Element) -> Iterator[tuple[str, Box]]:
    for element in root.iter(f"{SVG}text"):
        size, anchor = float(element.attrib["font-size"]), element.attrib["text-anchor"]
        x, y = float(element.attrib["x"]), float(element.attrib["y"])
        yield element.text or "", svg.box_of(x, y, element.text or "", size, anchor)


def points(element: ElementTree.Element) -> Iterator[tuple[float, float]]:
    """Corners of a shape."""
    have = element.attrib
    if element.tag == f"{SVG}rect":
        x, y = float(have.get("x", 0)), float(have.get("y", 0))
        yield x, y
        yield x + float(have["width"]), y + float(have["height"])
    elif element.tag == f"{SVG}circle":
        yield float(have["cx"]), float(have["cy"])
    elif element.tag == f"{SVG}polyline":
        numbers = [float(n) for n in _NUMBER.findall(have["points"])]
        yield from zip(numbers[::2], numbers[1::2], strict=True)
    elif element.tag == f"{SVG}path":
        x = y = 0.0
        for step, rest in _STEP.findall(have["d"]):
            numbers = [float(n) for n in _NUMBER.findall(rest)]
            if step in "ML":
                x, y = numbers
            elif step in "Hh":
                x = numbers[0] + (x if step == "h" else 0)
            elif step in "Vv":
                y = numbers[0] + (y if step == "v" else 0)
            yield x, y
