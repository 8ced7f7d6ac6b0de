"""A seed is sealed, lost and brought back, as a shell runs it."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from entrepot.core.keys import PUBLIC_DEVNET_WORDS, Node, root_of_seed
from entrepot.core.organisation import steps_of_name
from entrepot.core.seals import identity_of
from entrepot.core.words import seed_of
from entrepot.network.deployments import Deployed, Deployment
from entrepot.services import keystores
from entrepot.services import seals as service
from entrepot.services.workspace import Workspace
from tests.e2e.conftest import COMMAND, Run, assert_one_sentence

SEED = seed_of(PUBLIC_DEVNET_WORDS)
FRESH_SEED = seed_of(PUBLIC_DEVNET_WORDS, "fresh")
PASSWORD, OTHER = "correct horse", "battery staple"
ROOT, PLACE = "acme/board/root':0/0", "acme/board/recall':0/0"
SALT = "0x" + "5a" * 32
SECRETS = (SEED[:32].hex(), SEED[32:].hex(), FRESH_SEED[:32].hex(), PASSWORD, OTHER)
Line = Callable[..., "subprocess.CompletedProcess[str]"]


def node(number: int) -> Node:
    """The key of guardian or agent `number`."""
    return root_of_seed(SEED).descend(f"44'/60'/9'/{number}'")


def public(number: int) -> str:
    return "0x" + node(number).public.public.hex()


FRESH = root_of_seed(FRESH_SEED).descend(steps_of_name(PLACE)).public
FRESH_PUBLIC = f"0x{FRESH.public.hex()}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Everybody's keystores: the seed that gets lost, a fresh one, three guardians' keys."""
    monkeypatch.setattr(keystores, "SCRYPT_N", 2)
    keystores.keep_seed(tmp_path / "seed.json", SEED, PASSWORD)
    keystores.keep_seed(tmp_path / "fresh.json", FRESH_SEED, PASSWORD)
    for number in (1, 2, 3):
        keystores.keep_key(tmp_path / f"guardian-{number}.json", node(number), PASSWORD)
    return tmp_path


@pytest.fixture
def line(keys: Run, folder: Path) -> Line:
    """Runs a line of `entrepot keys` with passwords on its stdin; `{d}` is the folder."""

    def run(text: str, *passwords: str) -> "subprocess.CompletedProcess[str]":
        filled = text.format(d=folder, root=ROOT, place=PLACE, salt=SALT)
        done = keys(*filled.split(), stdin="".join(f"{each}\n" for each in passwords))
        assert not [secret for secret in SECRETS if secret in done.stdout + done.stderr]
        return done

    return run


@pytest.fixture
def shares(folder: Path) -> Path:
    """A folder of three shares, any two of which give the seed."""
    guardians = [node(number).public.public for number in (1, 2, 3)]
    key = root_of_seed(SEED).descend(steps_of_name(ROOT)).key()
    service.seal_shares(
        folder / "sealed", SEED, key,
        user=7, guardians=guardians, threshold=2, deployment=bytes.fromhex(SALT[2:]),
    )  # fmt: skip
    return folder / "sealed"


def test_a_lost_seed_comes_back_from_its_guardians(line: Line, folder: Path) -> None:
    guardians = [
        json.loads(
            line(
                f"public --keystore {{d}}/guardian-{n}.json --password-stdin --json", PASSWORD
            ).stdout
        )
        for n in (1, 2, 3)
    ]
    assert [each["public"] for each in guardians] == [public(n) for n in (1, 2, 3)]
    assert [each["address"] for each in guardians] == [node(n).address for n in (1, 2, 3)]
    named = " ".join(f"--guardian {each['public']}" for each in guardians)
    done = line(
        f"seal --keystore {{d}}/seed.json --password-stdin --path {{root}} --user 7 {named} "
        "--threshold 2 --salt {salt} --out {d}/sealed --json",
        PASSWORD,
    )
    sealed = json.loads(done.stdout)
    assert [each["recipient"] for each in sealed] == [public(n) for n in (1, 2, 3)]
    root = root_of_seed(SEED).descend(steps_of_name(ROOT)).address
    assert {each["account"] for each in sealed} == {root}
    (folder / "seed.json").unlink()

    done = line("public --keystore {d}/fresh.json --path {place} --password-stdin --json", PASSWORD)
    assert json.loads(done.stdout)["public"] == FRESH_PUBLIC
    for n in (1, 3):
        source = f"{{d}}/sealed/share-{n}-of-3.json"
        done = line(
            f"pass-on {source} --to {FRESH_PUBLIC} --keystore {{d}}/guardian-{n}.json "
            f"--password-stdin --salt {{salt}} --out {{d}}/passed-{n}.json --json",
            PASSWORD,
        )
        passed = json.loads(done.stdout)
        assert passed["origin"] == sealed[n - 1]["hash"]
        done = line(f"verify-seal {{d}}/passed-{n}.json --origin {source} --salt {{salt}} --json")
        assert json.loads(done.stdout) == passed
    recall = (
        "recall {d}/passed-1.json {d}/passed-3.json --keystore {d}/fresh.json --path {place} "
        "--password-stdin --salt {salt} --out {d}/back.json --out-password-stdin"
    )
    done = line(recall + " --json", PASSWORD, OTHER)
    assert json.loads(done.stdout)["identity"] == "0x" + identity_of(SEED).hex()
    assert keystores.open_seed(folder / "back.json", OTHER) == SEED
    again = line(recall, PASSWORD, PASSWORD)
    assert "exists already" in assert_one_sentence(again, 1)
    assert keystores.open_seed(folder / "back.json", OTHER) == SEED


def test_a_whole_seed_comes_back_from_one_agent(line: Line, folder: Path) -> None:
    done = line(
        f"seal --keystore {{d}}/seed.json --password-stdin --path {{root}} --user 7 "
        f"--agent {public(1)} --salt {{salt}} --out {{d}}/sealed",
        PASSWORD,
    )
    assert f"file: {folder}/sealed/agent-1.json\nrecipient: {public(1)}\nhash: 0x" in done.stdout
    recall = (
        "recall {d}/sealed/agent-1.json --keystore {d}/guardian-1.json --password-stdin "
        "--salt {salt} --out {d}/back.json --out-password-stdin"
    )
    assert line(recall, PASSWORD, OTHER).returncode == 0
    assert keystores.open_seed(folder / "back.json", OTHER) == SEED


def test_the_salt_is_that_of_the_workspace(shares: Path, folder: Path) -> None:
    contracts = {"TradeEscrow": Deployed("TradeEscrow", "0x" + "ab" * 20, 1, [])}
    Workspace(folder).keep(Deployment("0", "single", 1, SALT, "", 1, contracts), {})
    record = shares / "share-1-of-3.json"
    done = subprocess.run(
        [COMMAND, "--workspace", folder, "keys", "verify-seal", record],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert f"deployment: {SALT}" in done.stdout


SEAL = "seal --keystore {d}/seed.json --password-stdin --path {root} --user 7 --out {d}/out "
ONE = "--keystore {d}/guardian-1.json --password-stdin --salt {salt} --out {d}/out "


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (SEAL + "--salt {salt}", 2, "Give --agent, or --guardian"),
        (SEAL + f"--salt {{salt}} --guardian {public(1)}", 2, "and --threshold M"),
        (SEAL + f"--salt {{salt}} --agent {public(1)} --threshold 2", 2, "Give --agent, or"),
        (SEAL + f"--salt {{salt}} --agent {public(1)} --guardian {public(2)}", 2, "Give --agent"),
        (SEAL + f"--salt {{salt}} --agent {SEED[:32].hex()}", 2, "A public key is 0x02"),
        (SEAL + f"--agent {public(1)}", 2, "Give --salt"),
        (SEAL + f"--agent {public(1)} --salt 5a", 2, "--salt is 0x and 64"),
        (SEAL + f"--salt {{salt}} --guardian {public(1)} --threshold 1", 2, "2 to 16 shares"),
        (SEAL + f"--salt {{salt}} --agent {public(1)} --user 0", 2, "participant's number"),
        ("pass-on {d}/sealed/share-1-of-3.json --to zebra " + ONE, 2, "A public key is"),
        (f"pass-on {{d}}/sealed/share-2-of-3.json --to {FRESH_PUBLIC} " + ONE, 1, "another key"),
        (f"pass-on {{d}}/guardian-1.json --to {FRESH_PUBLIC} " + ONE, 1, "is no sealed key"),
        (
            f"pass-on {{d}}/sealed/share-1-of-3.json --to {FRESH_PUBLIC} --password-stdin "
            "--keystore {d}/seed.json --salt {salt} --out {d}/out",
            1, "holds a seed: say which of its keys",
        ),
        ("verify-seal {d}/sealed/share-1-of-3.json --salt 0x" + "00" * 32, 1, "another deployment"),
        (
            "verify-seal {d}/sealed/share-1-of-3.json --salt {salt} "
            "--origin {d}/sealed/share-2-of-3.json", 1, "not passed on from",
        ),
        ("recall {d}/sealed/share-1-of-3.json --out-password-stdin " + ONE, 1, "2 shares are"),
        ("public --keystore {d}/none.json --password-stdin", 2, "There is no keystore"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_written(
    line: Line, shares: Path, folder: Path, text: str, code: int, says: str
) -> None:
    before = sorted(folder.iterdir())
    assert says in assert_one_sentence(line(text, PASSWORD, OTHER), code)
    assert sorted(folder.iterdir()) == before
    assert len(list(shares.iterdir())) == 3
