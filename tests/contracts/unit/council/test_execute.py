from itertools import combinations

import pytest
from eth_abi import encode

from entrepot.core.council import council_signature
from entrepot.core.keys import Wallet
from entrepot.core.messages import Call, contract_domain
from entrepot.core.signing import keccak

MAGIC = "0x1626ba7e"


@pytest.fixture
def digest_of(domains):
    """Digest that members sign for a call."""
    return lambda call, nonce=0: Call(call[0], bytes.fromhex(call[1][2:]), nonce).digest(
        domains.council
    )


def test_any_three_of_five_decide(council, escrow, as_council, call, members, event):
    for nonce, signers in enumerate(combinations(members, 3)):
        tx = as_council(*call, signers)
        named = event(tx, "CouncilCalled")
        assert (named["nonce"], named["target"]) == (nonce, escrow.address)
        assert named["data"] == bytes.fromhex(call[1][2:])
    assert escrow.isOpeningPaused() is True
    assert council.nonce() == 10


@pytest.mark.parametrize("count", [4, 5])
def test_more_than_enough_decide_too(escrow, as_council, call, members, count):
    as_council(*call, members[:count])
    assert escrow.isOpeningPaused() is True


@pytest.mark.parametrize("count", [0, 1, 2])
def test_reverts_when_too_few_sign(council, as_council, call, members, reverts, count):
    with reverts(council, "Council_InvalidSignature"):
        as_council(*call, members[:count])


def _signature(accounts, digest):
    """The members' signature with the accounts as they stand."""
    return encode(
        ["bytes[]", "bytes[]"],
        [[each.raw_address for each in accounts], [each.sign(digest) for each in accounts]],
    )


SPOILED = {
    "empty": lambda members, digest: b"",
    "garbage": lambda members, digest: b"\xff" * 200,
    "a member twice": lambda members, digest: council_signature(
        [members[0], members[1], members[1]], digest
    ),
    "a member twice, apart": lambda members, digest: _signature(
        [members[1], members[0], members[1]], digest
    ),
    "a stranger": lambda members, digest: council_signature(
        [members[0], members[1], Wallet().key(999)], digest
    ),
    "enough, and a stranger": lambda members, digest: council_signature(
        [*members[:3], Wallet().key(999)], digest
    ),
    "another digest": lambda members, digest: council_signature(members[:3], keccak(digest)),
    "signatures exchanged": lambda members, digest: encode(
        ["bytes[]", "bytes[]"],
        [[each.raw_address for each in members[:3]], [each.sign(digest) for each in members[2:5]]],
    ),
    "a signature short": lambda members, digest: encode(
        ["bytes[]", "bytes[]"],
        [[each.raw_address for each in members[:3]], [each.sign(digest) for each in members[:2]]],
    ),
}


@pytest.mark.parametrize("how", SPOILED)
def test_reverts_when_the_signature_is_no_good(
    council, escrow, call, members, digest_of, operator, reverts, how
):
    signature = SPOILED[how](members, digest_of(call))
    with reverts(council, "Council_InvalidSignature"):
        council.execute(*call, 0, signature, operator)
    assert council.isValidSignature(digest_of(call), signature) != MAGIC
    assert escrow.isOpeningPaused() is False


def test_takes_members_in_any_order(escrow, council, call, members, digest_of, operator):
    shuffled = sorted(members[:3], key=lambda member: keccak(member.raw_address), reverse=True)
    council.execute(*call, 0, _signature(shuffled, digest_of(call)), operator)
    assert escrow.isOpeningPaused() is True


def test_shows_its_signature_to_other_contracts(council, members):
    digest = keccak(b"anything")
    assert council.isValidSignature(digest, council_signature(members[2:], digest)) == MAGIC
    assert council.isValidSignature(digest, council_signature(members[3:], digest)) == "0xffffffff"


@pytest.mark.parametrize("nonce", [0, 2, 2**256 - 1])
def test_reverts_when_the_nonce_is_not_the_next(council, as_council, call, reverts, nonce):
    as_council(*call)
    with reverts(council, "Council_WrongNonce", nonce, 1):
        as_council(*call, nonce=nonce)


def test_a_call_is_made_once(council, call, members, digest_of, operator, reverts):
    signature = council_signature(members[:3], digest_of(call))
    council.execute(*call, 0, signature, operator)
    with reverts(council, "Council_WrongNonce", 0, 1):
        council.execute(*call, 0, signature, operator)
    with reverts(council, "Council_InvalidSignature"):
        council.execute(*call, 1, signature, operator)


def test_a_call_that_fails_uses_up_no_nonce(council, registry, as_council, ids, keys, reverts):
    data = registry.setRoles.encode_input(ids.seller, 0, 1)
    with reverts(registry, "AccessManagedUnauthorized", council.address):
        as_council(registry, data)
    assert council.nonce() == 0


def test_reverts_when_the_target_is_no_contract(council, as_council, keys, reverts):
    with reverts(council, "AddressEmptyCode", keys.stranger.address):
        as_council(keys.stranger.address, "0x")


def test_reverts_when_the_members_signed_for_another_contract_or_chain(
    council, call, members, chain, keys, operator, reverts
):
    message = Call(call[0], bytes.fromhex(call[1][2:]), 0)
    for chain_id, contract in ((chain.id + 1, council.address), (chain.id, call[0])):
        domain = contract_domain("Entrepot Council", chain_id, contract)
        signature = council_signature(members[:3], message.digest(domain))
        with reverts(council, "Council_InvalidSignature"):
            council.execute(*call, 0, signature, operator)


def test_digest_is_that_of_the_package(council, call, digest_of):
    for nonce in (0, 7):
        assert bytes(council.callDigest(*call, nonce)) == digest_of(call, nonce)


def test_members_may_be_contracts(Council, escrow, manager, wallet_of, keys, chain, operator):
    wallet = wallet_of(keys.stranger)
    accounts = [wallet.address, keys.buyer.address]
    council = Council.deploy(accounts, 2, operator)
    call = Call(escrow.address, bytes.fromhex(escrow.pauseOpening.encode_input(True)[2:]), 0)
    manager.setTargetFunctionRole(escrow, [escrow.signatures["pauseOpening"]], 1, operator)
    manager.grantRole(1, council, 0, operator)
    digest = call.digest(contract_domain("Entrepot Council", chain.id, council.address))
    signed = encode(
        ["bytes[]", "bytes[]"],
        [
            [bytes.fromhex(account[2:]) for account in accounts],
            [keys.stranger.sign(digest), keys.buyer.sign(digest)],
        ],
    )
    council.execute(call.target, call.data, 0, signed, operator)
    assert escrow.isOpeningPaused() is True
