import re
from pathlib import Path

import pytest

from entrepot.core.roles import Role, mask
from entrepot.services import deploy

DAY = 86_400
CONTRACTS = Path(__file__).parents[4] / "contracts"
COMMENT = re.compile(r"//.*")
FUNCTION = re.compile(r"\bfunction\s+(\w+)(.*?)(?=\bfunction\b|\Z)", re.S)
GOVERNS = re.compile(r"\brestricted\b|\bcanCall\(")

MEMBER = 7
GOVERNED = {
    "ParticipantRegistry": {"register", "setRoles"},
    "TradeEscrow": {"listToken", "unlistToken", "pauseOpening"},
    "CargoInsurance": {"listPool", "unlistPool", "pauseUnderwriting"},
}


def test_governs_these_functions_and_no_other():
    governed = {}
    for path in CONTRACTS.rglob("*.sol"):
        functions = FUNCTION.findall(COMMENT.sub("", path.read_text("utf-8")))
        if found := {name for name, rest in functions if GOVERNS.search(rest)}:
            governed[path.stem] = found
    assert governed == GOVERNED


def test_only_its_admin_governs(manager, registry, escrow, insurance, keys, plain):
    for contract in (registry, escrow, insurance):
        for name in GOVERNED[contract._name]:
            selector = contract.signatures[name]
            for key, is_admin in ((keys.operator, True), (keys.stranger, False)):
                allowed = manager.canCall(key.address, contract, selector)
                assert plain(allowed) == (is_admin, 0)


def test_the_councils_role_is_that_of_the_package(manager):
    assert manager.STEWARD() == deploy.STEWARD


@pytest.mark.parametrize("name", ["pauseOpening", "pauseUnderwriting"])
def test_a_member_with_one_function_has_no_other(
    manager, registry, escrow, insurance, ids, keys, sender, operator, reverts, name
):
    contract = escrow if name == "pauseOpening" else insurance
    selector = contract.signatures[name]
    manager.setTargetFunctionRole(contract, [selector], MEMBER, operator)
    manager.grantRole(MEMBER, keys.stranger.address, 0, operator)
    member = sender(keys.stranger)

    getattr(contract, name)(True, member)
    with reverts(registry, "AccessManagedUnauthorized", keys.stranger.address):
        registry.setRoles(ids.seller, mask(Role.INSURER), 1, member)
    with reverts(registry, "ParticipantRegistry_NotGovernance", keys.stranger.address):
        registry.register([], [], keys.stranger.address, b"", member)


def test_a_delayed_member_decides_only_after_its_delay(
    manager, escrow, keys, sender, operator, now, at, reverts
):
    selector = escrow.signatures["pauseOpening"]
    manager.setTargetFunctionRole(escrow, [selector], MEMBER, operator)
    manager.grantRole(MEMBER, keys.stranger.address, DAY, operator)
    member, call = sender(keys.stranger), escrow.pauseOpening.encode_input(True)

    operation = manager.hashOperation(keys.stranger.address, escrow, call)
    with reverts(manager, "AccessManagerNotScheduled", bytes(operation)):
        escrow.pauseOpening(True, member)
    manager.schedule(escrow, call, 0, member)
    ready = now() + DAY
    at(ready - 1)
    with reverts(manager, "AccessManagerNotReady", bytes(operation)):
        escrow.pauseOpening(True, member)
    at(ready)
    escrow.pauseOpening(True, member)
    assert escrow.isOpeningPaused() is True


def test_the_admin_can_hand_over_to_another(
    manager, registry, ids, keys, sender, operator, reverts
):
    admin = manager.ADMIN_ROLE()
    manager.grantRole(admin, keys.stranger.address, 0, operator)
    manager.renounceRole(admin, keys.operator.address, operator)

    with reverts(registry, "AccessManagedUnauthorized", keys.operator.address):
        registry.setRoles(ids.seller, 0, 1, operator)
    registry.setRoles(ids.seller, 0, 1, sender(keys.stranger))
    assert registry.participantOf(ids.seller)[1] == 0
