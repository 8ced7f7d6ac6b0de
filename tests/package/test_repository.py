"""What no tracked file may hold."""

import re
import subprocess
from pathlib import Path

import pytest

from entrepot.core.keys import PUBLIC_DEVNET_WORDS, Wallet

ROOT = Path(__file__).parents[2]
FORBIDDEN = {
    "the address of a registry": r"https?://[^\s\"')]*(?:pypi|pythonhosted|npmjs|registry)[^\s\"')]*",
    "an index option": r"--(?:extra-)?index-url|--find-(?:links)|^registry\s*=",
    "a path of one machine": r"(?<![\w./~-])/(?:root|home|Users|opt|work|tmp)/\w",
    "a key in PEM": r"-----BEGIN [A-Z ]*PRIVATE",
    "a private key": r"(?i)(?:private|secret|priv)[ _-]?key\W{1,6}(?:0x)?[0-9a-f]{64}\b",
}


def tracked() -> list[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return [name for name in done.stdout.split("\0") if (ROOT / name).is_file()]


FILES = tracked()
TEXTS = {name: (ROOT / name).read_bytes().decode("utf-8", "replace") for name in FILES}
pytestmark = pytest.mark.skipif(not FILES, reason="this is no git checkout")


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what], re.M)
    found = {name: pattern.findall(text) for name, text in TEXTS.items()}
    assert not {name: finds for name, finds in found.items() if finds}


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("the address of a registry", "https:" + "//pypi.org/simple/x"),
        ("an index option", "--index" + "-url x"),
        ("a path of one machine", "'/ho" + "me/me/x'"),
        ("a key in PEM", "-----BEGIN EC " + "PRIVATE KEY-----"),
        ("a private key", 'private_key = "0x' + "ab" * 32 + '"'),
    ],
)
def test_patterns_find_what_they_are_for(what: str, text: str) -> None:
    assert re.search(FORBIDDEN[what], text, re.M)


def test_no_file_spells_a_devnet_key_out() -> None:
    wallet = Wallet()
    secrets = [wallet.key(index).private.to_hex() for index in range(20)]
    found = [name for name, text in TEXTS.items() if any(s in text.lower() for s in secrets)]
    assert not found


def test_public_words_stand_in_one_place() -> None:
    named = [name for name, text in TEXTS.items() if PUBLIC_DEVNET_WORDS in text]
    assert [name for name in named if name.startswith("src/")] == ["src/entrepot/core/keys.py"]


def test_text_files_are_utf_8_with_plain_line_ends() -> None:
    suffixes = {".py", ".sol", ".md", ".toml", ".yaml", ".json", ".txt", ".in", ".csv"}
    odd = []
    for name in FILES:
        if Path(name).suffix in suffixes:
            data = (ROOT / name).read_bytes()
            is_odd = b"\r" in data or (data and not data.endswith(b"\n"))
            odd += [name] if is_odd or "\ufffd" in TEXTS[name] else []
    assert not odd
