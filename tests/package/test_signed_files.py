"""Files of signed messages: what is written is read back, signed by whoever can, and no other."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.core.council import joined
from entrepot.core.keys import Wallet
from entrepot.core.messages import (
    GuardianSet,
    KeyGrant,
    KeyGrants,
    KeyRevocation,
    Registration,
    Registrations,
    deployment_domain,
)
from entrepot.core.roles import Function, Role, mask
from entrepot.core.signing import Key, recover
from entrepot.errors import InputError, WorkspaceError
from entrepot.network.artifacts import load
from entrepot.network.bindings import GuardianRegistry, ParticipantRegistry
from entrepot.services import grants, moves, signed_files
from entrepot.services.grants import Grants, Revocation
from entrepot.services.moves import Move
from entrepot.services.registrations import Enrolment
from entrepot.services.signed_files import Signed
from entrepot.services.spelling import NEVER
from tests.package.strategies import addresses, words

WALLET = Wallet()
SALT = b"\7" * 32
DOMAIN = deployment_domain(SALT)
GRANTER, *KEYS = (WALLET.key(i) for i in range(5))
MEMBERS = [WALLET.key(10 + i) for i in range(5)]
STRANGER = WALLET.key(99)

signatures = st.none() | st.binary(max_size=70)
functions = st.integers(1, mask(*Function))
roles = st.integers(0, mask(*Role))
numbers = st.integers(1, 2**64 - 1)
small = st.integers(0, 2**32 - 1)
times = st.integers(0, 4_000_000_000) | st.just(NEVER)
grants_drawn = st.builds(
    lambda salt, granter, terms, signature: Grants(
        salt,
        granter,
        tuple(KeyGrant(granter, *each[:4]) for each in terms),
        tuple(each[4] for each in terms),
        signature,
    ),
    words,
    addresses,
    st.lists(
        st.tuples(addresses, functions, st.integers(1, 255), times, signatures),
        min_size=1,
        max_size=3,
    ),
    signatures,
)
revocations = st.builds(Revocation, words, addresses, addresses, signatures)


def _move(
    salt: bytes, number: int, terms: Any, kept: Any, set_terms: Any, guards: Any, acceptance: Any
) -> Move:
    chosen = GuardianSet(number, *set_terms, tuple(account for account, _ in guards))
    draft = moves.drafted(salt, chosen, *terms, kept)
    signed = tuple(signature for _, signature in guards)
    return replace(draft, acceptance=acceptance, signatures=signed)


moves_drawn = st.builds(
    _move,
    words,
    numbers,
    st.tuples(small, small, addresses),
    st.lists(addresses, max_size=3),
    st.tuples(small, st.integers(1, 255), st.integers(1, 255), small),
    st.lists(st.tuples(addresses, signatures), min_size=1, max_size=4),
    signatures,
)
enrolments = st.builds(
    lambda salt, entries, council, threshold, members: Enrolment(
        salt,
        tuple(Registration(*each[:3]) for each in entries),
        tuple(each[3] for each in entries),
        council,
        threshold,
        members,
    ),
    words,
    st.lists(st.tuples(numbers, roles, addresses, signatures), min_size=1, max_size=3),
    addresses,
    st.integers(1, 9),
    st.dictionaries(addresses, signatures, max_size=4),
)
messages = grants_drawn | revocations | moves_drawn | enrolments


@pytest.fixture
def offer() -> Grants:
    """Grants of two keys that nobody has signed."""
    pairs = [(key.address, 1) for key in KEYS[:2]]
    return grants.drafted(SALT, GRANTER.address, pairs, mask(Function.BUY), NEVER)


@pytest.fixture
def move() -> Move:
    """A move that two of three guardians must sign."""
    guardians = tuple(sorted((key.address for key in KEYS[:3]), key=lambda each: int(each, 16)))
    chosen = GuardianSet(7, 1, 2, 3, 86_400, guardians)
    return moves.drafted(SALT, chosen, 0, 1, STRANGER.address, [GRANTER.address])


@pytest.fixture
def enrolment() -> Enrolment:
    """A registration that three of five members must sign."""
    entry = Registration(7, mask(Role.BUYER), GRANTER.address)
    members = dict.fromkeys(key.address for key in MEMBERS)
    return Enrolment(SALT, (entry,), (None,), "0x" + "11" * 20, 3, members)


def office() -> Any:
    """An office that binds contracts to no node."""
    return SimpleNamespace(
        salt=SALT, bind=lambda kind: kind(None, "0x" + "22" * 20, load(kind.__name__))
    )


@settings(deadline=None)
@given(messages)
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, message: Signed
) -> None:
    path = tmp_path_factory.mktemp("messages") / "message.json"
    signed_files.create(path, message)
    assert signed_files.load(path) == message


def test_a_file_is_never_overwritten(tmp_path: Path, offer: Grants) -> None:
    path = tmp_path / "offer.json"
    signed_files.create(path, offer)
    with pytest.raises(WorkspaceError, match="exists already"):
        signed_files.create(path, offer)


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ("kind", "entrepot other", "no message"),
        ("kind", ["entrepot grants"], "no message"),
        ("version", 2, "`version`"),
        ("deployment", "0x12", "`deployment`"),
        ("granter", "0x12", "`granter`: '0x12' is no address"),
        ("grants", [], "`grants`"),
        ("signature", "0x1", "`signature`: a signature is"),
        ("secret", "1", "`secret`"),
        (("grants", 0, "functions"), ["buy", "steal"], "'steal' is no function"),
        (("grants", 0, "level"), 0, "`grants.0.level`"),
        (("grants", 0, "expiry"), "tomorrow", "a time is YYYY-MM-DDTHH:MM:SSZ"),
        (("grants", 0, "expiry"), "1969-12-31T23:59:59Z", "from 1970 on"),
    ],
)
def test_raises_when_a_member_is_wrong(
    tmp_path: Path, offer: Grants, place: Any, value: Any, told: str
) -> None:
    content: Any = offer.as_json()
    *above, last = place if isinstance(place, tuple) else (place,)
    inner = content
    for step in above:
        inner = inner[step]
    inner[last] = value
    path = tmp_path / "offer.json"
    path.write_text(json.dumps(content))
    with pytest.raises(InputError) as failure:
        signed_files.load(path)
    assert told in str(failure.value)


@pytest.mark.parametrize("name", ["offer", "move", "enrolment"])
def test_raises_when_a_stranger_signs(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    message: Signed = request.getfixturevalue(name)
    path = tmp_path / "message.json"
    signed_files.create(path, message)
    with pytest.raises(InputError, match="nothing to sign"):
        signed_files.sign(path, WALLET.key(77))
    assert signed_files.load(path) == message


def test_grants_are_complete_when_granter_and_keys_have_signed(
    tmp_path: Path, offer: Grants
) -> None:
    path = tmp_path / "offer.json"
    signed_files.create(path, offer)
    assert offer.lacking == [GRANTER.address, KEYS[0].address, KEYS[1].address]
    for key in (KEYS[1], GRANTER, KEYS[0]):
        with pytest.raises(InputError, match="Signatures are missing"):
            signed_files.load(path).call(office())
        signed_files.sign(path, key)
    signed = signed_files.load(path)
    assert isinstance(signed, Grants)
    assert signed.lacking == []
    assert recover(KeyGrants(signed.grants).digest(DOMAIN), signed.signature or b"") == (
        GRANTER.address
    )
    for key, grant, acceptance in zip(KEYS, signed.grants, signed.acceptances, strict=False):
        assert recover(grant.digest(DOMAIN), acceptance or b"") == key.address
    call = signed.call(office())
    registry = office().bind(ParticipantRegistry)
    assert call == registry.grant_keys(
        list(signed.grants), list(signed.acceptances), GRANTER.address, signed.signature
    )


def test_a_revocation_is_signed_by_its_revoker_alone() -> None:
    message = Revocation(SALT, KEYS[0].address, GRANTER.address)
    with pytest.raises(InputError, match="revokes"):
        message.sign(KEYS[0])
    signed = message.sign(GRANTER)
    digest = KeyRevocation(KEYS[0].address).digest(DOMAIN)
    assert recover(digest, signed.signature or b"") == GRANTER.address


def test_a_move_is_complete_when_the_new_root_and_enough_guardians_have_signed(move: Move) -> None:
    def guardian(place: int) -> Key:
        return next(k for k in KEYS if k.address == move.guardian_set.guardians[place])

    one = move.sign(STRANGER).sign(guardian(2))
    assert one.lacking == [guardian(0).address, guardian(1).address]
    two = one.sign(guardian(0))
    assert two.lacking == []
    digest = move.move.digest(DOMAIN)
    given = [s and recover(digest, s) for s in two.signatures]
    assert given == [guardian(0).address, None, guardian(2).address]
    registry = office().bind(GuardianRegistry)
    assert two.call(office()) == registry.announce(
        move.move, move.guardian_set, two.acceptance, [s or b"" for s in two.signatures]
    )


def test_a_registration_is_complete_when_its_root_and_enough_members_have_signed(
    enrolment: Enrolment,
) -> None:
    message = enrolment.sign(GRANTER)
    for member in MEMBERS[:3]:
        assert len(message.lacking) == 5 - MEMBERS.index(member)
        message = message.sign(member)
    assert message.lacking == []
    digest = Registrations(enrolment.registrations).digest(DOMAIN)
    signature = joined((key.raw_address, key.sign(digest)) for key in MEMBERS[:3])
    registry = office().bind(ParticipantRegistry)
    assert message.call(office()) == registry.register(
        list(enrolment.registrations), [message.acceptances[0]], enrolment.council, signature
    )


def test_raises_when_a_key_stands_twice() -> None:
    pairs = [(KEYS[0].address, 1), (KEYS[0].address, 2)]
    with pytest.raises(InputError, match="stands twice"):
        grants.drafted(SALT, GRANTER.address, pairs, 1, NEVER)


def test_raises_when_another_deployment_is_meant(offer: Grants) -> None:
    other = SimpleNamespace(salt=b"\6" * 32)
    with pytest.raises(InputError, match="another deployment"):
        signed_files.submit(other, offer, None)  # type: ignore[arg-type]
