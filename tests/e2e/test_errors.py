"""Whatever is wrong is said in one clear sentence, and nothing half-done is left behind."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from entrepot.network import devnet
from entrepot.network.devnet import Devnet
from entrepot.storage.files import read_json, write_json
from tests.e2e.conftest import COMMAND, SAMPLE, Entrepot, assert_one_sentence

HEADER = SAMPLE.read_text("utf-8").splitlines()[0]
ROW = SAMPLE.read_text("utf-8").splitlines()[1]

FILES: dict[str, tuple[bytes | None, str]] = {
    "missing": (None, "no such file"),
    "empty": (b"", "is empty"),
    "header only": (HEADER.encode(), "no rows"),
    "other columns": (b"a,b\n1,2\n", "lacks the columns"),
    "one column missing": (
        HEADER.replace("Line Item Value", "Worth").encode() + b"\n" + ROW.encode(),
        "lacks the column 'Line Item Value'",
    ),
    "UTF-16": ((HEADER + "\n" + ROW).encode("utf-16"), "is not UTF-8 text"),
    "Latin-1": (HEADER.encode() + b"\n" + ROW.encode() + b"C\xf4te", "is not UTF-8 text"),
    "binary": (bytes(range(256)) * 4, "is not UTF-8 text"),
    "no valid row": (HEADER.encode() + b"\n" + ROW.split(",")[0].encode(), "no valid row"),
}


@pytest.mark.parametrize("kind", FILES)
def test_unusable_file(tmp_path: Path, entrepot: Entrepot, kind: str) -> None:
    content, words = FILES[kind]
    path, out = tmp_path / "rows.csv", tmp_path / "out"
    if content is not None:
        path.write_bytes(content)
    sentence = assert_one_sentence(entrepot("replay", path, "--out", out), 2)
    assert words in sentence
    assert not out.exists()


def test_folder_instead_of_a_file(tmp_path: Path, entrepot: Entrepot) -> None:
    assert_one_sentence(entrepot("replay", tmp_path, "--out", tmp_path / "out"), 2)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--topology", "triple"), "no topology 'triple'"),
        (("--limit", "0"), "at least 1 row"),
        (("--mapping", "nowhere.yaml"), "Cannot read the mapping"),
        (("--rpc", "localhost:8545"), "no node's address"),
    ],
)
def test_unusable_option(
    tmp_path: Path, entrepot: Entrepot, options: tuple[str, str], words: str
) -> None:
    out = tmp_path / "out"
    sentence = assert_one_sentence(entrepot("replay", SAMPLE, "--out", out, *options), 2)
    assert words in sentence
    assert not out.exists()


def test_output_that_cannot_be_written(tmp_path: Path, entrepot: Entrepot) -> None:
    (tmp_path / "file").write_text("")
    assert_one_sentence(entrepot("replay", SAMPLE, "--out", tmp_path / "file"), 1)
    assert_one_sentence(entrepot("replay", SAMPLE, "--out", tmp_path / "file" / "out"), 1)


def assert_nothing_left(out: Path) -> None:
    assert [path.name for path in out.iterdir() if path.name != ".lock"] == []


Command = Callable[[Entrepot, Path, str], "subprocess.CompletedProcess[str]"]
COMMANDS: dict[str, Command] = {
    "replay": lambda run, out, url: run("replay", SAMPLE, "--out", out, "--rpc", url),
    "simulate": lambda run, out, url: run(
        "simulate", "--orders", 5, "--seed", 1, "--out", out, "--rpc", url
    ),
    "deploy": lambda run, out, url: run("--workspace", out, "deploy", "--rpc", url),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_node_that_is_down(tmp_path: Path, entrepot: Entrepot, command: str) -> None:
    out = tmp_path / "out"
    done = COMMANDS[command](entrepot, out, "http://127.0.0.1:9")
    assert "No node answers at http://127.0.0.1:9" in assert_one_sentence(done, 1)
    assert_nothing_left(out)


@pytest.mark.parametrize("command", COMMANDS)
def test_node_older_than_cancun(
    tmp_path: Path, entrepot: Entrepot, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    flags = [flag for flag in devnet._FLAGS if not flag.startswith("--hardfork")]
    monkeypatch.setattr(devnet, "_FLAGS", (*flags, "--hardfork=shanghai"))
    with devnet.running(tmp_path / "old") as old:
        done = COMMANDS[command](entrepot, tmp_path / "out", old.url)
        assert "older than Cancun" in assert_one_sentence(done, 1)
        assert_nothing_left(tmp_path / "out")
        assert old.node.block_number() == 0
        assert old.node.nonce("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266") == 0


def test_audit_of_another_chain(sample_run: Path, entrepot: Entrepot, anvil: Devnet) -> None:
    anvil.node.call("anvil_setChainId", 4242)
    done = entrepot("audit", "--out", sample_run, "--rpc", anvil.url)
    assert "runs chain 4242, not 31337" in assert_one_sentence(done, 1)


def test_audit_where_there_is_no_code(sample_run: Path, entrepot: Entrepot, anvil: Devnet) -> None:
    done = entrepot("audit", "--out", sample_run, "--rpc", anvil.url)
    assert done.returncode == 1
    assert "There is no contract at" in done.stdout.replace("\n", " ")
    done = entrepot("rating", "show", 2, "--out", sample_run, "--rpc", anvil.url)
    assert "no contract at" in assert_one_sentence(done, 1)


def test_rating_of_nobody(sample_run: Path, entrepot: Entrepot) -> None:
    for number in (0, 10**6):
        done = entrepot("rating", "show", number, "--out", sample_run)
        assert f"participant {number}" in assert_one_sentence(done, 2).replace(
            "0 is no participant's id", "participant 0"
        )


def test_damaged_record_of_a_run(sample_run: Path, tmp_path: Path, entrepot: Entrepot) -> None:
    copy = tmp_path / "copy"
    kept = read_json(sample_run / "deployment.json")
    write_json(copy / "run.json", {})
    write_json(copy / "deployment.json", {**kept, "contracts": {"TradeEscrow": 5}})
    done = entrepot("audit", "--out", copy)
    assert "does not describe a deployment" in assert_one_sentence(done, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"first_block": 150},
        {"salt": "0x12"},
        {"contracts": {}},
        {"contracts": {"TradeEscrow": {"name": "TradeEscrow", "address": "zzz", "block": 1}}},
    ],
    ids=str,
)
def test_edited_deployment(
    sample_run: Path, tmp_path: Path, entrepot: Entrepot, change: dict[str, object]
) -> None:
    copy = tmp_path / "copy"
    write_json(copy / "run.json", {})
    (copy / "chain.json.gz").write_bytes((sample_run / "chain.json.gz").read_bytes())
    write_json(copy / "deployment.json", {**read_json(sample_run / "deployment.json"), **change})
    assert "does not describe a deployment" in assert_one_sentence(
        entrepot("audit", "--out", copy), 1
    )


def test_full_disk_behind_the_output(sample_run: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [COMMAND, "rating", "show", "3", "--out", sample_run],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
