"""Hierarchical keys (BIP-32): private and public derivation, extended keys as text.

One private key of an unhardened child and its parent's xpub give the parent's private key, and with
it every key below that parent. docs/keys.md says what follows from that.
"""

import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from coincurve import PublicKey
from Crypto.Hash import RIPEMD160

from entrepot.core import base58
from entrepot.core.signing import Key, address_bytes, checksum_address
from entrepot.core.words import seed_of

HARDENED = 0x80000000
_PART = re.compile("([0-9]{1,10})('?)")
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_XPRV = bytes.fromhex("0488ade4")
_XPUB = bytes.fromhex("0488b21e")
_EXTENDED_BYTES = 78

# Public: every Ethereum devnet tool ships these words. Never use them where money is real.
PUBLIC_DEVNET_WORDS = "test test test test test test test test test test test junk"


def steps_of(path: str) -> tuple[int, ...]:
    """Indices of a path such as `44'/60'/0'/0`; `'` adds 2^31."""
    return tuple(_step(part) for part in path.split("/"))


def path_of(steps: Iterable[int]) -> str:
    """The path from the root that some indices spell, such as `m/44'/60'/0'/0`."""
    spelt = (f"{step - HARDENED}'" if step >= HARDENED else str(step) for step in steps)
    return "/".join(["m", *spelt])


@dataclass(frozen=True, repr=False)
class PublicNode:
    """A public node of the tree: it lists every address below it and can spend nothing."""

    public: bytes
    chain_code: bytes
    depth: int = 0
    parent: bytes = bytes(4)
    index: int = 0

    @classmethod
    def from_xpub(cls, text: str) -> "PublicNode":
        """The node that an `xpub` spells; `ValueError`, without the text, where it spells none."""
        depth, parent, index, chain_code, key = _extended(text, _XPUB)
        try:
            point = PublicKey(key)
        except ValueError:
            raise ValueError("it is no xpub: its key is no public key") from None
        node = cls(key, chain_code, depth, parent, index)
        node.__dict__["_point"] = point
        return node

    @cached_property
    def _point(self) -> PublicKey:
        return PublicKey(self.public)

    @cached_property
    def identifier(self) -> bytes:
        """The key's hash, 20 bytes, by which BIP-32 names it."""
        return RIPEMD160.new(sha256(self.public).digest()).digest()

    @property
    def fingerprint(self) -> bytes:
        """First 4 bytes of the identifier, by which its children name it."""
        return self.identifier[:4]

    @property
    def raw_address(self) -> bytes:
        """20-byte address."""
        return address_bytes(self._point)

    @property
    def address(self) -> str:
        """EIP-55 address."""
        return checksum_address(self.raw_address)

    def xpub(self) -> str:
        """The node as text: not secret, but whoever has it sees every address below it."""
        head = _head(_XPUB, self.depth, self.parent, self.index)
        return base58.encode(head + self.chain_code + self.public)

    def child(self, index: int) -> "PublicNode":
        """Child at `index`, which is not hardened."""
        point, chain_code = self._derive(index)
        node = PublicNode(point.format(), chain_code, _deeper(self.depth), self.fingerprint, index)
        node.__dict__["_point"] = point
        return node

    def descend(self, steps: Iterable[int]) -> "PublicNode":
        """Node below this one."""
        node = self
        for step in steps:
            node = node.child(step)
        return node

    def addresses(self, first: int, count: int) -> Iterator[str]:
        """Addresses of `count` children in a row."""
        for index in range(first, first + count):
            yield checksum_address(address_bytes(self._derive(index)[0]))

    def __repr__(self) -> str:
        return f"PublicNode({self.address})"

    def _derive(self, index: int) -> tuple[PublicKey, bytes]:
        if index >= HARDENED:
            raise ValueError(
                "a hardened child needs the private key: an xpub derives unhardened parts only"
            )
        digest = _digest(self.chain_code, self.public, index)
        try:
            return self._point.add(digest[:32]), digest[32:]
        except ValueError:
            raise _no_key(index) from None


@dataclass(frozen=True, repr=False)
class Node:
    """A private node of the tree: 32-byte secret and chain code, and its place."""

    secret: bytes
    chain_code: bytes
    depth: int = 0
    parent: bytes = bytes(4)
    index: int = 0

    @classmethod
    def from_xprv(cls, text: str) -> "Node":
        """The node that an `xprv` spells; `ValueError`, without the text, where it spells none."""
        depth, parent, index, chain_code, key = _extended(text, _XPRV)
        if not 0 < int.from_bytes(key) < _ORDER:
            raise ValueError("it is no xprv: its key is no private key")
        return cls(key[1:], chain_code, depth, parent, index)

    @cached_property
    def public(self) -> PublicNode:
        """The same node without its secret."""
        point = PublicKey.from_valid_secret(self.secret)
        node = PublicNode(point.format(), self.chain_code, self.depth, self.parent, self.index)
        node.__dict__["_point"] = point
        return node

    @property
    def address(self) -> str:
        """EIP-55 address."""
        return self.public.address

    def xprv(self) -> str:
        """The node as text: as secret as the node."""
        head = _head(_XPRV, self.depth, self.parent, self.index)
        return base58.encode(head + self.chain_code + b"\0" + self.secret)

    def child(self, index: int) -> "Node":
        """Child at `index`; hardened from 2^31 on."""
        data = b"\0" + self.secret if index >= HARDENED else self.public.public
        digest = _digest(self.chain_code, data, index)
        tweak = int.from_bytes(digest[:32])
        secret = (tweak + int.from_bytes(self.secret)) % _ORDER
        if tweak >= _ORDER or secret == 0:
            raise _no_key(index)
        return Node(
            secret.to_bytes(32), digest[32:], _deeper(self.depth), self.public.fingerprint, index
        )

    def descend(self, path: str | Iterable[int]) -> "Node":
        """Node at a relative path such as `44'/60'/0'/0`, or at its indices."""
        node = self
        for step in steps_of(path) if isinstance(path, str) else path:
            node = node.child(step)
        return node

    def key(self) -> Key:
        """The signing key of this node."""
        return Key.from_secret(self.secret)

    def __repr__(self) -> str:
        return "Node(…)"


def root_of_seed(seed: bytes) -> Node:
    """Master node of a seed of 16 to 64 bytes."""
    if not 16 <= len(seed) <= 64:
        raise ValueError(f"a seed has 16 to 64 bytes, not {len(seed)}")
    digest = hmac.digest(b"Bitcoin seed", seed, "sha512")
    if not 0 < int.from_bytes(digest[:32]) < _ORDER:
        raise ValueError("this seed gives no key (1 in 2^127); take another")
    return Node(digest[:32], digest[32:])


def root_of(words: str, passphrase: str = "") -> Node:
    """Master node of BIP-39 words. The words' checksum is not checked here."""
    return root_of_seed(seed_of(words, passphrase))


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


def _step(part: str) -> int:
    found = _PART.fullmatch(part)
    if found is None or int(found[1]) >= HARDENED:
        raise ValueError("a path's parts are numbers below 2^31, a hardened one with ' behind")
    return int(found[1]) + (HARDENED if found[2] else 0)


def _digest(chain_code: bytes, data: bytes, index: int) -> bytes:
    if not 0 <= index < 2**32:
        raise ValueError("an index is between 0 and 2^32 - 1")
    return hmac.digest(chain_code, data + index.to_bytes(4), "sha512")


def _no_key(index: int) -> ValueError:
    return ValueError(f"index {index} gives no key (1 in 2^127); take the next")


def _deeper(depth: int) -> int:
    if depth == 255:
        raise ValueError("a tree is at most 255 deep")
    return depth + 1


def _head(version: bytes, depth: int, parent: bytes, index: int) -> bytes:
    return version + bytes((depth,)) + parent + index.to_bytes(4)


def _extended(text: str, version: bytes) -> tuple[int, bytes, int, bytes, bytes]:
    """Depth, parent's fingerprint, index, chain code and 33-byte key of an extended key."""
    kind = "xpub" if version == _XPUB else "xprv"
    try:
        data = base58.decode(text, _EXTENDED_BYTES)
    except ValueError as failure:
        raise ValueError(f"it is no {kind}: {failure}") from None
    depth, parent, index = data[4], data[5:9], int.from_bytes(data[9:13])
    if data[:4] == (_XPRV if version == _XPUB else _XPUB):
        raise ValueError(
            f"it is no {kind}: it is a {'private' if kind == 'xpub' else 'public'} key"
        )
    if data[:4] != version:
        raise ValueError(f"it is no {kind}: its version is unknown")
    if depth == 0 and (parent != bytes(4) or index != 0):
        raise ValueError(f"it is no {kind}: a root has neither parent nor index")
    return depth, parent, index, data[13:45], data[45:]
