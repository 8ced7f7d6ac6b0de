"""Hierarchical keys: BIP-39 seeds and BIP-32 private derivation."""

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass

from coincurve import PrivateKey

from entrepot.core.signing import Key

HARDENED = 0x80000000
_PART = re.compile("([0-9]{1,10})('?)")
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

# Public: every Ethereum devnet tool ships these words. Never use them where money is real.
PUBLIC_DEVNET_WORDS = "test test test test test test test test test test test junk"


@dataclass(frozen=True, slots=True, repr=False)
class Node:
    """A private node of the tree (BIP-32): 32-byte secret and chain code."""

    secret: bytes
    chain_code: bytes

    def child(self, index: int) -> "Node":
        """Child at `index`; hardened from 2^31 on."""
        if not 0 <= index < 2**32:
            raise ValueError("an index is between 0 and 2^32 - 1")
        if index >= HARDENED:
            data = b"\x00" + self.secret
        else:
            data = PrivateKey(self.secret).public_key.format(compressed=True)
        digest = hmac.digest(self.chain_code, data + index.to_bytes(4), "sha512")
        tweak = int.from_bytes(digest[:32])
        secret = (tweak + int.from_bytes(self.secret)) % _ORDER
        if tweak >= _ORDER or secret == 0:
            raise ValueError(f"index {index} gives no key (1 in 2^127); take the next")
        return Node(secret.to_bytes(32), digest[32:])

    def descend(self, path: str) -> "Node":
        """Node at a relative path such as `44'/60'/0'/0`."""
        node = self
        for part in path.split("/"):
            found = _PART.fullmatch(part)
            if found is None or int(found[1]) >= HARDENED:
                raise ValueError(f"{part!r} is no part of a path")
            node = node.child(int(found[1]) + (HARDENED if found[2] else 0))
        return node

    def key(self) -> Key:
        """The signing key of this node."""
        return Key.from_secret(self.secret)

    def __repr__(self) -> str:
        return "Node(…)"


def root_of(words: str, passphrase: str = "") -> Node:
    """Master node of BIP-39 words. The words' checksum is not checked here."""
    normal = unicodedata.normalize("NFKD", words).encode()
    salt = unicodedata.normalize("NFKD", "mnemonic" + passphrase).encode()
    seed = hashlib.pbkdf2_hmac("sha512", normal, salt, 2048)
    digest = hmac.digest(b"Bitcoin seed", seed, "sha512")
    return Node(digest[:32], digest[32:])


class Wallet:
    """Keys below one branch, derived when first asked for; the branch is derived once."""

    def __init__(self, words: str = PUBLIC_DEVNET_WORDS, branch: str = "44'/60'/0'/0") -> None:
        self._branch = root_of(words).descend(branch)
        self._keys: dict[int, Key] = {}

    def key(self, index: int) -> Key:
        """Key number `index` of the branch."""
        if index not in self._keys:
            self._keys[index] = self._branch.child(index).key()
        return self._keys[index]
