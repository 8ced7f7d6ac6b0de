"""Keys on chain by the command: granted, drawn, supervised, revoked, on one chain and on two."""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from entrepot.core.keys import PUBLIC_DEVNET_WORDS, Wallet, root_of
from entrepot.core.organisation import steps_of_name
from entrepot.core.words import checked_seed_of
from entrepot.network import devnet
from entrepot.network.devnet import Devnet
from entrepot.services import deploy, keystores
from entrepot.services.workspace import Workspace
from tests.e2e.conftest import COMMAND, assert_one_sentence

PASSWORD = "correct horse"
TREE = """
organisation: acme
units:
  board:
    root: {branch: sealed, levels: {0: 1}}
  procurement:
    orders: {branch: supervised, levels: {1: 1, 2: 2}}
  dock:
    scanners: {branch: sealed, levels: {3: 1}}
"""
ROOT = "acme.json#acme/board/root':0/0"
BUYERS = [f"acme.json#acme/procurement/orders:{place}" for place in ("1/0", "2/0")]
SCANNER = "acme.json#acme/dock/scanners':3/0"
CHAINS = ("one", "two")
WALLET = Wallet()
SALT = b"\5" * 32
START = 1_700_000_000
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def address(place: str) -> str:
    """Address of a place of acme's."""
    return root_of(PUBLIC_DEVNET_WORDS).descend(steps_of_name(place.partition("#")[2])).address


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with acme's keystore and tree."""
    made = tmp_path_factory.mktemp("acme")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keystores, "SCRYPT_N", 2)
        keystores.keep_seed(made / "acme.json", checked_seed_of(PUBLIC_DEVNET_WORDS), PASSWORD)
    (made / "acme.yaml").write_text(TREE)
    return made


@pytest.fixture(scope="module")
def chains(folder: Path) -> Iterator[list[Devnet]]:
    """Two chains of one deployment, each with its workspace `one` or `two`."""
    with (
        devnet.running(folder / "one", timestamp=START, chain_id=1111) as one,
        devnet.running(folder / "two", timestamp=START, chain_id=2222) as two,
    ):
        for each in (one, two):
            with deploy.opened(each.node) as pipeline:
                world = deploy.deploy(pipeline, timestamp=START + 10, salt=SALT)
            Workspace(each.folder).keep(world.deployment, {})
        yield [one, two]


@pytest.fixture(scope="module")
def run(folder: Path, chains: list[Devnet]) -> Run:
    """Runs `entrepot` on a chain; stdin is acme's password."""

    def run_on(chain: str, *arguments: object, code: int = 0) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [COMMAND, "--workspace", chain, *map(str, arguments)],
            cwd=folder, input=PASSWORD + "\n", capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        assert PASSWORD not in done.stdout + done.stderr
        return done

    return run_on


@pytest.fixture(scope="module")
def acme(run: Run) -> None:
    """Acme as participant 7 on the first chain, with two buyers and a scanner."""
    pw = "--password-stdin"
    run("one", "participant", "register", 7, "--root", ROOT, "--roles", "buyer,warehouse", pw,
        "--write", "acme.registration")  # fmt: skip
    for member in deploy.council_keys(WALLET)[:3]:
        number = 2_000_000 + deploy.council_keys(WALLET).index(member)
        run("one", "--as", f"devnet:{number}", "keys", "sign", "acme.registration")
    run("one", "keys", "submit", "acme.registration")
    run("one", "--as", ROOT, "keys", "grant", *BUYERS, "--functions", "buy", "--expires", "never",
        pw, "--write", "buyers.grants")  # fmt: skip
    run("one", "keys", "submit", "buyers.grants")
    run("one", "--as", BUYERS[0], "keys", "grant", SCANNER, "--functions", "buy", "--expires",
        "2030-12-31", pw, "--write", "scanner.grants")  # fmt: skip
    run("one", "keys", "submit", "scanner.grants")


def told(run: Run, chain: str, place: str, code: int = 0) -> Any:
    """What `whoami` says of a place."""
    return json.loads(run(chain, "keys", "whoami", address(place), "--json", code=code).stdout)


@pytest.mark.usefixtures("acme")
def test_whoami_tells_for_whom_a_key_acts_and_by_whom(run: Run, folder: Path) -> None:
    tree = run(
        "one", "keys", "tree", "acme.yaml", "--keystore", "acme.json", "--password-stdin", "--json"
    )
    (folder / "tree.json").write_text(tree.stdout)
    found = json.loads(
        run("one", "keys", "whoami", address(SCANNER), "--tree", "tree.json", "--json").stdout
    )
    assert found == {
        "name": "acme/dock/scanners':3/0",
        "path": next(
            key["path"]
            for branch in json.loads(tree.stdout)["branches"]
            for key in branch["keys"]
            if key["address"] == address(SCANNER)
        ),
        "address": address(SCANNER),
        "valid": True,
        "participant": 7,
        "is_root": False,
        "roles": ["buyer", "warehouse"],
        "functions": ["buy"],
        "usable": ["buy"],
        "level": 3,
        "expiry": "2030-12-31T23:59:59Z",
        "granted_by": address(BUYERS[0]),
        "reason": None,
    }
    root = told(run, "one", ROOT)
    assert (root["is_root"], root["granted_by"], root["level"]) == (True, None, 0)
    assert root["usable"] == ["buy", "handover", "receive", "measure"]


@pytest.mark.usefixtures("acme")
def test_the_tree_shows_what_the_chain_says(run: Run) -> None:
    drawn = run("one", "keys", "tree", "acme.yaml", "--keystore", "acme.json", "--password-stdin",
                "--state").stdout  # fmt: skip
    lines = {line.split("0x")[1][:40]: line for line in drawn.splitlines() if "level" in line}
    assert lines[address(SCANNER)[2:]].endswith("buy until 2030-12-31T23:59:59Z")
    assert lines[address(BUYERS[1])[2:]].endswith("  buy")
    silent = address("acme.json#acme/procurement/orders:2/1")
    assert lines[silent[2:]].endswith("not valid: it was never granted")


@pytest.mark.usefixtures("acme")
def test_an_auditor_sees_a_branch_with_its_xpub_alone(run: Run, folder: Path) -> None:
    def xpub(place: str) -> str:
        text = run("one", "keys", "xpub", "--keystore", "acme.json", "--password-stdin", "--path",
                   place, "--json").stdout  # fmt: skip
        found: str = json.loads(text)["xpub"]
        return found

    branch = run("one", "keys", "supervise", xpub("acme/procurement/orders"), "--json").stdout
    unit = run("one", "keys", "supervise", xpub("acme/procurement"), "--function", "orders",
               "--json").stdout  # fmt: skip
    level = run("one", "keys", "supervise", xpub("acme/procurement/orders:2"), "--json").stdout
    found = json.loads(branch)
    assert json.loads(unit) == found
    assert [each["place"] for each in found] == ["1/0", "2/0"]
    assert [each["address"] for each in found] == [address(place) for place in BUYERS]
    acts = [(act["how"], act["event"], act["args"]["key"]) for act in found[0]["acts"]]
    assert acts[:2] == [
        ("named", "KeyGranted", address(BUYERS[0])),
        ("signed", "KeyGranted", address(SCANNER)),
    ]
    assert [each["address"] for each in json.loads(level)] == [address(BUYERS[1])]


@pytest.mark.usefixtures("acme")
def test_the_same_files_give_the_same_keys_on_the_other_chain(run: Run) -> None:
    run("two", "keys", "submit", "buyers.grants", code=1)
    for name in ("acme.registration", "buyers.grants", "scanner.grants", "buyers.grants"):
        run("two", "keys", "submit", name)
    for place in (ROOT, *BUYERS, SCANNER):
        assert told(run, "two", place) == told(run, "one", place)


@pytest.mark.usefixtures("acme")
def test_a_grant_is_withdrawn_on_every_chain_before_it_comes(run: Run) -> None:
    run("one", "--as", ROOT, "keys", "grant", "devnet:60", "--functions", "buy", "--level", 1,
        "--expires", "never", "--password-stdin", "--write", "late.grants")  # fmt: skip
    key = WALLET.key(60).address
    refused = run("one", "--as", ROOT, "keys", "revoke", key, "--password-stdin", code=2)
    assert "was never granted" in assert_one_sentence(refused, 2)
    run("one", "--as", ROOT, "keys", "revoke", key, "--password-stdin", "--withdraw", "--write",
        "late.revocation")  # fmt: skip
    run("two", "keys", "submit", "acme.registration")
    for chain, names in (
        ("one", ("late.revocation", "late.grants")),
        ("two", ("late.grants", "late.revocation")),
    ):
        for name in names:
            run(chain, "keys", "submit", name)
    told_by = [
        run(chain, "keys", "whoami", key, "--json", code=1).stdout for chain in ("one", "two")
    ]
    assert told_by[0] == told_by[1]
    assert json.loads(told_by[0])["reason"] == "it was revoked"


@pytest.mark.usefixtures("acme")
def test_who_holds_a_key_accepts_it_by_a_file(run: Run) -> None:
    key = WALLET.key(61).address
    refused = run("one", "--as", ROOT, "keys", "grant", key, "--functions", "buy", "--level", 1,
                  "--expires", "never", "--password-stdin", code=2)  # fmt: skip
    assert f"Signatures are missing, by {key}" in assert_one_sentence(refused, 2)
    run("one", "--as", ROOT, "keys", "grant", key, "--functions", "buy", "--level", 1, "--expires",
        "never", "--password-stdin", "--write", "offer.grants")  # fmt: skip
    run("one", "--as", "devnet:61", "keys", "sign", "offer.grants")
    run("one", "keys", "submit", "offer.grants")
    again = run("one", "--as", ROOT, "keys", "grant", "devnet:61", "--functions", "sell", "--level",
                1, "--expires", "never", "--password-stdin", code=2)  # fmt: skip
    assert "an address accepts one grant, ever" in assert_one_sentence(again, 2)
    run("one", "--as", ROOT, "keys", "revoke", key, "--password-stdin")
    found = json.loads(run("one", "keys", "whoami", key, "--json", code=1).stdout)
    assert (found["functions"], found["usable"]) == (["buy"], [])
    assert found["reason"] == "it was revoked"


@pytest.mark.usefixtures("acme")
def test_a_qualification_is_vouched_for_and_taken_back(run: Run, folder: Path) -> None:
    (folder / "licence.txt").write_text("licence 4711")
    run("one", "participant", "register", 9, "--root", "devnet:9", "--roles", "regulator")
    qualify = ("participant", "qualify", 7, "--kind", "customs-broker", "--document", "licence.txt")
    refused = run("one", "--as", ROOT, *qualify, "--expires", "2030-01-01", "--password-stdin",
                  code=2)  # fmt: skip
    assert "may not certify for anybody" in assert_one_sentence(refused, 2)
    for until in ("2030-01-01", "2023-01-01"):
        run("one", "--as", "devnet:9", *qualify, "--from", "2022-01-01", "--expires", until)
    shown = json.loads(run("one", "participant", "show", 7, "--json").stdout)["qualifications"]
    assert [(each["state"], each["issuer"]) for each in shown] == [("valid", 9), ("expired", 9)]
    run("one", "--as", "devnet:9", "participant", "disqualify", shown[0]["id"])
    shown = json.loads(run("one", "participant", "show", 7, "--json").stdout)["qualifications"]
    assert shown[0]["state"] == "revoked"


REFUSED: dict[str, tuple[str, ...]] = {
    "expires 2020-01-01T23:59:59Z": (
        "keys", "grant", "devnet:60", "--functions", "buy", "--level", "9", "--expires",
        "2020-01-01",
    ),
    "is no participant's id": (
        "participant", "register", str(2**64), "--root", "devnet:60", "--roles", "buyer",
    ),
    "--threshold is": (
        "participant", "guard", "30", "--guardian", WALLET.key(61).address, "--threshold", "300",
        "--override", "301",
    ),
    "--delay-days is": (
        "participant", "guard", "30", "--guardian", WALLET.key(61).address, "--guardian",
        WALLET.key(62).address, "--threshold", "1", "--override", "2", "--delay-days", "99999",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def guarded(run: Run) -> None:
    """Participant 30, whose root is a devnet's key and has guardians."""
    run("one", "participant", "register", 30, "--root", "devnet:30", "--roles", "buyer")
    run("one", "--as", "devnet:30", "participant", "guard", 30, "--threshold", 1, "--override", 2,
        "--guardian", WALLET.key(61).address, "--guardian", WALLET.key(62).address)  # fmt: skip


@pytest.mark.usefixtures("guarded")
@pytest.mark.parametrize("told", REFUSED)
def test_raises_when_what_is_asked_can_do_nothing(run: Run, told: str) -> None:
    done = run("one", "--as", "devnet:30", *REFUSED[told], code=2)
    assert told in assert_one_sentence(done, 2)


@pytest.mark.usefixtures("guarded")
def test_raises_when_a_move_would_keep_a_key_that_was_never_granted(run: Run, folder: Path) -> None:
    stranger = WALLET.key(63).address
    done = run("one", "participant", "move-root", 30, "--to", WALLET.key(64).address, "--keep",
               stranger, "--write", "stranger.json", code=2)  # fmt: skip
    assert f"{stranger} was never granted" in assert_one_sentence(done, 2)
    assert not (folder / "stranger.json").exists()


def test_raises_when_the_node_runs_another_chain(run: Run, chains: list[Devnet]) -> None:
    done = run("one", "keys", "whoami", WALLET.key(0).address, "--rpc", chains[1].url, code=1)
    assert "runs chain 2222, not 1111" in assert_one_sentence(done, 1)


@pytest.mark.parametrize(
    "command", [("keys", "whoami", WALLET.key(0).address), ("rating", "show", 1)]
)
def test_raises_when_the_node_has_another_deployment(
    run: Run, folder: Path, chains: list[Devnet], command: tuple[object, ...]
) -> None:
    kept = Workspace(folder / "one").deployment()
    Workspace(folder / "other").keep(replace(kept, salt="0x" + "06" * 32), {})
    done = run("other", "--rpc", chains[0].url, *command, code=1)
    assert "another deployment" in assert_one_sentence(done, 1)
    assert not replace(kept, salt="0x" + "06" * 32).stands(chains[0].node)


@pytest.fixture
def public_node(chains: list[Devnet]) -> Iterator[str]:
    """The first chain behind a node that knows none of Anvil's commands."""

    class Proxy(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked = json.loads(body)
            if isinstance(asked, dict) and asked["method"].startswith("anvil_"):
                error = {"code": -32601, "message": "method not found"}
                answer = json.dumps({"jsonrpc": "2.0", "id": asked["id"], "error": error}).encode()
            else:
                kind = {"Content-Type": "application/json"}
                answer = requests.post(chains[0].url, data=body, headers=kind, timeout=30).content
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("acme")
def test_off_a_devnet_nothing_is_sent_unless_it_is_meant_and_paid(
    run: Run, chains: list[Devnet], public_node: str
) -> None:
    before = chains[0].node.block_number()
    submit = ("keys", "submit", "buyers.grants", "--rpc", public_node)
    refused = run("one", *submit, code=2)
    assert "is no devnet: add --yes" in assert_one_sentence(refused, 2)
    refused = run("one", *submit, "--yes", code=2)
    assert "Say with --payer" in assert_one_sentence(refused, 2)
    refused = run("one", *submit, "--yes", "--payer", "devnet:0", code=2)
    assert "a key that everybody has" in assert_one_sentence(refused, 2)
    refused = run("one", "participant", "register", 88, "--root", "devnet:88", "--roles", "buyer",
                  "--rpc", public_node, "--yes", code=2)  # fmt: skip
    assert "the council decides" in assert_one_sentence(refused, 2)
    assert chains[0].node.block_number() == before
    chains[0].node.set_balance(address(ROOT), 10**18)
    run("one", *submit, "--yes", "--payer", ROOT, "--password-stdin")
    assert chains[0].node.block_number() == before + 1
