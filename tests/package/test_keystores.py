"""Secrets at rest."""

import json
import re
from pathlib import Path

import pytest
from eth_account import Account

from entrepot.core.keys import PUBLIC_DEVNET_WORDS, Wallet, root_of
from entrepot.core.words import seed_of
from entrepot.errors import EntrepotError, InputError, KeystoreError, WorkspaceError
from entrepot.services import keystores

SEED = seed_of(PUBLIC_DEVNET_WORDS)
PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keystores, "SCRYPT_N", 2)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    path = tmp_path / "folder" / "seed.json"
    keystores.keep_seed(path, SEED, PASSWORD)
    return path


def test_seed_comes_back_by_its_password_alone(kept: Path) -> None:
    assert keystores.open_seed(kept, PASSWORD) == SEED
    for wrong in ("", "Correct horse", PASSWORD + " "):
        with pytest.raises(KeystoreError, match="does not open") as caught:
            keystores.open_seed(kept, wrong)
        assert PASSWORD not in str(caught.value)


def test_file_is_its_owners_and_holds_no_secret_in_the_clear(kept: Path) -> None:
    assert kept.stat().st_mode & 0o777 == 0o600
    text = kept.read_text()
    root = root_of(PUBLIC_DEVNET_WORDS)
    for secret in (SEED[:32], SEED[32:], root.secret, root.chain_code):
        assert secret.hex() not in text
    assert not re.search(r"address|horse|junk", text)
    crypto = [half["crypto"] for half in json.loads(text)["halves"]]
    assert {each["kdf"] for each in crypto} == {"scrypt"}
    assert crypto[0]["kdfparams"]["salt"] != crypto[1]["kdfparams"]["salt"]
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]


def test_default_work_is_that_of_the_standard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert keystores.SCRYPT_N == 2**18


def test_nothing_is_overwritten(kept: Path) -> None:
    before = kept.read_bytes()
    for path in (kept, kept.parent / "link"):
        if path != kept:
            path.symlink_to(kept)
        with pytest.raises(WorkspaceError, match="exists already"):
            keystores.keep_seed(path, SEED, "other")
        with pytest.raises(KeystoreError, match="exists already"):
            keystores.check_free(path)
    assert kept.read_bytes() == before


def test_empty_password_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="empty"):
        keystores.keep_seed(tmp_path / "seed.json", SEED, "")
    assert list(tmp_path.iterdir()) == []


def test_one_key_is_kept_as_every_wallet_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    keystores.keep_key(path, root_of(PUBLIC_DEVNET_WORDS).descend("44'/60'/0'/0/3"), PASSWORD)
    key = Account.from_key(Account.decrypt(json.loads(path.read_text()), PASSWORD))
    assert key.address == Wallet().key(3).address
    assert keystores.open_key(path, PASSWORD).address == key.address
    with pytest.raises(KeystoreError, match="does not open"):
        keystores.open_key(path, "other")
    with pytest.raises(KeystoreError, match="no keystore of a seed"):
        keystores.open_seed(path, PASSWORD)


def test_a_key_is_not_taken_from_a_seed_or_a_damaged_file(kept: Path, tmp_path: Path) -> None:
    with pytest.raises(KeystoreError, match="say which of its keys, with --path"):
        keystores.open_key(kept, PASSWORD)
    for number, content in enumerate((b"[]", b"{}", b"3")):
        path = tmp_path / f"{number}.json"
        path.write_bytes(content)
        with pytest.raises(KeystoreError, match="is damaged"):
            keystores.open_key(path, PASSWORD)


def test_a_secret_outside_the_curve_is_no_key(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keystores, "_unlocked", lambda *_: bytes(32))
    kept.write_text("{}")
    with pytest.raises(KeystoreError, match="is damaged"):
        keystores.open_key(kept, PASSWORD)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"kind"', '"sort"'),
        ('"halves"', '"thirds"'),
        ('"scrypt"', '"rot13"'),
        ('"salt"', '"pepper"'),
        ('"ciphertext": "', '"ciphertext": "zz'),
        ('"ciphertext": "', '"ciphertext": "00'),
        ('"n": 2', '"n": 3'),
        ('"version": 3', '"version": 9'),
        ("{", "["),
    ],
)
def test_damaged_file_is_refused_in_one_sentence(kept: Path, old: str, new: str) -> None:
    text = kept.read_text()
    assert old in text
    kept.write_text(text.replace(old, new))
    with pytest.raises(EntrepotError) as caught:
        keystores.open_seed(kept, PASSWORD)
    assert str(kept) in str(caught.value)
    assert PASSWORD not in str(caught.value)


def test_a_secret_of_any_length_comes_back_by_kind_and_password_alone(tmp_path: Path) -> None:
    for secret in (b"", b"\0" * 32, b"long" * 1000):
        path = tmp_path / f"{len(secret)}.json"
        keystores.keep_secret(path, "entrepot wallet", secret, PASSWORD)
        assert keystores.open_secret(path, "entrepot wallet", PASSWORD) == secret
        assert path.stat().st_mode & 0o777 == 0o600
        assert not secret or secret.hex() not in path.read_text()
    with pytest.raises(KeystoreError, match="does not open"):
        keystores.open_secret(path, "entrepot wallet", "other")
    with pytest.raises(KeystoreError, match="is no entrepot seed"):
        keystores.open_secret(path, "entrepot seed", PASSWORD)


def test_an_altered_secret_does_not_open(tmp_path: Path) -> None:
    path = tmp_path / "wallet.json"
    keystores.keep_secret(path, "entrepot wallet", b"secret", PASSWORD)
    content = json.loads(path.read_text())
    for changed in (
        {**content, "kind": "entrepot other"},
        *(
            {**content, "sealed": f"{int(content['sealed'], 16) ^ 1 << bit:068x}"}
            for bit in (0, 99, 200)
        ),
        {**content, "sealed": ""},
        {**content, "sealed": "x"},
        {**content, "key": {}},
        {"kind": content["kind"], "key": content["key"]},
    ):
        path.write_text(json.dumps(changed))
        with pytest.raises(KeystoreError, match="is damaged"):
            keystores.open_secret(path, changed["kind"], PASSWORD)
