"""Devices by the command: enrolled, run, interrupted, their batches brought and proven."""

import json
from pathlib import Path
from typing import Any

import pytest

from entrepot.cli import devices as commands
from entrepot.services.spelling import moment
from tests.e2e.trade_scenes import BUYER, CARRIER, DAY, SELLER, Market

LOGGER = "devnet:44"
BAND = f"{LOGGER}:temperature:2:8"


@pytest.fixture(scope="module")
def logger(market: Market) -> str:
    """A device that the carrier enrolled."""
    market.run("device", "enrol", "--key", LOGGER, acting=CARRIER)
    return LOGGER


@pytest.fixture
def order(market: Market, logger: str) -> str:
    """A shipped order over which the device watches, a day ago."""
    return watched(market, BAND, "--watch", f"{logger}:humidity:10:90")


def watched(market: Market, *watches: str) -> str:
    """An order with a watch, whose goods have been on their way for two days."""
    order = market.opened_order()
    market.run("shipment", "create", order)
    market.run("shipment", "load", order, "--watch", *watches, acting=SELLER)
    market.run("shipment", "hand-over", order, "--to", CARRIER, acting=SELLER)
    market.pass_time(2 * DAY)
    return order


def coldchain(order: str, folder: str, *more: str) -> tuple[str, ...]:
    """A run of the device."""
    return ("device", "run", order, "--key", LOGGER, "--generate", "coldchain", "--seed", "7",
            "--for", "P1D", "--out", folder, *more)  # fmt: skip


def recorded(market: Market, name: str, *degrees: str, every: int = 600) -> str:
    """A CSV file of temperatures, the first one just after the last block but two days."""
    start = market.now - 2 * DAY
    rows = [f"{moment(start + 60 + i * every)},{value}" for i, value in enumerate(degrees)]
    (market.folder / name).write_text("time,temperature\n" + "\n".join(rows) + "\n")
    return name


def test_an_excursion_is_signed_submitted_and_seen(market: Market, order: str) -> None:
    run = coldchain(order, "warm", "--excursion", "PT10H/PT3H", "--submit")
    told = market.json(*run)
    assert {each["status"] for each in told} == {"arrived"}
    assert [each["number"] for each in told] == list(range(1, len(told) + 1))
    temperature, humidity = market.json("shipment", "show", order)["watches"]
    assert humidity["breached_at"] is None
    assert float(temperature["extreme"]) > 10
    assert 2 * 3_600 < temperature["longest_seconds"] <= temperature["seconds_outside"] < 6 * 3_600
    warm = [each for each in told if float(each["extremes"][0]["minimum"]) > 8]
    assert sum(each["count"] * 300 for each in warm) == temperature["seconds_outside"]
    again = market.json(*run)
    assert {each["status"] for each in again} == {"arrived before; nothing was sent"}


def test_an_interrupted_device_goes_on_behind_its_last_file(
    market: Market, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = market.json(*coldchain(order, "whole"))
    taken = 0

    def pulled(reading: Any) -> None:
        nonlocal taken
        taken += 1
        if taken == 200:
            raise KeyboardInterrupt

    monkeypatch.setattr(commands, "_pace", lambda *_: pulled)
    market.run(*coldchain(order, "cut"), code=130)
    monkeypatch.undo()
    half = len(list((market.folder / "cut").iterdir()))
    assert 0 < half < len(whole)
    assert len(market.json(*coldchain(order, "cut"))) == len(whole) - half
    files = [sorted((market.folder / each).iterdir()) for each in ("whole", "cut")]
    assert [p.read_text() for p in files[0]] == [p.read_text() for p in files[1]]
    assert len(market.json("device", "submit", "cut")) == len(whole)


def test_readings_of_the_future_wait(market: Market, order: str) -> None:
    told = market.json(*coldchain(order, "early", "--for", "P3D", "--submit"), code=1)
    assert told[-1]["status"] == "waits"
    arrived = [each for each in told if each["status"] == "arrived"]
    market.pass_time(2 * DAY)
    rest = market.json("device", "submit", "early")
    assert [each["status"] for each in rest] == [
        *("arrived before; nothing was sent" for _ in arrived),
        *("arrived" for _ in rest[len(arrived) :]),
    ]


def test_a_batch_closes_where_a_limit_is_crossed(market: Market, logger: str) -> None:
    order = watched(market, BAND)
    file = recorded(market, "crossing.csv", "5", "8", "8.01", "9", "1.99", "2", "5", "5")
    run = ("device", "run", order, "--key", logger, "--series", file, "--out", "crossing")
    told = market.json(*run, "--batch", "2", "--submit")
    assert [each["count"] for each in told] == [2, 2, 1, 2, 1]
    (watch,) = market.json("shipment", "show", order)["watches"]
    assert (watch["seconds_outside"], watch["longest_seconds"]) == (1_800, 1_800)
    assert watch["extreme"] == "9"


def test_one_reading_is_proven_alone(market: Market, logger: str) -> None:
    order = watched(market, BAND)
    file = recorded(market, "proven.csv", "5", "6.25", "4")
    market.run("device", "run", order, "--key", logger, "--series", file, "--out", "proven")
    market.run("device", "prove", "proven", "1", "1", "--write", "proof.json")
    unknown = market.json("device", "verify", "proof.json", code=1)
    assert (unknown["valid"], unknown["reason"]) == (
        False, "the chain has no such batch of this device"
    )  # fmt: skip
    market.run("device", "submit", "proven")
    shown = market.json("device", "verify", "proof.json")
    assert (shown["valid"], shown["temperature"]) == (True, "6.25 °C")
    proof = json.loads((market.folder / "proof.json").read_text())
    for key, value in (("reading", ["6.5"]), ("index", 0), ("siblings", proof["siblings"][:1])):
        forged = market.folder / "forged.json"
        forged.write_text(json.dumps({**proof, key: value}))
        assert market.json("device", "verify", "forged.json", code=1)["valid"] is False
    assert "no 3" in market.refuses("device", "prove", "proven", "1", "3")
    assert "no batch 2" in market.refuses("device", "prove", "proven", "2", "0")


def test_a_secure_element_measures(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "read_password", lambda *_, **__: "open sesame")
    made = market.json("device", "new", "--p256", "element.pem")
    assert "exists already" in market.refuses("device", "new", "--p256", "element.pem", code=1)
    assert "ENCRYPTED" in (market.folder / "element.pem").read_text().splitlines()[0]
    enrol = ("device", "enrol", "--p256", "element.pem")
    assert "secure-element" in market.refuses(*enrol, acting=CARRIER)
    element = ("device", "secure-element", "--p256", "element.pem")
    done = market.json(*element)
    assert (done["device"], done["status"]) == (made["account"], "deployed")
    public = ("device", "secure-element", "--public", made["public"])
    assert market.json(*public)["status"] == "deployed before; nothing was sent"
    market.run(*enrol, acting=CARRIER)
    order = watched(market, f"{made['account']}:temperature:2:8")
    file = recorded(market, "element.csv", "5", "9")
    run = ("device", "run", order, "--p256", "element.pem", "--series", file, "--out", "element")
    assert [each["status"] for each in market.json(*run, "--submit")] == ["arrived", "arrived"]
    monkeypatch.setattr(commands, "read_password", lambda *_, **__: "open barley")
    assert "password is another" in market.refuses(*run, code=1)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("when,temperature\n", "first line"),
        ("time,pressure\n", "no metric"),
        ("time,temperature\n", "no reading"),
        ("time,temperature\nnow,5\n", "line 2: 'now' is no time"),
        ("time,temperature\n2023-11-16T00:00:00Z,5,6\n", "line 2: it has 3 values"),
        ("time,temperature\n2023-11-16T00:00:00Z,5.001\n", "more than 2 decimals"),
        (
            "time,temperature\n2023-11-16T00:01:00Z,5\n2023-11-16T00:00:00Z,5\n",
            "not in order of time",
        ),
        ("time,humidity\n2023-11-16T00:00:00Z,50\n", "no temperature"),
    ],
)
def test_refuses_a_series(market: Market, order: str, text: str, reason: str) -> None:
    (market.folder / "bad.csv").write_text(text)
    run = ("device", "run", order, "--key", LOGGER, "--series", "bad.csv", "--out", "bad")
    assert reason in market.refuses(*run)
    assert not (market.folder / "bad").exists()


def test_refuses_a_device_that_does_not_watch(market: Market, order: str) -> None:
    run = ("device", "run", order, "--generate", "coldchain")
    assert "Say which device" in market.refuses(*run)
    assert "does not watch" in market.refuses(*run, "--key", BUYER)
    assert "--series" in market.refuses("device", "run", order, "--key", LOGGER)
    short = (*run, "--key", LOGGER, "--for")
    assert "--for" in market.refuses(*short, "soon")
    assert "--excursion" in market.refuses(*short, "P1D", "--excursion", "PT3H")


def test_refuses_a_batch_that_was_touched(market: Market, logger: str) -> None:
    order = watched(market, BAND)
    file = recorded(market, "touched.csv", "5", "5")
    market.run("device", "run", order, "--key", logger, "--series", file, "--out", "touched")
    (path,) = (market.folder / "touched").iterdir()
    kept = path.read_text()
    path.write_text(kept.replace('"5"', '"6"', 1))
    assert "do not lead to its root" in market.refuses("device", "submit", "touched")
    path.write_text(kept.replace('"interval": 600', '"interval": 60'))
    assert "InvalidSignature" in market.refuses("device", "submit", "touched", code=1)
    assert "no folder" in market.refuses("device", "submit", "nowhere")


def test_a_series_is_what_its_seed_says(market: Market, tmp_path: Path) -> None:
    start = ("--start", "2024-06-01T00:00:00Z", "--for", "P5D")
    texts = []
    for i, seed in enumerate(("3", "3", "4")):
        file = tmp_path / f"{i}.csv"
        market.run("device", "series", file, *start, "--seed", seed)
        texts.append(file.read_text())
    assert texts[0] == texts[1] != texts[2]
    degrees = [float(line.split(",")[1]) for line in texts[0].splitlines()[1:]]
    assert len(degrees) == 5 * 288
    assert 2 <= min(degrees) < 4.2
    assert 6 < max(degrees) <= 8
