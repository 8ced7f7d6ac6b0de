"""The main job, end to end."""

import contextlib
import csv
import io
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from entrepot.errors import NodeUnreachable
from entrepot.network import devnet
from entrepot.network.devnet import Devnet
from tests.e2e.conftest import COMMAND, ROOT, SAMPLE, SCMS, Entrepot, assert_one_sentence
from tests.section9 import totals

COUNTS = ("orders", "late", "claims")
SUMS = ("funded", "released", "refunded", "claims_paid", "premiums")


def summary_of(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "summary.json").read_text("utf-8"))
    return found


def assert_totals(out: Path, csv_path: Path) -> None:
    summary, expected = summary_of(out), totals(csv_path)
    assert {name: summary[name] for name in COUNTS} == {name: expected[name] for name in COUNTS}
    assert len(summary["rejected"]) == summary["rejected_rows"] == expected["rejected"]
    for name in SUMS:
        assert summary[f"{name}_cents"] == expected[f"{name}_cents"], name
    money = summary["money"]
    paid_out = money["released_units"] + money["refunded_units"]
    assert money["funded_units"] == paid_out + money["held_units"]
    assert summary["held_cents"] == 0


def test_sample_settles_to_the_totals_of_the_rules(sample_run: Path) -> None:
    assert_totals(sample_run, SAMPLE)


@pytest.mark.skipif(not SCMS.exists(), reason="the real shipments are not beside this repository")
def test_thousands_of_real_shipments_settle_to_the_totals_of_the_rules(
    tmp_path: Path, entrepot: Entrepot
) -> None:
    out = tmp_path / "scms"
    done = entrepot("replay", SCMS, "--topology", "single", "--out", out)
    assert done.returncode == 0, done.stderr
    assert_totals(out, SCMS)
    summary = summary_of(out)
    assert summary["orders"] > 3_000
    assert summary["peak_memory_mb"] < 1_536
    audited = entrepot("audit", "--out", out, "--json")
    assert audited.returncode == 0, audited.stdout
    assert json.loads(audited.stdout)["violations"] == []


def test_every_transaction_has_its_label_and_gas(sample_run: Path) -> None:
    summary = summary_of(sample_run)
    assert summary["gas_used"] > summary["transactions"] * 21_000
    labels = {"open", "insure", "create", "handOver", "deliver", "refund", "claim", "rateJourney"}
    assert labels <= set(summary["gas_by_action"])


def test_finished_run_is_refused_and_left_alone(sample_run: Path, entrepot: Entrepot) -> None:
    before = {path.name: path.read_bytes() for path in sample_run.iterdir() if path.is_file()}
    done = entrepot("replay", SAMPLE, "--out", sample_run)
    assert "finished run" in assert_one_sentence(done, 1)
    after = {path.name: path.read_bytes() for path in sample_run.iterdir() if path.is_file()}
    assert {**after, "audit.json": b""} == {**before, "audit.json": b""}


def test_folder_of_something_else_is_refused(tmp_path: Path, entrepot: Entrepot) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    done = entrepot("replay", SAMPLE, "--out", tmp_path)
    assert "something else" in assert_one_sentence(done, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def start_long_run(out: Path) -> "subprocess.Popen[str]":
    """A simulation that is in the middle of sending when this returns."""
    process = subprocess.Popen(
        [COMMAND, "simulate", "--orders", "1500", "--seed", "1", "--out", str(out)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(NodeUnreachable):
            running = devnet.find(out)
            if running is not None and running.node.block_number() > 50:
                return process
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    raise AssertionError("the run did not begin")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_killed_run_starts_again_and_doubles_nothing(
    tmp_path: Path, entrepot: Entrepot, how: signal.Signals
) -> None:
    out = tmp_path / "run"
    process = start_long_run(out)
    left = devnet.find(out)
    process.send_signal(how)
    process.communicate(timeout=60)
    assert process.returncode not in (0, None)
    assert not (out / "summary.json").exists()
    assert left is not None
    assert left.is_running == (how == signal.SIGKILL)

    done = entrepot("simulate", "--orders", 40, "--seed", 1, "--out", out)
    assert done.returncode == 0, done.stderr
    assert summary_of(out)["orders"] == 40
    assert not left.is_running
    assert entrepot("audit", "--out", out).returncode == 0


def test_node_killed_halfway_is_one_sentence(tmp_path: Path) -> None:
    out = tmp_path / "run"
    process = start_long_run(out)
    running = devnet.find(out)
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert stdout == ""
    assert len(stderr.strip().splitlines()) == 1, stderr
    assert "own devnet ended" in stderr
    assert not (out / "summary.json").exists()


def test_two_runs_cannot_share_a_folder(tmp_path: Path, entrepot: Entrepot) -> None:
    out = tmp_path / "run"
    process = start_long_run(out)
    try:
        done = entrepot("simulate", "--orders", 5, "--seed", 1, "--out", out)
        assert "Another process" in assert_one_sentence(done, 1)
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_given_node_is_used_and_left_as_it_was(
    tmp_path: Path, entrepot: Entrepot, anvil: Devnet
) -> None:
    before = anvil.node.mining()
    for out in (tmp_path / "first", tmp_path / "second"):
        done = entrepot("replay", SAMPLE, "--limit", 20, "--out", out, "--rpc", anvil.url)
        assert done.returncode == 0, done.stderr
        audited = entrepot("audit", "--out", out, "--rpc", anvil.url)
        assert audited.returncode == 0, audited.stdout
        assert entrepot("audit", "--out", out).returncode == 0
    assert anvil.is_running
    assert anvil.node.mining() == before


def test_other_column_layout_is_replayed_by_its_mapping(tmp_path: Path, entrepot: Entrepot) -> None:
    shipments, mapping = tmp_path / "orders.csv", tmp_path / "mapping.yaml"
    shipments.write_bytes(
        "no;käufer;maker;gross;rebate;due;came\r1;Österreich;Alder;100,5;0;01.03.2020;09.03.2020\r"
        "2;Österreich;Alder;250.75;50.25;01.03.2020;01.03.2020\r".encode("latin-1")
    )
    mapping.write_text(
        "encoding: latin-1\ndelimiter: ';'\nid: no\nbuyer: käufer\nseller: maker\n"
        "value: {column: gross, discount: rebate}\ninsurance: {constant: 1}\n"
        "scheduled: {column: due, format: '%d.%m.%Y'}\n"
        "delivered: {column: came, format: '%d.%m.%Y'}\n",
        "utf-8",
    )
    out = tmp_path / "out"
    done = entrepot("replay", shipments, "--mapping", mapping, "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["orders"] == 1
    assert summary["funded_cents"] == 20_050
    assert [row["row_id"] for row in summary["rejected"]] == ["1"]


def rows(*changes: dict[str, str]) -> str:
    """Rows in the sample's layout: its first one, with changes and an ID of its own."""
    with SAMPLE.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        first, header = next(reader), reader.fieldnames
    assert header is not None
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header)
    writer.writeheader()
    for number, change in enumerate(changes):
        writer.writerow({**first, "ID": f"row {number}", **change})
    return text.getvalue()


def test_odd_rows_settle_like_others(tmp_path: Path, entrepot: Entrepot) -> None:
    """Dates a century apart, an order after its own refund-after, an ID that looks like markup."""
    scheduled, delivered, ordered, value, premium = (
        "Scheduled Delivery Date", "Delivered to Client Date", "PO Sent to Vendor Date",
        "Line Item Value", "Line Item Insurance (USD)",
    )  # fmt: skip
    shipments, out = tmp_path / "[odd] rows.csv", tmp_path / "[/out] é"
    shipments.write_text(
        rows(
            {scheduled: "1971-03-01", delivered: "1971-03-01"},
            {scheduled: "2090-03-01", delivered: "2090-03-20", premium: "5"},
            {ordered: "2015-06-01", scheduled: "2015-01-01", delivered: "2015-07-01", premium: "5"},
            {"ID": "[/red]", value: "0"},
            {"ID": "\x1b[31m", value: "0"},
        ),
        "utf-8",
    )
    done = entrepot("replay", shipments, "--no-ceiling", "--out", out)
    assert done.returncode == 0, done.stderr
    assert "ID [/red]: the value is 0" in done.stdout
    assert "\x1b[31m" not in done.stdout
    assert "entrepot audit --out '" in done.stdout
    summary = summary_of(out)
    assert (summary["orders"], summary["released"], summary["refunded"]) == (3, 2, 1)
    assert summary["claims"] == 2
    assert entrepot("audit", "--out", out).returncode == 0


def test_chain_of_another_id_is_audited_from_the_saved_state(
    tmp_path: Path, entrepot: Entrepot
) -> None:
    out = tmp_path / "out"
    with devnet.running(tmp_path / "anvil", timestamp=1_700_000_000, chain_id=4_242) as node:
        done = entrepot("replay", SAMPLE, "--limit", 5, "--out", out, "--rpc", node.url)
        assert done.returncode == 0, done.stderr
    assert entrepot("audit", "--out", out).returncode == 0


def test_record_that_cannot_be_written_to_is_read(sample_run: Path, entrepot: Entrepot) -> None:
    done = entrepot("rating", "show", 3, "--out", sample_run, "--json")
    assert json.loads(done.stdout)["grade"] != "NR"
    assert not (sample_run / "revived").exists()
