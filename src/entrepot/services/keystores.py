"""Secrets at rest: Web3 Secret Storage (version 3, scrypt), one file each.

That format holds 32 bytes. A key fits; a seed of 64 bytes is kept as two halves, each encrypted
under the same password with a salt of its own. A secret of another length is encrypted with
AES-256-GCM under a random key, which the format holds. The address that the format usually names is
left out of what is no key.
"""

import secrets
from pathlib import Path
from typing import Any

from entrepot.core.keys import Node
from entrepot.core.signing import Key
from entrepot.errors import InputError, KeystoreError
from entrepot.storage.files import create_json, read_json

SCRYPT_N = 2**18
_KIND = "entrepot seed"
_NONCE = 12


def check_free(path: Path) -> None:
    """`KeystoreError` where a file is in the way of a new keystore."""
    if path.exists():
        raise KeystoreError(f"{path} exists already and is left as it is.")


def keep_seed(path: Path, seed: bytes, password: str) -> None:
    """Encrypts a 64-byte seed into a new file, mode 0600; never in place of another."""
    halves = []
    for half in (seed[:32], seed[32:]):
        kept = _locked(half, password)
        del kept["address"]
        halves.append(kept)
    _write(path, {"kind": _KIND, "halves": halves})


def open_seed(path: Path, password: str) -> bytes:
    """The 64-byte seed in a keystore; `KeystoreError` where it or its password is wrong."""
    found = read_json(path)
    if not isinstance(found, dict) or found.get("kind") != _KIND:
        raise KeystoreError(f"{path} is no keystore of a seed; make one with `entrepot keys new`.")
    halves = found.get("halves")
    if not isinstance(halves, list) or len(halves) != 2:
        raise KeystoreError(f"{path} is damaged: it does not hold two halves.")
    return b"".join(_unlocked(path, half, password) for half in halves)


def keep_key(path: Path, node: Node, password: str) -> None:
    """Encrypts one private key into a new file that any Ethereum wallet reads."""
    _write(path, _locked(node.secret, password))


def open_key(path: Path, password: str) -> Key:
    """The one key in a keystore; `KeystoreError` where it or its password is wrong."""
    found = read_json(path)
    if isinstance(found, dict) and found.get("kind") == _KIND:
        raise KeystoreError(f"{path} holds a seed: say which of its keys, with --path.")
    try:
        return Key.from_secret(_unlocked(path, found, password))
    except ValueError:
        raise KeystoreError(f"{path} is damaged.") from None


def keep_secret(path: Path, kind: str, secret: bytes, password: str) -> None:
    """Encrypts a secret of any length into a new file, which says what it is."""
    from Crypto.Cipher import AES

    key = secrets.token_bytes(32)
    locked = _locked(key, password)
    del locked["address"]
    nonce = secrets.token_bytes(_NONCE)
    cipher = AES.new(key, AES.MODE_GCM, nonce=nonce).update(kind.encode())
    sealed, tag = cipher.encrypt_and_digest(secret)
    _write(path, {"kind": kind, "key": locked, "sealed": (nonce + tag + sealed).hex()})


def open_secret(path: Path, kind: str, password: str) -> bytes:
    """The secret in a file of that kind; `KeystoreError` where it or its password is wrong."""
    from Crypto.Cipher import AES

    found = read_json(path)
    if not isinstance(found, dict) or found.get("kind") != kind:
        raise KeystoreError(f"{path} is no {kind}.")
    key = _unlocked(path, found.get("key"), password)
    try:
        data = bytes.fromhex(found["sealed"])
        nonce, tag, sealed = data[:_NONCE], data[_NONCE : _NONCE + 16], data[_NONCE + 16 :]
        cipher = AES.new(key, AES.MODE_GCM, nonce=nonce).update(kind.encode())
        return bytes(cipher.decrypt_and_verify(sealed, tag))
    except (KeyError, TypeError, ValueError):
        raise KeystoreError(f"{path} is damaged.") from None


def _locked(secret: bytes, password: str) -> dict[str, Any]:
    # Imported late: it takes a second, because it brings the curve of another chain in Python.
    from eth_keyfile.keyfile import create_keyfile_json

    if not password:
        raise InputError("The password is empty.")
    kept: dict[str, Any] = create_keyfile_json(
        secret, password.encode(), kdf="scrypt", iterations=SCRYPT_N
    )
    return kept


def _unlocked(path: Path, kept: Any, password: str) -> bytes:
    from eth_keyfile.keyfile import decode_keyfile_json

    try:
        secret = bytes(decode_keyfile_json(kept, password.encode()))
    except ValueError as failure:
        if "MAC mismatch" in str(failure):
            raise KeystoreError(f"The password does not open {path}.") from None
        raise KeystoreError(f"{path} is damaged.") from None
    except Exception:  # whatever a damaged file makes the library stumble over
        raise KeystoreError(f"{path} is damaged.") from None
    if len(secret) != 32:
        raise KeystoreError(f"{path} is damaged.")
    return secret


def _write(path: Path, content: dict[str, Any]) -> None:
    create_json(path, content)
