"""The commands on keys, as a shell runs them."""

import json
import os
import pty
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from eth_account import Account

from entrepot.core.keys import PUBLIC_DEVNET_WORDS, PublicNode, Wallet, root_of, steps_of
from entrepot.core.organisation import steps_of_name
from entrepot.core.words import LANGUAGES, checked_seed_of, entropy_of
from entrepot.services import keystores
from tests.e2e.conftest import COMMAND, Run, assert_one_sentence

WORDS = PUBLIC_DEVNET_WORDS
PASSWORD = "correct horse"
OTHER = "battery staple"
TREE = """
organisation: acme
units:
  procurement:
    orders: {branch: supervised, levels: {1: 1, 2: 30}}
    receipts: {branch: sealed, levels: {2: 2}}
"""


@pytest.fixture
def keystore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A keystore of the public devnet words."""
    path = tmp_path / "seed.json"
    monkeypatch.setattr(keystores, "SCRYPT_N", 2)
    keystores.keep_seed(path, checked_seed_of(WORDS), PASSWORD)
    return path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    path = tmp_path / "acme.yaml"
    path.write_text(TREE)
    return path


def shell(line: str) -> str:
    """What a line of shell prints; `entrepot` and the words `$W` are known in it."""
    environment = {
        **os.environ, "W": WORDS, "PATH": f"{COMMAND.parent}:{os.environ['PATH']}",
    }  # fmt: skip
    done = subprocess.run(
        ["sh", "-c", line], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


def test_derive_from_words_in_a_pipe() -> None:
    line = (
        """printf '%s' "$W" | entrepot keys derive --words-stdin --path "m/44'/60'/0'/0/0" --json"""
    )
    assert json.loads(shell(line)) == {
        "path": "m/44'/60'/0'/0/0",
        "address": "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
    }


def test_ten_thousand_addresses_from_an_xpub() -> None:
    line = """printf '%s' "$W" | entrepot keys xpub --words-stdin --path "m/44'/60'/0'" --json"""
    found = json.loads(shell(line))
    assert found.keys() == {"path", "xpub"}
    line = f"entrepot keys addresses {found['xpub']} --path 0 --count 10000 --json"
    addresses = json.loads(shell(line))
    assert len(set(addresses)) == 10_000
    wallet = Wallet()
    for index in (0, 1, 4999, 9999):
        assert addresses[index] == wallet.key(index).address
    line = f"entrepot keys addresses {found['xpub']} --path 0 --first 9998 --count 2"
    assert shell(line).split() == addresses[-2:]


def test_a_passphrase_makes_another_tree(keys: Run) -> None:
    options = ("derive", "--words-stdin", "--passphrase-stdin", "--path", "m/0", "--json")
    done = keys(*options, stdin=f"{WORDS}\nsesame\n")
    assert json.loads(done.stdout)["address"] == root_of(WORDS, "sesame").child(0).address


def test_tree_draws_every_key(keys: Run, tree: Path, keystore: Path) -> None:
    done = keys("tree", tree, "--words-stdin", "--json", stdin=WORDS)
    found = json.loads(done.stdout)
    assert found["organisation"] == "acme"
    assert [(each["branch"], len(each["keys"])) for each in found["branches"]] == [
        ("supervised", 31), ("sealed", 2),
    ]  # fmt: skip
    root = root_of(WORDS)
    for key in (key for each in found["branches"] for key in each["keys"]):
        assert key["address"] == root.descend(steps_of(key["path"][2:])).address
    done = keys("tree", tree, "--keystore", keystore, "--password-stdin", stdin=PASSWORD + "\n")
    drawn = done.stdout
    for each in found["branches"]:
        assert each["path"] in drawn
        for key in each["keys"][:20]:
            assert re.search(rf"{key['name']} .* level {key['level']} +{key['address']}", drawn)
    assert "and 11 more" in drawn


def test_named_branch_is_watched_by_its_xpub(keys: Run, tree: Path) -> None:
    whole = json.loads(keys("tree", tree, "--words-stdin", "--json", stdin=WORDS).stdout)
    name = "acme/procurement/orders"
    done = keys("xpub", "--words-stdin", "--path", name, "--json", stdin=WORDS)
    xpub = json.loads(done.stdout)["xpub"]
    assert PublicNode.from_xpub(xpub) == root_of(WORDS).descend(steps_of_name(name)).public
    done = keys("addresses", xpub, "--path", "2", "--count", "30", "--json")
    watched = [key["address"] for key in whole["branches"][0]["keys"] if key["level"] == 2]
    assert json.loads(done.stdout) == watched


def test_sealed_key_is_handed_out_encrypted(keys: Run, keystore: Path, tmp_path: Path) -> None:
    out, name = tmp_path / "device.json", "acme/procurement/receipts':2/0"
    done = keys(
        "derive", "--keystore", keystore, "--password-stdin", "--path", name,
        "--export", out, "--export-password-stdin", "--json",
        stdin=f"{PASSWORD}\n{OTHER}\n",
    )  # fmt: skip
    found = json.loads(done.stdout)
    node = root_of(WORDS).descend(steps_of_name(name))
    assert found == {"path": found["path"], "address": node.address, "keystore": str(out)}
    assert bytes(Account.decrypt(out.read_text(), OTHER)) == node.secret
    assert out.stat().st_mode & 0o777 == 0o600
    assert node.secret.hex() not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "path", ["acme/procurement/orders:2/0", "m/44'/60'/0'/0/0", "m/44'/60'/0", "m"]
)
def test_key_of_a_supervised_branch_is_not_handed_out(keys: Run, tmp_path: Path, path: str) -> None:
    done = keys(
        "derive", "--words-stdin", "--path", path, "--export", tmp_path / "key.json",
        "--export-password-stdin", stdin=f"{WORDS}\n{OTHER}\n",
    )  # fmt: skip
    assert "would reveal the whole branch" in assert_one_sentence(done, 2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("count", [12, 24])
def test_new_seed_is_that_of_the_words_shown(keys: Run, tmp_path: Path, count: int) -> None:
    path = tmp_path / "new.json"
    language = {12: "english", 24: "japanese"}[count]
    done = keys(
        "new", "--words", count, "--language", language, "--keystore", path,
        "--passphrase-stdin", "--password-stdin", "--words-to-stdout",
        stdin=f"sesame\n{PASSWORD}\n",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    words = done.stdout.strip()
    assert len(entropy_of(words, language)) == count * 4 // 3
    assert keystores.open_seed(path, PASSWORD) == checked_seed_of(words, "sesame")
    assert path.stat().st_mode & 0o777 == 0o600
    for text in (done.stderr, path.read_text()):
        assert len({*words.split()} & {*re.findall(r"\w+", text)}) < count / 2
    before = path.read_bytes()
    again = keys(
        "new", "--keystore", path, "--password-stdin", "--words-to-stdout", stdin=f"{OTHER}\n"
    )
    assert "exists already" in assert_one_sentence(again, 1)
    assert path.read_bytes() == before


def at_a_terminal(arguments: list[str], answers: list[str]) -> tuple[int, str]:
    """Exit code and screen of a command on a terminal of its own; an answer for each `: `."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(COMMAND, [str(COMMAND), *arguments])
    screen, left = b"", list(answers)
    while True:
        try:
            chunk = os.read(terminal, 4096)
        except OSError:  # how Linux says that nobody holds the other end any more
            break
        if not chunk:
            break
        screen += chunk
        if left and screen.endswith(b": "):
            os.write(terminal, left.pop(0).encode() + b"\n")
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(terminal)
    return code, screen.decode()


def test_new_on_a_terminal_asks_twice_without_echo_and_shows_the_words(tmp_path: Path) -> None:
    path = tmp_path / "new.json"
    command = ["keys", "new", "--words", "12", "--keystore", str(path)]
    code, screen = at_a_terminal(command, [PASSWORD, OTHER])
    assert (code, path.exists()) == (2, False)
    assert "the two differ" in screen
    code, screen = at_a_terminal(command, [PASSWORD, PASSWORD])
    assert code == 0, screen
    assert PASSWORD not in screen
    words = re.findall(r"\d+\. (\w+)", screen)
    assert keystores.open_seed(path, PASSWORD) == checked_seed_of(" ".join(words))


def test_words_typed_on_a_terminal_are_not_echoed() -> None:
    command = ["keys", "derive", "--words-stdin", "--path", "m/44'/60'/0'/0/0"]
    code, screen = at_a_terminal(command, [WORDS])
    assert (code, "junk" in screen) == (0, False)
    assert Wallet().key(0).address in screen


SECRETS = (*set(WORDS.split()), PASSWORD, OTHER, "zebra")


@pytest.mark.parametrize(
    ("line", "stdin", "says"),
    [
        ("derive --path m/0", WORDS, "Give either --words-stdin or --keystore"),
        ("derive --path m/0 --words-stdin --keystore {k}", WORDS, "Give either"),
        ("derive --path m/0 --words-stdin", "", "no line"),
        ("derive --path m/0 --words-stdin", "test " * 11, "not 11"),
        ("derive --path m/0 --words-stdin", "test " * 12, "checksum"),
        ("derive --path m/0 --words-stdin", WORDS.replace("junk", "zebraz"), "word 12 of 12"),
        ("derive --path m/0 --words-stdin --password-stdin", WORDS, "belongs to --keystore"),
        ("derive --path zebra --words-stdin", WORDS, "--path cannot be used"),
        ("derive --path m/zebra --words-stdin", WORDS, "--path cannot be used"),
        ("derive --path m/2147483648 --words-stdin", WORDS, "--path cannot be used"),
        ("derive --path acme/a/b:256/0 --words-stdin", WORDS, "a level is between"),
        ("derive --path m/0 --keystore {k}", PASSWORD, "asked for on a terminal"),
        ("derive --path m/0 --keystore {k} --password-stdin", OTHER, "does not open"),
        ("derive --path m/0 --keystore {k} --passphrase-stdin", OTHER, "leave it out"),
        ("derive --path m/0 --keystore {k}.no --password-stdin", PASSWORD, "There is no keystore"),
        ("new --keystore {k}.new --password-stdin", PASSWORD, "shown on a terminal only"),
        ("new --keystore {k}.new --words zebra", "", "--words is 12, 15"),
        ("new --keystore {k}.new --words 13", "", "--words is 12, 15"),
        ("new --keystore {k}.new --language zebra", "", "portuguese"),
        ("new --keystore {k}.new --password-stdin --words-to-stdout", "\n", "empty"),
        ("addresses zebra", "", "no xpub"),
        ("addresses {xpub} --path 0'", "", "needs the private key"),
        ("addresses {xpub} --path zebra", "", "numbers below 2^31"),
        ("addresses {xpub} --count 0", "", "at least one"),
        ("addresses {xpub} --first 2147483647 --count 2", "", "--first and --count"),
        ("addresses {xprv}", "", "it is a private key"),
        ("tree {k}.no --words-stdin", WORDS, "no such file"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_without_a_secret(
    keys: Run, keystore: Path, line: str, stdin: str, says: str
) -> None:
    root = root_of(WORDS)
    filled = line.replace("'", r"\'").format(k=keystore, xpub=root.public.xpub(), xprv=root.xprv())
    done = keys(*shlex.split(filled), stdin=stdin)
    sentence = assert_one_sentence(done, 1 if "does not open" in says else 2)
    assert says in sentence
    said = sentence.replace(str(keystore.parent), "")
    assert not [secret for secret in SECRETS if secret in said]
    assert root.xprv() not in sentence
    assert [path.name for path in keystore.parent.iterdir()] == [keystore.name]


@pytest.mark.parametrize(
    "arguments",
    [
        ("derive", "--path", "m", *WORDS.split()),
        ("derive", "--words", WORDS),
        ("xpub", f"--words={WORDS}"),
        ("derive", "--password", PASSWORD),
        ("addresses", "--count", "zebra"),
        ("tree", "a", "zebra"),
        ("sign", "a", "zebra"),
    ],
)
def test_secrets_among_the_arguments_are_refused_and_not_repeated(
    keys: Run, arguments: tuple[str, ...]
) -> None:
    done = keys(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Words and passwords are read from stdin" in done.stderr
    assert not [secret for secret in SECRETS if re.search(rf"\b{secret}\b", done.stderr)]


@pytest.mark.parametrize(
    "command",
    [
        "new", "derive", "xpub", "addresses", "tree",
        "public", "seal", "verify-seal", "pass-on", "recall", "anchor",
        "grant", "revoke", "sign", "submit", "whoami", "supervise",
    ],
)  # fmt: skip
def test_no_option_has_a_secret_as_its_value(keys: Run, command: str) -> None:
    listed = re.findall(r"^  (--\S+)(?: (\S+))?  ", keys(command, "--help").stdout, re.M)
    with_value = {name for name, value in listed if value}
    assert with_value <= {
        "--keystore", "--words", "--language", "--path", "--export", "--count", "--first", "--user",
        "--out", "--agent", "--guardian", "--threshold", "--salt", "--origin", "--to", "--rpc",
        "--functions", "--function", "--expires", "--level", "--granter", "--write", "--payer",
        "--tree", "--gap",
    }  # fmt: skip
    assert listed


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_stdin_that_is_no_text_is_refused(locale: str) -> None:
    done = subprocess.run(
        [COMMAND, "keys", "derive", "--words-stdin", "--path", "m"],
        input=b"\xff\xfe junk\n", env={**os.environ, "LC_ALL": locale},
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == b"entrepot: Words: stdin is not UTF-8 text.\n"


def test_stdin_that_is_closed_is_refused() -> None:
    done = subprocess.run(
        ["sh", "-c", f"exec {shlex.quote(str(COMMAND))} keys derive --words-stdin --path m <&-"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "stdin is closed" in assert_one_sentence(done, 2)


def test_every_language_is_offered(keys: Run, tmp_path: Path) -> None:
    done = keys("new", "--keystore", tmp_path / "k", "--language", "none")
    assert all(language in done.stderr for language in LANGUAGES)
