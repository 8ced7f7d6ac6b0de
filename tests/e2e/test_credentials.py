"""Credentials by the command, on a chain with real settled orders."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from entrepot.core.credentials import Figures
from entrepot.core.credit import Grade
from entrepot.network import devnet
from entrepot.network.bindings import CreditRegistry
from entrepot.services import credentials, keystores, office
from entrepot.services.credentials import QUALIFICATION
from entrepot.services.workspace import Workspace
from tests.e2e.trade_scenes import SELLER, START, STRANGER, Market, address

AGENCY, HOLDER, BOUGHT = 51, 32, 31
ISSUER = f"devnet:{AGENCY}"
DEFINITION = ("--definition", "definition.json")

Secretly = Callable[..., str]


@pytest.fixture
def secretly(market: Market, monkeypatch: pytest.MonkeyPatch) -> Secretly:
    """Runs a command that reads a password."""
    monkeypatch.setattr(keystores, "SCRYPT_N", 2)

    def run(*arguments: object, code: int = 0, acting: str | None = None) -> str:
        monkeypatch.setattr(sys, "stdin", io.StringIO("password\n"))
        done = market.run(*arguments, "--password-stdin", code=code, acting=acting)
        return done.stdout + done.stderr

    return run


@pytest.fixture(scope="module")
def agency(market: Market) -> int:
    market.run("participant", "register", AGENCY, "--root", ISSUER, "--roles", "rating-agency")
    return AGENCY


def qualified(market: Market, file: str) -> str:
    """Has the agency publish a definition; the qualification's id."""
    found: str = market.json(
        "participant", "qualify", AGENCY, "--kind", QUALIFICATION, "--document", file,
        "--expires", "never", acting=ISSUER,
    )["qualification"]  # fmt: skip
    return found


def challenged(market: Market, file: str, grade: Grade, settled: int, block: int) -> list[str]:
    """A bank's challenge; what it asks."""
    found: list[str] = market.json(
        "credential", "challenge", "--for", "a bank", "--grade", grade.name, "--settled", settled,
        "--not-before-block", block, *DEFINITION, "--write", file,
    )["asked"]  # fmt: skip
    return found


def test_a_participant_proves_its_rating_and_stays_unnamed(
    market: Market, agency: int, secretly: Secretly
) -> None:
    market.deliver(market.opened_order())
    secretly(
        "credential", "open", agency, "--keystore", "agency.json", "--write", "definition.json"
    )
    market.run("credential", "offer", HOLDER, *DEFINITION, "--write", "offer.json")
    ask = ("credential", "request", "offer.json", *DEFINITION)
    early = secretly(*ask, "--wallet", "w", "--write", "r", acting=SELLER, code=1)
    assert "does not stand by this definition on chain" in early
    number = qualified(market, "definition.json")
    stranger = secretly(*ask, "--wallet", "w", "--write", "r", acting=STRANGER, code=2)
    assert f"does not act for participant {HOLDER}" in stranger
    assert not (market.folder / "w").exists()
    asked = secretly(
        *ask, "--wallet", "wallet.json", "--write", "request.json", "--json", acting=SELLER
    )
    assert json.loads(asked)["definitions"] == 1

    give = (
        "credential", "issue", "request.json", "--offer", "offer.json", *DEFINITION,
        "--keystore", "agency.json", "--json", "--write",
    )  # fmt: skip
    old = json.loads(secretly(*give, "old.json"))
    then = old["block"]
    assert then == market.chain.node.block_number()
    market.deliver(market.opened_order())
    new = json.loads(secretly(*give, "credential.json"))
    assert new["grade"] == market.json("rating", "show", HOLDER)["grade"]
    assert new["settled"] == old["settled"] + 1 >= 2
    assert "does not keep how block" in secretly(*give, "x", "--block", then, code=2)
    assert "is no block of this deployment" in secretly(*give, "x", "--block", 10**6, code=2)

    grade = Grade[new["grade"]]
    said = challenged(market, "challenge.json", grade, new["settled"], then + 1)
    assert market.json("credential", "crowd", "challenge.json", *DEFINITION)["crowd"] >= 1
    tell = ("credential", "prove", "challenge.json", *DEFINITION, "--wallet", "wallet.json")
    short = secretly(*tell, "--credential", "old.json", "--write", "rating-proof.json", code=1)
    assert "does not reach what is asked: settled, block" in short
    secretly(*tell, "--credential", "credential.json", "--write", "rating-proof.json")
    judge = ("credential", "check", "rating-proof.json", *DEFINITION, "--challenge")
    found = market.json(*judge, "challenge.json")
    assert (found["valid"], found["proven"], found["agency"]) == (True, said, agency)
    text = (market.folder / "rating-proof.json").read_text()
    asked_by = json.loads((market.folder / "request.json").read_text())
    for name in (address(SELLER), asked_by["signature"], asked_by["request"]["blinded_ms"]["u"]):
        assert name.lower() not in text.lower()

    challenged(market, "other.json", grade, new["settled"], then + 1)
    wrong = market.json(*judge, "other.json", code=1)
    assert (wrong["valid"], wrong["proven"]) == (False, [])
    better = Grade(grade + 1)
    challenged(market, "better.json", better, 1, then)
    assert "does not reach what is asked: grade" in secretly(
        "credential", "prove", "better.json", *DEFINITION, "--wallet", "wallet.json",
        "--credential", "credential.json", "--write", "better-proof.json", code=1,
    )  # fmt: skip
    assert not (market.folder / "better-proof.json").exists()

    market.run("participant", "disqualify", number, acting=ISSUER)
    assert "does not stand by this definition" in market.refuses(*judge, "challenge.json", code=1)


def test_what_is_no_rating_agency_or_no_challenge_is_refused(
    market: Market, agency: int, secretly: Secretly, tmp_path: Path
) -> None:
    made = secretly("credential", "open", HOLDER, "--keystore", "k", "--write", "d", code=2)
    assert made == f"entrepot: Participant {HOLDER} is no rating agency.\n"
    secretly("credential", "open", agency, "--keystore", tmp_path / "k", "--write", tmp_path / "d")
    begin = ("credential", "challenge", "--definition", tmp_path / "d", "--write", "never.json")
    for more, clause in (
        (("--for", "a bank"), "has to be asked for"),
        (("--for", "a bank", "--grade", "NR"), "is no grade"),
        (("--for", "a bank", "--grade", "a"), "is no grade"),
        (("--for", "", "--grade", "A"), "who asks"),
    ):
        assert clause in market.refuses(*begin, "--not-before-block", 1, *more)
    assert "numbers are" in market.refuses(
        *begin, "--not-before-block", 2**31, "--for", "a bank", "--grade", "A"
    )
    assert not (market.folder / "never.json").exists()


def test_figures_are_those_of_their_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keeping = tuple(flag for flag in devnet._FLAGS if not flag.startswith("--prune-history"))
    monkeypatch.setattr(devnet, "_FLAGS", keeping)
    with devnet.running(tmp_path / "chain", timestamp=START) as chain:
        market = Market.opened(tmp_path, chain)
        seen = {}
        with office.reading(Workspace(tmp_path / "ws"), None) as here:
            for settled in range(3):
                block = chain.node.block_number()
                for number in (HOLDER, BOUGHT):
                    seen[number, block] = credentials.figures_of(here, number)
                    rating = here.bind(CreditRegistry).rating_of(number)
                    assert seen[number, block] == Figures(Grade(rating.grade), settled, block)
                market.deliver(market.opened_order())
            for (number, block), figures in seen.items():
                assert credentials.figures_of(here, number, block) == figures
        assert len({figures.grade for figures in seen.values()}) > 1
