"""An initial key sealed to those who can bring it back: whole, or as shares M of N.

What is sealed is a seed of 64 bytes. ECIES is eciespy's by its defaults: secp256k1, HKDF-SHA256 and
AES-256-GCM. C1 is the ephemeral public key, uncompressed, 65 bytes; C2 is a nonce and a tag, 16
bytes each, and the ciphertext. Ahead of the secret stands the digest of the record as it was before
C1 and C2, so that nobody can make a ciphertext open in another record.

A record is public. Errors say what is wrong with it and never what is in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from coincurve import PublicKey

from entrepot.core import shares
from entrepot.core.keys import root_of_seed
from entrepot.core.messages import Message, deployment_domain
from entrepot.core.shares import Share
from entrepot.core.signing import Key, address_bytes, checksum_address, recover

NO_ORIGIN = bytes(32)
_DIGEST_BYTES = 32
_C1_BYTES = 65
_OVERHEAD = 16 + 16 + _DIGEST_BYTES
# A share has 59 words of at most 8 letters; padded, its length says nothing of it.
_SHARE_BYTES = 59 * 9 - 1


@dataclass(frozen=True, slots=True)
class SealedKey(Message):
    """An initial key, or a share of it, encrypted to one recipient. No contract sees it.

    `account` signs it, `user` is the participant, `identity` the initial key's BIP-32 identifier,
    `recipient` a public key of 33 bytes. `share` counts from 1, and is 0 for a whole key, as are
    `threshold` and `count`. `origin` is the digest of the record that it was passed on from, or 0.
    """

    SOLIDITY = (
        "address account,uint64 user,bytes20 identity,bytes recipient,uint8 share,uint8 threshold,"
        "uint8 count,bytes32 origin,bytes c1,bytes c2"
    )
    account: str
    user: int
    identity: bytes
    recipient: bytes
    share: int
    threshold: int
    count: int
    origin: bytes
    c1: bytes
    c2: bytes


@dataclass(frozen=True, slots=True)
class Record:
    """A sealed key as it travels: with its deployment's salt and its account's signature."""

    deployment: bytes
    sealed: SealedKey
    signature: bytes

    @property
    def digest(self) -> bytes:
        """EIP-712 digest, 32 bytes: what is signed, and what is anchored on chain."""
        return self.sealed.digest(_domain(self.deployment))


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """A sealed key with its secret: a seed, or the words of a share."""

    sealed: SealedKey
    secret: bytes


def identity_of(seed: bytes) -> bytes:
    """BIP-32 identifier of a seed's master key, 20 bytes, by which a recalled key is checked."""
    return root_of_seed(seed).public.identifier


def seal_whole(seed: bytes, key: Key, *, user: int, agent: bytes, deployment: bytes) -> Record:
    """A 64-byte seed sealed to an agent's public key (33 bytes), signed by `key`.

    `user` is the participant, `deployment` the salt. `ValueError` says what is wrong.
    """
    return _sealed(_draft(seed, key, user, agent), seed, key, deployment)


def seal_shares(
    seed: bytes,
    key: Key,
    *,
    user: int,
    guardians: Sequence[bytes],
    threshold: int,
    deployment: bytes,
) -> list[Record]:
    """A share of a 64-byte seed for each guardian, of which `threshold` give it back."""
    count = len(guardians)
    shares.check_counts(threshold, count)
    if len(set(guardians)) != count:
        raise ValueError("a guardian stands twice: each has one share")
    drafts = [
        _draft(seed, key, user, guardian, number, threshold, count)
        for number, guardian in enumerate(guardians, 1)
    ]
    words = shares.split(seed, threshold, count)
    return [
        _sealed(draft, text.encode(), key, deployment)
        for draft, text in zip(drafts, words, strict=True)
    ]


def verify(record: Record, deployment: bytes) -> None:
    """`ValueError` unless a record is well-formed and its account signed it for the deployment."""
    if record.deployment != deployment:
        raise ValueError(f"it belongs to another deployment, 0x{record.deployment.hex()}")
    sealed = record.sealed
    _check(sealed)
    size = _SHARE_BYTES if sealed.share else shares.SECRET_BYTES
    if len(sealed.c2) != _OVERHEAD + size:
        raise ValueError("its c2 has not the length of a sealed key")
    if len(sealed.c1) != _C1_BYTES or not _is_point(sealed.c1):
        raise ValueError("its c1 is no public key of 65 bytes")
    try:
        signer = recover(record.digest, record.signature)
    except ValueError:
        signer = None
    if signer != sealed.account:
        raise ValueError("it was changed, or its account did not sign it")


def verify_origin(record: Record, origin: Record) -> None:
    """`ValueError` unless `record` is what the recipient of `origin` passed on of it.

    Both are taken to be verified. That the secret is the same shows only when the key is recalled.
    """
    sealed, source = record.sealed, origin.sealed
    if sealed.origin != origin.digest:
        raise ValueError("it was not passed on from that record")
    if sealed.account != _address_of(source.recipient):
        raise ValueError("it was passed on by another than the one it was sealed to")
    if _place(sealed) != _place(source) or sealed.share != source.share:
        raise ValueError("it is of another key or share than the record it was passed on from")


def open_record(record: Record, key: Key, deployment: bytes) -> Opened:
    """What is sealed in a record that holds, by its recipient's key; `ValueError` otherwise."""
    from ecies import decrypt

    verify(record, deployment)
    sealed = record.sealed
    if key.public != sealed.recipient:
        raise ValueError(
            f"it is sealed to another key, that of {_address_of(sealed.recipient)}: "
            f"this one is that of {key.address}"
        )
    try:
        plain = decrypt(key.private.secret, sealed.c1 + sealed.c2)
    except ValueError:
        raise ValueError("its ciphertext does not open") from None
    if plain[:_DIGEST_BYTES] != _digest_before(sealed, deployment):
        raise ValueError("its ciphertext was made for another record")
    found = Opened(sealed, plain[_DIGEST_BYTES:])
    if sealed.share:
        share = _share_of(found)
        if (share.number, share.threshold) != (sealed.share, sealed.threshold):
            raise ValueError("another share is sealed in it than it says")
    elif identity_of(found.secret) != sealed.identity:
        raise ValueError("another key is sealed in it than it says")
    return found


def pass_on(record: Record, key: Key, recipient: bytes, deployment: bytes) -> Record:
    """What is sealed in a record, sealed again to another public key and signed by `key`.

    `key` is the record's recipient, `recipient` 33 bytes. `ValueError` says what is wrong.
    """
    found = open_record(record, key, deployment)
    draft = replace(
        record.sealed,
        account=key.address,
        recipient=recipient,
        origin=record.digest,
        c1=b"",
        c2=b"",
    )
    return _sealed(draft, found.secret, key, deployment)


def combine(opened: Sequence[Opened]) -> bytes:
    """The seed of a whole key or of enough shares, which is the one that their records name.

    More shares than needed are of use where one is false. `ValueError` says what is wrong.
    """
    if not opened:
        raise ValueError("there is no record")
    first = opened[0].sealed
    if any(_place(each.sealed) != _place(first) for each in opened):
        raise ValueError("they are of different keys or splits")
    if not first.share:
        return opened[0].secret
    numbers = [each.sealed.share for each in opened]
    for number in numbers:
        if numbers.count(number) > 1:
            raise ValueError(f"share {number} stands twice")
    if len(numbers) < first.threshold:
        raise ValueError(f"{first.threshold} shares are needed, not {len(numbers)}")
    found = [_share_of(each) for each in opened]
    for chosen in combinations(found, first.threshold):
        try:
            seed = shares.combine([share.words for share in chosen])
        except ValueError:
            continue
        if identity_of(seed) == first.identity:
            return seed
    if len({share.split for share in found}) > 1:
        raise ValueError("the shares are of different splits")
    raise ValueError("the shares do not give the key that the records name: one at least is false")


def _draft(
    seed: bytes,
    key: Key,
    user: int,
    recipient: bytes,
    share: int = 0,
    threshold: int = 0,
    count: int = 0,
) -> SealedKey:
    if len(seed) != shares.SECRET_BYTES:
        raise ValueError(f"a seed to seal has {shares.SECRET_BYTES} bytes")
    identity = identity_of(seed)
    draft = SealedKey(
        key.address, user, identity, recipient, share, threshold, count, NO_ORIGIN, b"", b""
    )
    _check(draft)
    return draft


def _sealed(draft: SealedKey, secret: bytes, key: Key, deployment: bytes) -> Record:
    from ecies import encrypt

    _check(draft)
    padded = secret.ljust(_SHARE_BYTES) if draft.share else secret
    both = encrypt(draft.recipient, _digest_before(draft, deployment) + padded)
    sealed = replace(draft, c1=both[:_C1_BYTES], c2=both[_C1_BYTES:])
    record = Record(deployment, sealed, sealed.sign(key, _domain(deployment)))
    verify(record, deployment)
    return record


def _check(sealed: SealedKey) -> None:
    """`ValueError` where a member, other than those of the ciphertext, is out of its range."""
    if not 0 < sealed.user < 2**64:
        raise ValueError("a participant's number is between 1 and 2^64 - 1")
    if len(sealed.recipient) != 33 or not _is_point(sealed.recipient):
        raise ValueError("its recipient is no public key of 33 bytes")
    if (sealed.share, sealed.threshold, sealed.count) != (0, 0, 0):
        shares.check_counts(sealed.threshold, sealed.count)
        if not 1 <= sealed.share <= sealed.count:
            raise ValueError(f"a share's number is between 1 and {sealed.count}")


def _digest_before(sealed: SealedKey, deployment: bytes) -> bytes:
    return replace(sealed, c1=b"", c2=b"").digest(_domain(deployment))


def _domain(deployment: bytes) -> bytes:
    if len(deployment) != 32:
        raise ValueError("a deployment's salt has 32 bytes")
    return deployment_domain(deployment)


def _place(sealed: SealedKey) -> tuple[int, bytes, int, int]:
    """What the records of one key and one way of sealing it have in common."""
    return sealed.user, sealed.identity, sealed.threshold, sealed.count


def _share_of(opened: Opened) -> Share:
    try:
        return Share.from_words(opened.secret.decode("ascii").rstrip())
    except ValueError:
        raise ValueError("what is sealed in it is no share of a key") from None


def _is_point(data: bytes) -> bool:
    try:
        PublicKey(data)
    except ValueError:
        return False
    return True


def _address_of(public: bytes) -> str:
    return checksum_address(address_bytes(PublicKey(public)))
