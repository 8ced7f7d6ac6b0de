"""Sealed keys: who opens them, who can verify them, and what is noticed."""

import hmac
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from coincurve import PublicKey
from Crypto.Cipher import AES
from hypothesis import given
from hypothesis import strategies as st
from shamir_mnemonic.share import Share as Slip39Share

from entrepot.core import seals, shares
from entrepot.core.keys import PUBLIC_DEVNET_WORDS, Wallet, root_of, root_of_seed
from entrepot.core.messages import deployment_domain
from entrepot.core.seals import Opened, Record, SealedKey
from entrepot.core.signing import Key, recover
from entrepot.core.words import seed_of
from entrepot.errors import InputError, SealError, WorkspaceError
from entrepot.services import keystores
from entrepot.services import seals as service
from tests.package.strategies import ORDER

SEED = seed_of(PUBLIC_DEVNET_WORDS)
OTHER_SEED = seed_of(PUBLIC_DEVNET_WORDS, "other")
SALT, OTHER_SALT = b"\x11" * 32, b"\x22" * 32
KEYS = [Wallet().key(index) for index in range(19)]
ROOT, NEW, THIEF, *GUARDIANS = KEYS
PASSWORD = "correct horse"
MEMBERS = [spec.name for spec in fields(SealedKey)]


def whole(seed: bytes = SEED, agent: Key = NEW, user: int = 7) -> Record:
    return seals.seal_whole(seed, ROOT, user=user, agent=agent.public, deployment=SALT)


def split(threshold: int = 2, count: int = 3, seed: bytes = SEED, user: int = 7) -> list[Record]:
    guardians = [key.public for key in GUARDIANS[:count]]
    return seals.seal_shares(
        seed, ROOT, user=user, guardians=guardians, threshold=threshold, deployment=SALT
    )


def handed_on(records: list[Record]) -> list[Record]:
    """What the guardians make of their records for the owner's new key."""
    return [
        seals.pass_on(record, GUARDIANS[record.sealed.share - 1], NEW.public, SALT)
        for record in records
    ]


def opened(records: list[Record]) -> list[Opened]:
    return [seals.open_record(record, NEW, SALT) for record in records]


def signed(sealed: SealedKey, key: Key) -> Record:
    sealed = replace(sealed, account=key.address)
    return Record(SALT, sealed, sealed.sign(key, deployment_domain(SALT)))


@contextmanager
def refused(match: str) -> Iterator[None]:
    """A `ValueError` in which nothing secret stands."""
    with pytest.raises(ValueError, match=match) as caught:
        yield
    text = str(caught.value)
    assert "\n" not in text
    assert caught.value.__cause__ is None
    assert not re.search(r"[0-9a-f]{80}", text)
    assert SEED[:8].hex() not in text


WHOLE, SHARES = whole(), split()
HANDED_ON = handed_on(SHARES)


def test_record_is_verified_without_a_secret_and_names_its_key() -> None:
    for record in (WHOLE, *SHARES, *HANDED_ON):
        seals.verify(record, SALT)
        assert recover(record.digest, record.signature) == record.sealed.account
        assert record.digest == record.sealed.digest(deployment_domain(SALT))
        assert record.sealed.identity == root_of(PUBLIC_DEVNET_WORDS).public.identifier
    assert {record.sealed.account for record in (WHOLE, *SHARES)} == {ROOT.address}
    places = [(each.sealed.share, each.sealed.threshold, each.sealed.count) for each in SHARES]
    assert places == [(1, 2, 3), (2, 2, 3), (3, 2, 3)]


@pytest.mark.parametrize("record", [WHOLE, *SHARES], ids=["whole", "1", "2", "3"])
def test_ciphertext_is_ecies_as_computed_by_hand(record: Record) -> None:
    sealed = record.sealed
    key = GUARDIANS[sealed.share - 1] if sealed.share else NEW
    point = PublicKey(sealed.c1).multiply(key.private.secret).format(compressed=False)
    extracted = hmac.digest(b"", sealed.c1 + point, "sha256")
    expanded = hmac.digest(extracted, b"\x01", "sha256")
    nonce, tag, ciphertext = sealed.c2[:16], sealed.c2[16:32], sealed.c2[32:]
    plain = AES.new(expanded, AES.MODE_GCM, nonce).decrypt_and_verify(ciphertext, tag)
    before = replace(sealed, c1=b"", c2=b"").digest(deployment_domain(SALT))
    assert plain[:32] == before
    assert plain[32:] == seals.open_record(record, key, SALT).secret
    if sealed.share:
        assert Slip39Share.from_mnemonic(plain[32:].decode()).index == sealed.share - 1
    else:
        assert plain[32:] == SEED


def test_lengths_say_nothing_of_a_share() -> None:
    assert {len(record.sealed.c2) for record in (*SHARES, *HANDED_ON, *split(3, 5))} == {594}


@given(st.integers(2, 6).flatmap(lambda n: st.tuples(st.integers(2, n), st.just(n))), st.data())
def test_any_m_of_n_guardians_bring_the_key_back_and_fewer_do_not(
    counts: tuple[int, int], data: st.DataObject
) -> None:
    threshold, count = counts
    records = data.draw(st.permutations(split(threshold, count)))
    found = opened(handed_on(records[:threshold]))
    assert seals.combine(found) == SEED
    with refused(f"{threshold} shares are needed, not {threshold - 1}"):
        seals.combine(found[1:])


@given(st.binary(min_size=64, max_size=64), st.integers(1, ORDER - 1), st.integers(1, 2**64 - 1))
def test_an_agent_hands_the_whole_key_on(seed: bytes, secret: int, user: int) -> None:
    agent = Key.from_secret(secret.to_bytes(32))
    record = whole(seed, agent, user)
    passed = seals.pass_on(record, agent, NEW.public, SALT)
    seals.verify_origin(passed, record)
    for found in (opened([passed]), [seals.open_record(record, agent, SALT)]):
        assert seals.combine(found) == seed


def changed(value: int | str | bytes, data: st.DataObject) -> int | str | bytes:
    if isinstance(value, int):
        return data.draw(st.integers(-1, 2**64).filter(lambda other: other != value))
    if isinstance(value, str):
        return THIEF.address
    if data.draw(st.booleans()):
        return data.draw(st.sampled_from([b"", value[:-1], value + b"\0", value[::-1]]))
    bit = data.draw(st.integers(0, 8 * len(value) - 1))
    return (int.from_bytes(value) ^ 1 << bit).to_bytes(len(value))


@pytest.mark.parametrize("member", [*MEMBERS, "deployment", "signature"])
@given(record=st.sampled_from([WHOLE, SHARES[0], HANDED_ON[1]]), data=st.data())
def test_a_changed_member_is_noticed_by_anyone(
    member: str, record: Record, data: st.DataObject
) -> None:
    if member in MEMBERS:
        value = changed(getattr(record.sealed, member), data)
        forged = replace(record, sealed=replace(record.sealed, **{member: value}))
    else:
        forged = replace(record, **{member: changed(getattr(record, member), data)})
    if forged != record:
        with refused("."):
            seals.verify(forged, SALT)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("account", None),
        ("user", 8),
        ("identity", bytes(20)),
        ("share", 2),
        ("threshold", 3),
        ("count", 4),
        ("origin", b"\x01" * 32),
    ],
)
def test_a_ciphertext_opens_in_no_other_record(member: str, value: Any) -> None:
    """A thief who signs it anew as its own cannot have a guardian open it."""
    members = {} if value is None else {member: value}
    forged = signed(replace(SHARES[0].sealed, **members), THIEF)
    seals.verify(forged, SALT)
    with refused("made for another record"):
        seals.pass_on(forged, GUARDIANS[0], THIEF.public, SALT)


@pytest.mark.parametrize(
    "members",
    [
        {"c1": NEW.public},
        {"c1": b"\x05" + WHOLE.sealed.c1[1:]},
        {"c2": WHOLE.sealed.c2[:-1]},
        {"c2": SHARES[0].sealed.c2},
        {"recipient": NEW.public[:-1]},
        {"share": 1},
        {"threshold": 2, "count": 3},
        {"user": 0},
    ],
)
def test_an_ill_formed_record_is_refused_although_it_is_signed(members: dict[str, Any]) -> None:
    with refused("its c[12]|public key|shares|share's number|participant's"):
        seals.verify(signed(replace(WHOLE.sealed, **members), ROOT), SALT)


def test_a_record_of_another_deployment_is_refused() -> None:
    for record in (WHOLE, replace(WHOLE, deployment=OTHER_SALT)):
        salt = OTHER_SALT if record is WHOLE else SALT
        with refused("another deployment, 0x"):
            seals.verify(record, salt)
        with refused("another deployment, 0x"):
            seals.open_record(record, NEW, salt)
    with refused("did not sign it"):
        seals.verify(replace(WHOLE, deployment=OTHER_SALT), OTHER_SALT)


def test_a_record_opens_for_its_recipient_alone() -> None:
    with refused(f"that of {NEW.address}: this one is that of {THIEF.address}"):
        seals.open_record(WHOLE, THIEF, SALT)
    sealed_elsewhere = signed(replace(WHOLE.sealed, recipient=THIEF.public), ROOT)
    with refused("does not open"):
        seals.open_record(sealed_elsewhere, THIEF, SALT)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (shares.split(SEED, 2, 3)[1].encode(), "another share"),
        (shares.split(SEED, 3, 3)[0].encode(), "another share"),
        (b"\xff" * 530, "no share"),
        (b"junk " * 106, "no share"),
    ],
)
def test_a_signer_that_seals_something_else_is_noticed(text: bytes, says: str) -> None:
    draft = replace(SHARES[0].sealed, c1=b"", c2=b"")
    record = seals._sealed(draft, text, ROOT, SALT)
    seals.verify(record, SALT)
    with refused(says):
        seals.open_record(record, GUARDIANS[0], SALT)


def test_a_seed_that_is_not_the_one_named_is_noticed() -> None:
    record = seals._sealed(replace(WHOLE.sealed, c1=b"", c2=b""), OTHER_SEED, ROOT, SALT)
    with refused("another key is sealed in it"):
        seals.open_record(record, NEW, SALT)


def test_what_was_passed_on_is_traced_to_its_origin() -> None:
    for record, origin in zip(HANDED_ON, SHARES, strict=True):
        seals.verify_origin(record, origin)
        assert (record.sealed.origin, origin.sealed.origin) == (origin.digest, bytes(32))
    with refused("not passed on from"):
        seals.verify_origin(HANDED_ON[0], SHARES[1])
    with refused("by another"):
        seals.verify_origin(signed(HANDED_ON[0].sealed, THIEF), SHARES[0])
    for member, value in {"user": 8, "identity": bytes(20), "share": 2, "threshold": 3}.items():
        other = signed(replace(HANDED_ON[0].sealed, **{member: value}), GUARDIANS[0])
        with refused("another key or share"):
            seals.verify_origin(other, SHARES[0])


def bad_share(found: Opened) -> Opened:
    """A share of the same split with another value, as a dishonest guardian would make it."""
    share = Slip39Share.from_mnemonic(found.secret.decode())
    return replace(found, secret=replace(share, value=share.value[::-1]).mnemonic().encode())


def test_a_false_share_is_noticed_and_a_spare_one_makes_up_for_it() -> None:
    good = opened(HANDED_ON)
    with refused("one at least is false"):
        seals.combine([bad_share(good[0]), good[1]])
    assert seals.combine([bad_share(good[0]), *good[1:]]) == SEED


def test_shares_of_another_seed_than_the_one_named_are_noticed() -> None:
    words = shares.split(OTHER_SEED, 2, 3)
    found = [
        replace(each, secret=text.encode())
        for each, text in zip(opened(HANDED_ON), words, strict=True)
    ]
    with refused("one at least is false"):
        seals.combine(found)


def test_shares_of_two_splits_do_not_mix() -> None:
    first, second = opened(HANDED_ON), opened(handed_on(split()))
    with refused("different splits"):
        seals.combine([first[0], second[1]])
    assert seals.combine([first[0], second[1], first[2]]) == SEED


@pytest.mark.parametrize(
    "other",
    [{"seed": OTHER_SEED}, {"user": 8}, {"threshold": 3}, {"count": 4}],
    ids=["key", "user", "threshold", "count"],
)
def test_records_of_two_keys_or_splits_do_not_mix(other: dict[str, Any]) -> None:
    found = opened([HANDED_ON[0], handed_on(split(**other))[1]])
    with refused("different keys or splits"):
        seals.combine(found)


def test_whole_and_share_do_not_mix() -> None:
    with refused("different keys or splits"):
        seals.combine(opened([HANDED_ON[0], WHOLE]))


def test_shares_twice_and_no_records_are_refused() -> None:
    with refused("share 1 stands twice"):
        seals.combine(opened([HANDED_ON[0], HANDED_ON[0]]))
    with refused("no record"):
        seals.combine([])


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"seed": SEED[:32]}, "64 bytes"),
        ({"user": 0}, "participant's number"),
        ({"user": 2**64}, "participant's number"),
        ({"agent": b"\x02" * 32}, "no public key"),
        ({"agent": b"\x05" + b"\x02" * 32}, "no public key"),
        ({"agent": ROOT.private.public_key.format(compressed=False)}, "no public key"),
        ({"deployment": b""}, "32 bytes"),
    ],
)
def test_what_cannot_be_sealed_is_refused(given: dict[str, Any], says: str) -> None:
    options = {"seed": SEED, "user": 7, "agent": NEW.public, "deployment": SALT, **given}
    with refused(says):
        seals.seal_whole(key=ROOT, **options)


def test_guardians_are_different_and_enough() -> None:
    same = [GUARDIANS[0].public] * 2
    with refused("a guardian stands twice"):
        seals.seal_shares(SEED, ROOT, user=7, guardians=same, threshold=2, deployment=SALT)
    for threshold in (1, 4):
        with refused("2 to 16 shares"):
            split(threshold, 3)


def test_representation_of_what_was_opened_shows_nothing_of_it() -> None:
    assert "secret" not in repr(opened([WHOLE])[0])


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keystores, "SCRYPT_N", 2)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Files of what the guardians handed on."""
    paths = [tmp_path / f"{record.sealed.share}.json" for record in HANDED_ON]
    for path, record in zip(paths, HANDED_ON, strict=True):
        service.keep(path, record)
    return paths


def test_file_holds_the_record_and_is_not_overwritten(files: list[Path]) -> None:
    assert [service.load(path) for path in files] == HANDED_ON
    before = files[0].read_bytes()
    with pytest.raises(WorkspaceError, match="exists already"):
        service.keep(files[0], WHOLE)
    assert files[0].read_bytes() == before


def json_or_none(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode())
    except ValueError:
        return None


@given(st.data())
def test_a_changed_byte_of_a_file_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("record") / "record.json"
    service.keep(path, SHARES[0])
    raw = bytearray(path.read_bytes())
    before = json.loads(raw)
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(raw)
    if json_or_none(bytes(raw)) == before:
        assert service.verify(path, SALT) == SHARES[0]
    else:
        with pytest.raises((SealError, WorkspaceError), match=str(path)):
            service.verify(path, SALT)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"kind": "entrepot sealed key"', '"kind": "entrepot seed"'),
        ('"version": 1', '"version": 2'),
        ('"version": 1', '"version": true'),
        ('"version": 1,', ""),
        ('"user": 7', '"user": "7"'),
        ('"user": 7', '"user": 7.0'),
        ('"share": 1', '"share": true'),
        ('"share": 1', '"share": null'),
        ('"origin": "0x', '"origin": "'),
        ('"origin": "0x', '"origin": "0xA'),
        ('"origin": "0x', '"origin": "0x0'),
        ('"account": "0x', '"account": "0x0'),
        ('"user": 7', '"user": 7, "note": ""'),
    ],
)
def test_a_file_that_is_spelt_otherwise_is_refused(files: list[Path], old: str, new: str) -> None:
    text = files[0].read_text()
    assert old in text
    files[0].write_text(text.replace(old, new))
    with pytest.raises(SealError, match=r"is no sealed key: `[a-z]+`: [^\n]+[.]$"):
        service.load(files[0])


@pytest.mark.parametrize("text", ["[]", "3", "null", "{}"])
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "record.json"
    path.write_text(text)
    with pytest.raises(SealError, match="is no sealed key"):
        service.load(path)


def test_every_share_is_written_or_none(tmp_path: Path) -> None:
    guardians = [key.public for key in GUARDIANS[:3]]
    options: dict[str, Any] = {
        "user": 7, "guardians": guardians, "threshold": 2, "deployment": SALT,
    }  # fmt: skip
    in_the_way = tmp_path / "share-3-of-3.json"
    in_the_way.write_text("mine")
    with pytest.raises(WorkspaceError, match="exists already"):
        service.seal_shares(tmp_path, SEED, ROOT, **options)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]
    in_the_way.unlink()
    kept = service.seal_shares(tmp_path, SEED, ROOT, **options)
    assert sorted(tmp_path.iterdir()) == list(kept)
    assert [service.verify(path, SALT) for path in kept] == list(kept.values())


def test_recall_keeps_the_seed_in_a_new_keystore(files: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "back.json"
    assert service.recall(files[1:], NEW, SALT, out, PASSWORD) == seals.identity_of(SEED)
    assert keystores.open_seed(out, PASSWORD) == SEED
    with pytest.raises(WorkspaceError, match="exists already"):
        service.recall(files, NEW, SALT, out, "other")
    assert keystores.open_seed(out, PASSWORD) == SEED


def test_recall_that_fails_names_the_file_and_writes_nothing(
    files: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "back.json"
    with pytest.raises(SealError, match="2 shares are needed, not 1"):
        service.recall(files[:1], NEW, SALT, out, PASSWORD)
    content = json.loads(files[1].read_text())
    files[1].write_text(json.dumps({**content, "user": 8}))
    with pytest.raises(SealError, match=f"{files[1]} does not hold: it was changed"):
        service.recall(files, NEW, SALT, out, PASSWORD)
    with pytest.raises(SealError, match=f"{files[0]} does not hold: .*another deployment"):
        service.recall(files, NEW, OTHER_SALT, out, PASSWORD)
    with pytest.raises(InputError, match="password is empty"):
        service.recall([files[0], files[2]], NEW, SALT, out, "")
    assert sorted(tmp_path.iterdir()) == sorted(files)


def test_pass_on_writes_a_record_and_no_secret(tmp_path: Path) -> None:
    path, out = tmp_path / "mine.json", tmp_path / "passed.json"
    service.keep(path, SHARES[0])
    record = service.pass_on(path, GUARDIANS[0], NEW.public, SALT, out)
    assert service.verify(out, SALT, origin=path) == record
    words = seals.open_record(record, NEW, SALT).secret
    assert not [form for form in (words.decode(), words.hex()) if form[:20] in out.read_text()]
    with pytest.raises(SealError, match=f"{path} does not hold: it was not passed on"):
        service.verify(path, SALT, origin=out)
    forged = replace(SHARES[0], signature=record.signature)
    (tmp_path / "forged.json").write_text(service.RecordFile.of(forged).model_dump_json())
    with pytest.raises(SealError, match=r"forged\.json does not hold: it was changed"):
        service.verify(out, SALT, origin=tmp_path / "forged.json")


@pytest.mark.parametrize(
    "text", ["", "0x", "zebra", "02" * 33, "0x" + "02" * 32, "0x05" + "02" * 32, "0x02" + "ff" * 32]
)
def test_public_key_refuses_what_is_none_without_showing_it(text: str) -> None:
    with pytest.raises(InputError, match="0x02 or 0x03 and 64 digits") as caught:
        service.public_key(text)
    assert len(text) < 5 or text not in str(caught.value)


def test_public_key_is_33_bytes() -> None:
    assert service.public_key("0x" + NEW.public.hex()) == NEW.public
    assert root_of_seed(SEED).key().public == root_of_seed(SEED).public.public
