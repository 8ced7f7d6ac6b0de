"""The cold chain demonstration: what it tells is what the chain has."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from entrepot.services.coldchain import FIRST, NAMES, SECOND, play
from tests.e2e.conftest import Run


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """Folder and story of one run."""
    out = tmp_path_factory.mktemp("coldchain") / "run"
    play(out)
    return out, json.loads((out / "summary.json").read_text("utf-8"))["story"]


def test_pays_in_the_block_of_the_reading_that_proves_it(
    told: tuple[Path, dict[str, object]],
) -> None:
    _, story = told
    # 30 % of 120,000 dollars for more than two hours outside, less 1 % that is never paid.
    assert story["payout"] == 34_800_000_000
    assert int(str(story["exposure"])) > 2 * 3_600
    assert story["paid_in"] == story["proven_in"]
    assert story["released"] is True


def test_names_the_carrier_of_the_second_leg_and_its_bond_pays(
    told: tuple[Path, dict[str, object]],
) -> None:
    _, story = told
    assert (story["liable_id"], story["liable"]) == (SECOND, NAMES[SECOND])
    assert story["recovered"] == story["payout"]
    assert story["rated"] == {NAMES[FIRST]: "kept", NAMES[SECOND]: "excursion"}


def test_page_shows_chart_map_and_hands_without_a_network(
    told: tuple[Path, dict[str, object]],
) -> None:
    out, _ = told
    page = (out / "report.html").read_text("utf-8")
    pictures = re.findall(r"<svg.*?</svg>", page, re.S)
    assert len(pictures) == 2
    for picture in pictures:
        ElementTree.fromstring(picture)
    for text in (NAMES[FIRST], NAMES[SECOND], "Brussels", "Dubai", "proven and paid"):
        assert text in page
    assert not re.search(r"(src|href)=|<script|url\(", page)


def test_audit_finds_nothing(told: tuple[Path, dict[str, object]], entrepot: Run) -> None:
    out, _ = told
    done = entrepot("audit", "--out", out)
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("Nothing differs.\n")


def test_another_seed_is_another_voyage_with_the_same_end(tmp_path: Path) -> None:
    stories = [play(tmp_path / str(seed), seed) for seed in (2, 3)]
    assert len({story.extreme for story in stories}) == 2
    assert {story.liable_id for story in stories} == {SECOND}
