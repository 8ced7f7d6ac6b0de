"""A holder whose program does not keep to the rules: it proves whatever integers it is given.

It knows the public key alone. With a credential's numbers it is an honest holder, which the tests
use to see that the prover itself is right.
"""

import hashlib
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

E_START = 2**596


@dataclass(frozen=True)
class Key:
    """An agency's public key: modulus and bases."""

    n: int
    s: int
    z: int
    context: int
    bases: dict[str, int]

    @classmethod
    def of(cls, definition: Mapping[str, Any]) -> "Key":
        primary = definition["value"]["primary"]
        bases = {name: int(value) for name, value in primary["r"].items()}
        return cls(*(int(primary[name]) for name in ("n", "s", "z", "rctxt")), bases)

    def product(self, *powers: tuple[int, int]) -> int:
        found = 1
        for base, exponent in powers:
            found = found * pow(base, exponent, self.n) % self.n
        return found


@dataclass(frozen=True)
class Signature:
    """Numbers for which z = a^e s^v context^m2 ∏ base^value, whoever made them."""

    values: dict[str, int]
    a: int
    e: int
    v: int
    m2: int

    @classmethod
    def of(cls, credential: Mapping[str, Any], secret: str) -> "Signature":
        """Of a processed credential, and its holder's link secret."""
        values = {name: int(each["encoded"]) for name, each in credential["values"].items()}
        made = credential["signature"]["p_credential"]
        numbers = (int(made[name]) for name in ("a", "e", "v", "m_2"))
        return cls({**values, "master_secret": int(secret)}, *numbers)

    @classmethod
    def invented(cls, key: Key, figures: Mapping[str, int]) -> "Signature":
        """On any figures, by nobody: with e = 1 the equation is solved by a division."""
        values = {**figures, "master_secret": secrets.randbits(250)}
        v, m2 = secrets.randbits(2000), secrets.randbits(250)
        rest = [(key.bases[name], value) for name, value in values.items()]
        taken = key.product((key.s, v), (key.context, m2), *rest)
        return cls(values, key.z * pow(taken, -1, key.n) % key.n, 1, v, m2)

    def raised(self, key: Key, name: str) -> "Signature":
        """The same one, on a value that is larger by e."""
        a = self.a * pow(key.bases[name], -1, key.n) % key.n
        return replace(self, a=a, values={**self.values, name: self.values[name] + self.e})


def presented(
    key: Key,
    nonce: int,
    signature: Signature,
    least: Mapping[str, int],
    commitments: list[list[int]] | None = None,
) -> dict[str, Any]:
    """The part `proof` of a presentation: the values are at least so much.

    `commitments` are hashed in place of those of the proof.
    """
    blind = secrets.randbits(2000)
    a = signature.a * pow(key.s, blind, key.n) % key.n
    v, rest = signature.v - signature.e * blind, signature.e - E_START
    e_mask, v_mask, m2_mask = (secrets.randbits(size) for size in (456, 3060, 593))
    masks = {name: secrets.randbits(592) for name in signature.values}
    powers = [(key.bases[name], mask) for name, mask in masks.items()]
    taus = [key.product((a, e_mask), (key.s, v_mask), (key.context, m2_mask), *powers)]
    ranges = [_Range.drawn(key, name, signature.values[name] - low) for name, low in least.items()]
    for each in ranges:
        taus += each.taus(key, masks[each.name])
    elements = [a, *(value for each in ranges for value in each.elements)]
    listed = commitments or [list(_bytes(value)) for value in elements]
    hashed = b"".join([*map(_bytes, taus), *map(bytes, listed), _bytes(nonce)])
    c = int.from_bytes(hashlib.sha256(hashed).digest())
    said = {name: masks[name] + c * value for name, value in signature.values.items()}
    equal = {
        "revealed_attrs": {},
        "a_prime": str(a),
        "e": str(e_mask + c * rest),
        "v": str(v_mask + c * v),
        "m": {name: str(value) for name, value in said.items()},
        "m2": str(m2_mask + c * signature.m2),
    }
    above = [each.answer(c, said[each.name], least[each.name]) for each in ranges]
    primary = {"eq_proof": equal, "ge_proofs": above}
    return {
        "proofs": [{"primary_proof": primary, "non_revoc_proof": None}],
        "aggregated_proof": {"c_hash": str(c), "c_list": listed},
    }


@dataclass(frozen=True)
class _Range:
    """Commitments to four squares whose sum is a difference, and masks for them."""

    name: str
    roots: list[int]
    blinds: list[int]
    elements: list[int]
    root_masks: list[int]
    blind_masks: list[int]
    mask: int

    @classmethod
    def drawn(cls, key: Key, name: str, difference: int) -> "_Range":
        roots, blinds = four_squares(difference), [secrets.randbits(2128) for _ in range(5)]
        exponents = [*roots, difference]
        elements = [
            key.product((key.z, exponent), (key.s, blind))
            for exponent, blind in zip(exponents, blinds, strict=True)
        ]
        masks = [secrets.randbits(592) for _ in range(4)]
        blind_masks = [secrets.randbits(2400) for _ in range(5)]
        return cls(name, roots, blinds, elements, masks, blind_masks, secrets.randbits(2800))

    def taus(self, key: Key, value_mask: int) -> list[int]:
        exponents = [*self.root_masks, value_mask]
        found = [
            key.product((key.z, exponent), (key.s, blind))
            for exponent, blind in zip(exponents, self.blind_masks, strict=True)
        ]
        squares = zip(self.elements[:4], self.root_masks, strict=True)
        return [*found, key.product(*squares, (key.s, self.mask))]

    def answer(self, c: int, said: int, least: int) -> dict[str, Any]:
        names = ("0", "1", "2", "3", "DELTA")
        crossed = sum(a * b for a, b in zip(self.roots, self.blinds[:4], strict=True))
        roots = zip(names[:4], self.root_masks, self.roots, strict=True)
        blinds = zip(names, self.blind_masks, self.blinds, strict=True)
        return {
            "u": {name: str(mask + c * root) for name, mask, root in roots},
            "r": {name: str(mask + c * blind) for name, mask, blind in blinds},
            "mj": str(said),
            "alpha": str(self.mask + c * (self.blinds[4] - crossed)),
            "t": {name: str(value) for name, value in zip(names, self.elements, strict=True)},
            "predicate": {"attr_name": self.name, "p_type": "GE", "value": least},
        }


def four_squares(number: int) -> list[int]:
    """Four integers whose squares add up to a number (Rabin and Shallit, 1986)."""
    if number < 1000:
        small = range(math.isqrt(number) + 1)
        for a in small:
            for b in small:
                for c in small:
                    left = number - a * a - b * b - c * c
                    if left >= 0 and math.isqrt(left) ** 2 == left:
                        return [a, b, c, math.isqrt(left)]
    if number % 4 == 0:
        return [2 * each for each in four_squares(number // 4)]
    while True:
        most = math.isqrt(number)
        a = secrets.randbelow(most + 1)
        b = secrets.randbelow(math.isqrt(number - a * a) + 1)
        left = number - a * a - b * b
        if left % 4 == 1 and left > 5 and _is_prime(left):
            return [a, b, *_two_squares(left)]


def _is_prime(number: int) -> bool:
    if any(number % small == 0 for small in (3, 5, 7, 11, 13)):
        return number in (3, 5, 7, 11, 13)
    return all(_passes(number, secrets.randbelow(number - 3) + 2) for _ in range(10))


def _passes(number: int, witness: int) -> bool:
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    found = pow(witness, odd, number)
    if found in (1, number - 1):
        return True
    for _ in range(twos - 1):
        found = found * found % number
        if found == number - 1:
            return True
    return False


def _two_squares(prime: int) -> list[int]:
    while True:
        root = pow(secrets.randbelow(prime - 2) + 2, (prime - 1) // 4, prime)
        if root * root % prime == prime - 1:
            break
    a, b = prime, root
    while b * b > prime:
        a, b = b, a % b
    return [b, math.isqrt(prime - b * b)]


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)
