"""Governance as a deployment leaves it: a council at once, a timelock for the rest, nobody else."""

from dataclasses import astuple
from types import SimpleNamespace

import pytest

from entrepot.core.council import council_signature
from entrepot.core.messages import Registration, Registrations
from entrepot.core.roles import Function, Role, mask
from entrepot.core.signing import checksum_address, keccak
from entrepot.services.deploy import STEWARD, STEWARDS, TIMELOCK_DELAY

ADMIN = 0
ZERO = "0x" + "0" * 40
NOTHING = b"\0" * 32
READY = (1 << 2).to_bytes(32)


@pytest.fixture(autouse=True)
def handed_over(world, operator):
    """Gives governance to council and timelock, as `entrepot.services.deploy` does."""
    contracts = {contract._name: contract for contract in vars(world).values()}
    for name, functions in STEWARDS.items():
        selectors = [contracts[name].signatures[function] for function in functions]
        world.manager.setTargetFunctionRole(contracts[name], selectors, STEWARD, operator)
    world.manager.grantRole(STEWARD, world.council, 0, operator)
    world.manager.grantRole(ADMIN, world.timelock, 0, operator)
    world.manager.renounceRole(ADMIN, operator["from"], operator)


@pytest.fixture
def decisions(world, ids):
    """What the timelock alone decides: contract, data and a view that shows it."""
    registry, escrow, insurance, dollar, pool = (
        world.registry, world.escrow, world.insurance, world.dollar, world.pool
    )  # fmt: skip
    calls = SimpleNamespace(
        setRoles=(registry, (ids.seller, 1, 1), lambda: registry.participantOf(ids.seller)[1] == 1),
        unlistToken=(escrow, (dollar,), lambda: not escrow.listingOf(dollar)[0]),
        unlistPool=(insurance, (pool,), lambda: not insurance.isPoolListed(pool)),
    )
    return {
        name: (contract, getattr(contract, name).encode_input(*args), is_done)
        for name, (contract, args, is_done) in vars(calls).items()
    }


@pytest.fixture
def newcomer(keys, domains):
    """A registration and its root's acceptance."""
    registration = Registration(77, mask(Role.SELLER), keys.stranger.address)
    return registration, registration.sign(keys.stranger, domains.deployment)


@pytest.fixture
def register(world, newcomer, domains, sender, keys):
    """Registers with signatures of these members, sent by a stranger; gives the transaction."""

    def go(signers, governor=None):
        registration, acceptance = newcomer
        digest = Registrations((registration,)).digest(domains.deployment)
        signature = council_signature(signers, digest)
        governor = governor or world.council
        batch = [astuple(registration)], [acceptance]
        return world.registry.register(*batch, governor, signature, sender(keys.stranger))

    return go


@pytest.fixture
def schedule(world, as_council):
    """Lets the council announce a call of the timelock; gives its id."""

    def go(target, data, delay=TIMELOCK_DELAY):
        terms = target, 0, data, NOTHING, NOTHING
        as_council(world.timelock, world.timelock.schedule.encode_input(*terms, delay))
        return bytes(world.timelock.hashOperation(*terms))

    return go


@pytest.fixture
def carry_out(world, keys, sender):
    """Executes an announced call from a stranger's account."""
    return lambda target, data: world.timelock.execute(
        target, 0, data, NOTHING, NOTHING, sender(keys.stranger)
    )


def test_the_council_registers_at_once_with_three_of_five(world, register, members, keys):
    register(members[2:])
    assert world.registry.authorize(keys.stranger.address, Function.SELL) == 77


def test_nobody_registers_without_three_members(world, register, members, keys, reverts):
    for signers in (
        [],
        members[:2],
        [members[0], members[1], members[1]],
        [members[0], members[1], keys.stranger],
        [*members[:3], keys.stranger],
    ):
        with reverts(world.registry, "ParticipantRegistry_InvalidSignature", world.council.address):
            register(signers)


def test_nobody_else_registers(world, register, members, keys, newcomer, sender, reverts):
    registration, acceptance = newcomer
    for governor in (keys.operator, members[0], world.timelock, keys.stranger):
        with reverts(world.registry, "ParticipantRegistry_NotGovernance", governor.address):
            batch = [astuple(registration)], [acceptance]
            world.registry.register(*batch, governor.address, b"", sender(governor))


def test_the_council_pauses_new_business_at_once(world, as_council):
    for contract, pause, is_paused in (
        (world.escrow, world.escrow.pauseOpening, world.escrow.isOpeningPaused),
        (world.insurance, world.insurance.pauseUnderwriting, world.insurance.isUnderwritingPaused),
    ):
        for wanted in (True, False):
            as_council(contract, pause.encode_input(wanted))
            assert is_paused() is wanted


@pytest.mark.parametrize("name", ["setRoles", "unlistToken", "unlistPool"])
def test_the_rest_waits_for_the_timelock(
    world, decisions, as_council, schedule, carry_out, name, now, at, reverts
):
    contract, data, is_done = decisions[name]
    with reverts(contract, "AccessManagedUnauthorized", world.council.address):
        as_council(contract, data)
    operation = schedule(contract, data)
    ready = now() + TIMELOCK_DELAY
    at(ready - 1)
    with reverts(world.timelock, "TimelockUnexpectedOperationState", operation, READY):
        carry_out(contract, data)
    assert not is_done()
    at(ready)
    carry_out(contract, data)
    assert is_done()


def test_what_was_unlisted_is_listed_again(world, decisions, schedule, carry_out, now, at):
    for name, undo in (("unlistToken", "listToken"), ("unlistPool", "listPool")):
        contract, data, is_done = decisions[name]
        listed = world.dollar if name == "unlistToken" else world.pool
        for call in (data, getattr(contract, undo).encode_input(listed)):
            schedule(contract, call)
            at(now() + TIMELOCK_DELAY)
            carry_out(contract, call)
        assert not is_done()


def test_nothing_waits_less_than_the_delay(world, decisions, schedule, reverts):
    contract, data, _ = decisions["setRoles"]
    short = TIMELOCK_DELAY - 1, TIMELOCK_DELAY
    with reverts(world.timelock, "TimelockInsufficientDelay", *short):
        schedule(contract, data, short[0])


def test_the_council_takes_back_what_it_announced(
    world, decisions, as_council, schedule, carry_out, now, at, reverts
):
    contract, data, is_done = decisions["setRoles"]
    operation = schedule(contract, data)
    as_council(world.timelock, world.timelock.cancel.encode_input(operation))
    at(now() + TIMELOCK_DELAY)
    with reverts(world.timelock, "TimelockUnexpectedOperationState", operation, READY):
        carry_out(contract, data)
    assert not is_done()


def test_nobody_else_announces_or_takes_back(
    world, decisions, schedule, members, keys, sender, reverts
):
    timelock = world.timelock
    contract, data, _ = decisions["setRoles"]
    operation = schedule(contract, data)
    for who in (keys.operator, keys.stranger, members[0]):
        refused = who.address, bytes(timelock.PROPOSER_ROLE())
        with reverts(timelock, "AccessControlUnauthorizedAccount", *refused):
            terms = contract, 0, data, NOTHING, b"\1" * 32, TIMELOCK_DELAY
            timelock.schedule(*terms, sender(who))
        refused = who.address, bytes(timelock.CANCELLER_ROLE())
        with reverts(timelock, "AccessControlUnauthorizedAccount", *refused):
            timelock.cancel(operation, sender(who))


def test_the_delay_is_changed_through_the_timelock_only(
    world, as_council, schedule, carry_out, keys, sender, now, at, reverts
):
    timelock = world.timelock
    data = timelock.updateDelay.encode_input(7)
    with reverts(timelock, "TimelockUnauthorizedCaller", keys.operator.address):
        timelock.updateDelay(7, sender(keys.operator))
    with reverts(timelock, "TimelockUnauthorizedCaller", world.council.address):
        as_council(timelock, data)
    assert timelock.getMinDelay() == TIMELOCK_DELAY
    schedule(timelock, data)
    at(now() + TIMELOCK_DELAY)
    carry_out(timelock, data)
    assert timelock.getMinDelay() == 7


def test_the_timelock_takes_the_stewards_role_from_the_council(
    world, schedule, carry_out, register, members, now, at, reverts
):
    data = world.manager.revokeRole.encode_input(STEWARD, world.council)
    schedule(world.manager, data)
    at(now() + TIMELOCK_DELAY)
    carry_out(world.manager, data)
    with reverts(world.registry, "ParticipantRegistry_NotGovernance", world.council.address):
        register(members[:3])


def _holders(web3, contract, granted, revoked, role_of):
    """Who holds which role, from the events."""
    topics = {bytes(keccak(text.encode())): text for text in (granted, revoked)}
    holders = set()
    for log in web3.eth.get_logs({"address": contract.address, "fromBlock": 0}):
        if bytes(log.topics[0]) in topics:
            holder = role_of(log.topics[1]), checksum_address(bytes(log.topics[2])[12:])
            change = holders.add if topics[bytes(log.topics[0])] == granted else holders.discard
            change(holder)
    return holders


def test_nobody_but_the_timelock_is_admin_and_the_operator_is_nobody(world, web3):
    signatures = "RoleGranted(uint64,address,uint32,uint48,bool)", "RoleRevoked(uint64,address)"
    holders = _holders(web3, world.manager, *signatures, lambda topic: int(topic.hex(), 16))
    assert holders == {(ADMIN, world.timelock.address), (STEWARD, world.council.address)}


def test_the_timelock_has_no_admin_but_itself_and_no_proposer_but_the_council(world, web3):
    timelock = world.timelock
    signatures = "RoleGranted(bytes32,address,address)", "RoleRevoked(bytes32,address,address)"
    assert _holders(web3, timelock, *signatures, bytes) == {
        (bytes(timelock.DEFAULT_ADMIN_ROLE()), timelock.address),
        (bytes(timelock.PROPOSER_ROLE()), world.council.address),
        (bytes(timelock.CANCELLER_ROLE()), world.council.address),
        (bytes(timelock.EXECUTOR_ROLE()), ZERO),
    }


def test_the_operator_and_the_council_change_nothing_in_the_consortium(
    world, decisions, as_council, keys, operator, reverts
):
    manager = world.manager
    attempts = (
        manager.grantRole.encode_input(ADMIN, keys.operator.address, 0),
        manager.setTargetFunctionRole.encode_input(world.escrow, ["0x00000000"], STEWARD),
        manager.setTargetClosed.encode_input(world.escrow, True),
        manager.updateAuthority.encode_input(world.escrow, keys.operator.address),
        manager.setGrantDelay.encode_input(STEWARD, 0),
        manager.setRoleAdmin.encode_input(STEWARD, STEWARD),
    )
    for data in attempts:
        with reverts(manager, "AccessManagerUnauthorizedAccount", keys.operator.address, ADMIN):
            operator["from"].transfer(manager, data=data)
        with reverts(manager, "AccessManagerUnauthorizedAccount", world.council.address, ADMIN):
            as_council(manager, data)
    for contract, data, _ in decisions.values():
        with reverts(contract, "AccessManagedUnauthorized", keys.operator.address):
            operator["from"].transfer(contract, data=data)
    for contract, pause in (
        (world.escrow, world.escrow.pauseOpening),
        (world.insurance, world.insurance.pauseUnderwriting),
    ):
        with reverts(contract, "AccessManagedUnauthorized", keys.operator.address):
            pause(True, operator)


def test_the_timelock_has_no_steward_function_without_giving_itself_the_role(
    world, schedule, carry_out, now, at, reverts
):
    data = world.escrow.pauseOpening.encode_input(True)
    schedule(world.escrow, data)
    at(now() + TIMELOCK_DELAY)
    with reverts(world.escrow, "AccessManagedUnauthorized", world.timelock.address):
        carry_out(world.escrow, data)


def test_the_council_changes_its_members_and_goes_on_with_the_new_ones(
    world, as_council, register, members, keys, reverts
):
    lists = [], [member.raw_address for member in members[:3]]
    as_council(world.council, world.council.changeMembers.encode_input(*lists, 2))
    with reverts(world.registry, "ParticipantRegistry_InvalidSignature", world.council.address):
        register(members[:3])
    register(members[3:])
    assert world.registry.authorize(keys.stranger.address, Function.SELL) == 77
