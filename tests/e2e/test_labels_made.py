"""Batches commissioned and printed by the command on a devnet."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from entrepot.core import merkle
from entrepot.core.digital_link import DigitalLink
from entrepot.core.items import secret_of_code
from entrepot.core.labels import item_key
from entrepot.core.signing import Key
from entrepot.network.bindings import Item, LabelRegistry
from entrepot.services import office
from entrepot.services.batch_folder import BatchFolder
from entrepot.services.deploy import PRODUCER_ID, producer_key_name
from entrepot.services.office import Office
from entrepot.services.signers import KeyRing
from entrepot.services.workspace import Workspace
from tests.e2e.conftest import COMMAND, Entrepot, assert_one_sentence

GTIN = "09506000134352"
CALLDATA_GAS = 16
"""Gas of a byte of call data that is not zero."""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, entrepot: Entrepot) -> Iterator[Path]:
    """A devnet with a deployment and the demo producer's line."""
    folder = tmp_path_factory.mktemp("labels")
    for arguments in (
        ("devnet", "up"),
        ("deploy",),
        ("label", "register", GTIN, "--name", "Vaccine carrier"),
    ):
        done = entrepot("--workspace", folder, *arguments)
        assert done.returncode == 0, done.stderr
    yield folder
    entrepot("--workspace", folder, "devnet", "down")


@pytest.fixture
def chain(workspace: Path) -> Iterator[Office]:
    with office.reading(Workspace(workspace), None) as found:
        yield found


def commissioning(workspace: Path, out: Path, lot: str, count: int) -> list[str]:
    return [
        str(COMMAND), "--workspace", str(workspace), "label", "commission", GTIN, "--lot", lot,
        "--count", str(count), "--expires", "2049-01-31", "--out", str(out), "--json",
    ]  # fmt: skip


def commissioned(workspace: Path, out: Path, lot: str, count: int) -> dict[str, Any]:
    done = subprocess.run(
        commissioning(workspace, out, lot, count),
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def batches(workspace: Path) -> dict[int, Path]:
    """Batches of several sizes."""
    sizes = (1, 2, 7, 1_000)
    for size in sizes:
        commissioned(workspace, workspace / str(size), f"L{size:04}", size)
    return {size: workspace / str(size) for size in sizes}


def test_the_line_is_the_demo_producers(chain: Office) -> None:
    assert chain.bind(LabelRegistry).line_of(int(GTIN)).producer_id == PRODUCER_ID


def test_a_batch_of_1000_costs_what_a_batch_of_one_costs(
    chain: Office, batches: dict[int, Path]
) -> None:
    gas, payload = {}, {}
    for size, folder in batches.items():
        transaction = BatchFolder(folder).file.transaction
        receipt = chain.node.call("eth_getTransactionReceipt", transaction)
        data = chain.node.call("eth_getTransactionByHash", transaction)["input"]
        payload[size] = sum(16 if byte else 4 for byte in bytes.fromhex(data[2:]))
        gas[size] = int(receipt["gasUsed"], 16) - payload[size]
    assert len(set(gas.values())) == 1
    assert max(payload.values()) - min(payload.values()) < 10 * CALLDATA_GAS


@pytest.mark.parametrize("size", [1, 2, 7, 1_000])
def test_the_contract_finds_every_item_and_no_other(
    chain: Office, batches: dict[int, Path], size: int
) -> None:
    batch, labels = BatchFolder(batches[size]), chain.bind(LabelRegistry)
    secret = batch.secret(demo_key())
    gtin, lot, committed = int(GTIN), batch.file.lot_code, batch.file.on_chain()
    for index in {*range(min(size, 7)), size // 2, size - 1}:
        serial = batch.serial(index)
        item = Item(serial, item_key(secret, gtin, lot, serial).address, index)
        proof = batch.proof(index)
        assert len(proof) <= len(merkle.widths(size)) - 1
        assert labels.contains(gtin, lot, committed, item, proof)
        other = Item(serial, item.key, index + 1)
        assert not labels.contains(gtin, lot, committed, other, proof)


def test_a_killed_commission_goes_on_and_commits_once(workspace: Path, chain: Office) -> None:
    out, count = workspace / "killed", 60_000
    for wait_for in ("leaves.part", "signatures.bin"):
        process = subprocess.Popen(
            commissioning(workspace, out, "KILLED", count),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        while not (out / wait_for).exists() and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not (out / "batch.json").exists()
    found = commissioned(workspace, out, "KILLED", count)
    assert found["status"] == "committed"
    again = commissioned(workspace, out, "KILLED", count)
    assert again == {**found, "status": "committed before, nothing was sent"}
    topics = (f"0x{int(GTIN):064x}", "0x" + b"KILLED".ljust(32, b"\0").hex())
    (event,) = chain.logs(chain.bind(LabelRegistry), "BatchCommitted", *topics)
    assert event.transaction == found["transaction"]
    leaves = (out / "leaves.bin").read_bytes()
    assert event.args["batch"]["root"] == merkle.root(leaves)
    assert len(leaves) == count * merkle.NODE


def test_a_printed_label_is_read_back_with_its_scratch_code(
    workspace: Path, chain: Office, batches: dict[int, Path], entrepot: Entrepot
) -> None:
    out = workspace / "item.png"
    command = (
        "--workspace", workspace, "label", "print", batches[7], "--serial", "3",
        "--format", "png", "--out", out,
    )  # fmt: skip
    assert entrepot(*command).returncode == 0
    label, code = sorted(
        (
            found.text
            for found in zxingcpp.read_barcodes(
                Image.open(out), formats=zxingcpp.BarcodeFormat.QRCode
            )
        ),
        reverse=True,
    )
    link = DigitalLink.parse(label)
    assert (link.gtin, link.lot, link.serial) == (int(GTIN), "L0007", "3")
    assert link.signer(chain.salt) == demo_key().address
    batch = BatchFolder(batches[7])
    item = Item(batch.serial(2), Key.from_secret(secret_of_code(code)).address, 2)
    assert chain.bind(LabelRegistry).contains(
        int(GTIN), batch.file.lot_code, batch.file.on_chain(), item, batch.proof(2)
    )
    assert "exists already" in assert_one_sentence(entrepot(*command), 1)


def test_a_killed_print_is_gone_on_with(
    workspace: Path, batches: dict[int, Path], entrepot: Entrepot
) -> None:
    out = workspace / "prints"
    command = [
        "--workspace", str(workspace), "label", "print", str(batches[1_000]), "--count", "200",
        "--format", "png", "--out", str(out), "--json",
    ]  # fmt: skip
    process = subprocess.Popen([str(COMMAND), *command], stdout=subprocess.DEVNULL)
    while not (out / "0000100.png").exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = {path: path.stat().st_ino for path in out.glob("*.png")}
    assert 100 <= len(kept) < 200
    for left in (200 - len(kept), 0):
        done = entrepot(*command)
        assert json.loads(done.stdout) == {"folder": str(out), "labels": 200, "printed": left}
    assert {path: path.stat().st_ino for path in kept} == kept
    files = {path.name for path in out.iterdir()}
    assert files == {".lock", "print.json", *(f"{i:07}.png" for i in range(1, 201))}
    for number in (1, len(kept), len(kept) + 1, 200):
        image = Image.open(out / f"{number:07}.png")
        texts = {found.text for found in zxingcpp.read_barcodes(image)}
        assert BatchFolder(batches[1_000]).label(number - 1).uri() in texts
    assert "another count" in assert_one_sentence(entrepot(*command, "--count", "201"), 1)


def test_a_whole_batch_is_printed_into_one_file(
    workspace: Path, batches: dict[int, Path], entrepot: Entrepot
) -> None:
    out = workspace / "sheets.pdf"
    done = entrepot(
        "--workspace", workspace, "label", "print", batches[1_000], "--out", out, "--json"
    )
    assert json.loads(done.stdout) == {"file": str(out), "labels": 1_000, "printed": 1_000}
    assert len(pypdfium2.PdfDocument(out)) == 42


def test_refuses_keys_and_lines_that_may_not(
    workspace: Path, tmp_path: Path, entrepot: Entrepot
) -> None:
    def refused(*arguments: object, code: int) -> str:
        return assert_one_sentence(entrepot("--workspace", workspace, *arguments), code)

    batch = ("--lot", "X", "--count", "1", "--expires", "never", "--out", tmp_path / "x")
    stranger = ("--as", "devnet:77")
    assert "LineTaken" in refused("label", "register", GTIN, "--name", "x", code=1)
    assert "NotAuthorized" in refused(
        *stranger, "label", "register", "96385074", "--name", "x", code=1
    )
    assert "NotAuthorized" in refused(*stranger, "label", "commission", GTIN, *batch, code=1)
    assert "label register" in refused("label", "commission", "96385074", *batch, code=2)
    assert "either" in refused("label", "commission", GTIN, *batch, "--serials", "x.csv", code=2)
    printing = ("label", "print", workspace / "1", "--out", tmp_path / "x.pdf")
    assert "opens with the key of" in refused(*stranger, *printing, code=1)
    assert "items 1 to 1" in refused(*printing, "--from", "2", code=2)
    assert "is no grid" in refused(*printing, "--grid", "9x9", code=2)
    assert "no serial 2" in refused(*printing, "--serial", "2", code=2)
    assert not (tmp_path / "x.pdf").exists()


def demo_key() -> Key:
    return KeyRing(str).key(producer_key_name())
