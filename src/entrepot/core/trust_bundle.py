"""What a verifier without a network knows: a dated snapshot of the chain, signed by a quorum.

The snapshot is deterministic CBOR (RFC 8949, 4.2.1), so that attestors who read the same block
sign the same bytes.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import cbor2

from entrepot.core.labels import code
from entrepot.core.messages import Message, deployment_domain
from entrepot.core.signing import Key, checksum_address, keccak, recover
from entrepot.core.verdicts import Anchor, Facts, LabelKey

VERSION = 1
HORIZON_SECONDS = 30 * 86_400
"""Of a producer with a key that ends by so long after a bundle, the bundle has all batches."""
MAX_BYTES = 16 * 2**20
_KIND = "entrepot trust bundle"
_HEAD = b"\xa3" + b"".join(map(cbor2.dumps, ("kind", _KIND, "content")))
_SIGNATURES = cbor2.dumps("signatures")
_MAX_SIGNATURES_BYTES = 2**16
_BYTE_STRING = 2
_WORD, _ADDRESS = 32, 20


@dataclass(frozen=True, slots=True)
class TrustBundle(Message):
    """What attestors sign for the deployment: keccak-256 of a bundle's content."""

    SOLIDITY: ClassVar[str] = "bytes32 content"
    content: bytes


@dataclass(frozen=True, slots=True)
class Producer:
    """A producer: its lines, as GTINs, and its keys that may sign labels or could."""

    id: int
    lines: tuple[int, ...]
    keys: tuple[LabelKey, ...]


@dataclass(frozen=True)
class Bundle:
    """A snapshot at the end of a block; `taken_at` is the block's time, seconds UTC.

    `anchors` has all batches of producers with a key that is no longer good, or soon will not be.
    """

    deployment: bytes
    chain_id: int
    registry: str
    block: int
    block_hash: bytes
    taken_at: int
    producers: tuple[Producer, ...]
    recalled: tuple[tuple[int, str], ...]
    anchors: tuple[Anchor, ...]

    def content(self) -> bytes:
        """Its bytes, which the attestors sign."""
        value = [
            VERSION, self.deployment, self.chain_id, bytes.fromhex(self.registry[2:]), self.block,
            self.block_hash, self.taken_at,
            [[each.id, list(each.lines), [_packed(key) for key in each.keys]]
             for each in sorted(self.producers, key=lambda each: each.id)],
            [[gtin, lot] for gtin, lot in sorted(self.recalled)],
            [[each.gtin, each.lot, each.anchored_at, each.expires_at]
             for each in sorted(self.anchors)],
        ]  # fmt: skip
        return cbor2.dumps(value, canonical=True)

    @classmethod
    def parse(cls, content: bytes) -> "Bundle":
        """The snapshot of bytes that `content` gave; `ValueError` for any other."""
        value = _decoded(content)
        if not isinstance(value, list) or not value or value[0] != VERSION:
            raise ValueError("it is of another version than this one can read")
        try:
            _, deployment, chain_id, registry, block, block_hash, taken_at, producers, *rest = value
            recalled, anchors = rest
            found = cls(
                _sized(deployment, _WORD), _number(chain_id), _address(registry), _number(block),
                _sized(block_hash, _WORD), _number(taken_at),
                tuple(
                    Producer(
                        _number(number), tuple(map(_number, lines)), tuple(map(_unpacked, keys))
                    )
                    for number, lines, keys in producers
                ),
                tuple((_number(gtin), _lot(lot)) for gtin, lot in recalled),
                tuple(
                    Anchor(_number(gtin), _lot(lot), _number(anchored_at), _number(expires_at))
                    for gtin, lot, anchored_at, expires_at in anchors
                ),
            )  # fmt: skip
            is_sound = found.content() == content
        except (AttributeError, TypeError, ValueError) as failure:
            raise ValueError("its content is damaged") from failure
        if not is_sound:
            raise ValueError("its content is spelt otherwise than a bundle's")
        return found

    def facts(self, gtin: int, lot: str, signer: str) -> Facts:
        """What it knows of a label that a key signed."""
        key_owner, key = self._keys.get(signer, (None, None))
        return Facts(
            owner=self._owners.get(gtin),
            signer=signer,
            key=key,
            key_owner=key_owner,
            anchor=self._anchors.get((gtin, lot)),
            is_recalled=(gtin, lot) in self._recalled,
        )

    @cached_property
    def _owners(self) -> dict[int, int]:
        return {gtin: each.id for each in self.producers for gtin in each.lines}

    @cached_property
    def _keys(self) -> dict[str, tuple[int, LabelKey]]:
        return {key.address: (each.id, key) for each in self.producers for key in each.keys}

    @cached_property
    def _anchors(self) -> dict[tuple[int, str], Anchor]:
        return {(each.gtin, each.lot): each for each in self.anchors}

    @cached_property
    def _recalled(self) -> frozenset[tuple[int, str]]:
        return frozenset(self.recalled)


@dataclass(frozen=True, slots=True)
class Attestors:
    """Whom a verifier trusts: of these accounts so many, for the deployment with a salt."""

    deployment: bytes
    threshold: int
    accounts: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 1 <= self.threshold <= len(set(self.accounts)) == len(self.accounts):
            raise ValueError("the threshold is 1 to the number of accounts, each named once")


@dataclass(frozen=True, slots=True)
class SignedBundle:
    """The content of a bundle and signatures of attestors over it, 65 bytes each."""

    content: bytes
    signatures: tuple[bytes, ...] = ()

    def signed_by(self, keys: Iterable[Key], deployment: bytes) -> "SignedBundle":
        """The same with the signatures of keys."""
        message, domain = TrustBundle(keccak(self.content)), deployment_domain(deployment)
        more = tuple(message.sign(key, domain) for key in keys)
        return replace(self, signatures=tuple(dict.fromkeys(self.signatures + more)))

    def encoded(self) -> bytes:
        """The file."""
        value = {"kind": _KIND, "content": self.content, "signatures": list(self.signatures)}
        return cbor2.dumps(value, canonical=True)

    @classmethod
    def parse(cls, data: bytes) -> "SignedBundle":
        """What a file holds; `ValueError` where that is no bundle.

        A stranger's CBOR decodes to many times its size, so the map is taken apart by hand.
        """
        content, _, signatures = data.removeprefix(_HEAD).rpartition(_SIGNATURES)
        is_flat = bool(content) and content[0] >> 5 == _BYTE_STRING
        if is_flat and len(signatures) <= _MAX_SIGNATURES_BYTES:
            parts = _decoded(content), _decoded(signatures)
            if isinstance(parts[1], list):
                found = cls(parts[0], tuple(parts[1]))
                if all(isinstance(each, bytes) for each in parts[1]) and found.encoded() == data:
                    return found
        raise ValueError("it is no trust bundle")

    def signers(self, deployment: bytes) -> set[str]:
        """Addresses that signed it for the deployment with a salt."""
        digest = TrustBundle(keccak(self.content)).digest(deployment_domain(deployment))
        found = set()
        for signature in self.signatures:
            with suppress(ValueError):  # a signature that nobody made counts for nobody
                found.add(recover(digest, signature))
        return found

    def opened(self, attestors: Attestors) -> Bundle:
        """The bundle, if enough attestors have signed it; else `ValueError` says what is wrong."""
        count = len(self.signers(attestors.deployment).intersection(attestors.accounts))
        if count < attestors.threshold:
            raise ValueError(
                f"{count} of the pinned attestors have signed it, and {attestors.threshold} must"
            )
        bundle = Bundle.parse(self.content)
        if bundle.deployment != attestors.deployment:
            raise ValueError("it is another deployment's")
        return bundle


def _packed(key: LabelKey) -> list[Any]:
    end = [] if key.until is None else [key.until]
    return [bytes.fromhex(key.address[2:]), key.since, *end]


def _unpacked(value: list[Any]) -> LabelKey:
    raw, since, *end = value
    (until,) = end or [None]
    return LabelKey(_address(raw), _number(since), None if until is None else _number(until))


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**64:
        raise ValueError("a number is none, or out of range")
    return value


def _sized(value: Any, size: int) -> bytes:
    if not isinstance(value, bytes) or len(value) != size:
        raise ValueError("bytes are none, or too few or many")
    return value


def _address(value: Any) -> str:
    return checksum_address(_sized(value, _ADDRESS))


def _lot(value: Any) -> str:
    code(value)
    return str(value)


def _decoded(data: bytes) -> Any:
    if len(data) > MAX_BYTES:
        raise ValueError("it is too large")
    try:
        return cbor2.loads(data)
    except (cbor2.CBORDecodeError, RecursionError, ValueError, TypeError) as failure:
        raise ValueError("it is no CBOR") from failure
