"""The example of docs/keys.md draws what the page shows, and the page's names are names."""

import re
from pathlib import Path

import pytest

from entrepot.cli import screen
from entrepot.core.keys import PUBLIC_DEVNET_WORDS, root_of
from entrepot.core.organisation import derive, steps_of_name
from entrepot.services.organisation_file import MAX_KEYS, load_organisation
from entrepot.services.seals import RecordFile

PAGE = (Path(__file__).parents[2] / "docs" / "keys.md").read_text("utf-8")


def test_tree_file_draws_what_the_page_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (text,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.M | re.S)
    file = tmp_path / "acme.yaml"
    file.write_text(text)
    organisation = load_organisation(file)
    screen.tree(organisation.name, derive(root_of(PUBLIC_DEVNET_WORDS), organisation), {})
    drawn = "\n".join(line.rstrip() for line in capsys.readouterr().out.splitlines())
    assert f"```text\n{drawn}\n```" in PAGE


def test_names_on_the_page_are_names() -> None:
    found = set(re.findall(r"acme/[a-z0-9-]+/[^\s`\",]+", PAGE))
    assert len(found) > 5
    for name in found:
        assert steps_of_name(name)


def test_limits_on_the_page_are_those_of_the_code() -> None:
    assert f"at most {MAX_KEYS:,} keys" in PAGE
    assert f"stops after {screen._KEYS_SHOWN} keys" in PAGE


def test_members_of_a_sealed_key_on_the_page_are_those_of_the_file() -> None:
    table = PAGE.partition("| member | says |")[2].partition("\n\n")[0]
    named = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| ([^|]+) \|", table, re.M)))
    assert ["kind", "version", *named] == list(RecordFile.model_fields)
