"""docs/authority.md: its commands run as they stand, and its table is the registry's."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from entrepot.core.roles import Function, Role, mask
from entrepot.network.bindings import ParticipantRegistry
from entrepot.network.devnet import Devnet
from entrepot.services import deploy, devnets
from entrepot.services.deploy import Enrolment
from tests.e2e.conftest import COMMAND

PAGE = (Path(__file__).parents[2] / "docs" / "authority.md").read_text("utf-8")
BEFORE, AFTER = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.M | re.S)
DAY = 86_400


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    devnets.down(tmp_path / ".entrepot")


def shell(folder: Path, line: str) -> str:
    """What a line of shell prints."""
    environment = {**os.environ, "PATH": f"{COMMAND.parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-c", line], cwd=folder, env=environment, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{line}: {done.stderr}"
    return done.stdout


def lines(block: str) -> list[str]:
    return [line for line in block.replace("\\\n", " ").splitlines() if line]


def test_the_commands_run_as_they_stand(folder: Path) -> None:
    printed = [shell(folder, line) for line in lines(BEFORE)]
    assert "granted by: 0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f" in printed[6]
    assert "move of the root, new root: 0x976EA74026E726554dB657fA54763abd0C3a0aa9" in printed[-1]
    running = devnets.find(folder / ".entrepot")
    assert running is not None
    running.node.mine(running.node.time() + 3 * DAY)
    finish, *rest = lines(AFTER)
    shell(folder, finish)
    moved = shell(folder, "entrepot participant show 7")
    assert "root: 0x976EA74026E726554dB657fA54763abd0C3a0aa9" in moved
    for line in rest:
        shell(folder, line)


def test_the_table_of_functions_is_the_registrys(anvil: Devnet) -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", PAGE, re.M)
    told = {
        Function[name.upper()]: {
            Role[r.strip().upper().replace(" ", "_")] for r in roles.split(",")
        }
        for name, roles in rows
    }
    with deploy.opened(anvil.node) as pipeline:
        world = deploy.deploy(pipeline, timestamp=1_700_000_010, salt=bytes(32))
        deploy.enrol(world, [Enrolment(100 + role, mask(role), 0) for role in Role])
        pipeline.mine(1_700_000_020)
        pipeline.check()
        registry = world.deployment.bind(anvil.node, ParticipantRegistry)
        asked = [(function, role) for function in Function for role in Role]
        answers = anvil.node.batch_raw(
            [
                registry.request("authorize", world.wallet.key(100 + role).address, function)
                for function, role in asked
            ]
        )
    found: dict[Function, set[Role]] = {function: set() for function in Function}
    for (function, role), answer in zip(asked, answers, strict=True):
        if "result" in answer:
            found[function].add(role)
    assert found == told
