"""A second opinion, in integers, on proofs of inequality from a CL signature.

The library `anoncreds` 0.2.3 checks the equations of a proof and leaves two things out, without
which anyone can make a proof of anything (`tests/package/test_clproofs.py` does):

- how long the responses for e and for the attributes may be: with e = 1 a signature is solved for
  by a division, and an attribute larger by e has a signature whenever the attribute itself has one;
- that the commitments that are hashed are those of the proof.

The equations are those of the AnonCreds specification, "Verify presentation"; the lengths those of
J. Camenisch and A. Lysyanskaya, "A Signature Scheme with Efficient Protocols", SCN 2002, with the
specification's parameters.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_E_START = 2**596
_E_MOST = 2**457
"""A mask of 456 bits, and the hash of 256 times what e exceeds its start by, 119 bits."""
_ATTRIBUTE_MOST = 2**594
"""A mask of 593 bits, and the hash times an attribute of 256; far below e, so that it is unique."""
_ANY_BITS = 4096
_ROOTS = ("0", "1", "2", "3")
_DELTA = "DELTA"
_Powers = list[tuple[int, int]]
"""Bases and exponents of a product."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An issuer's key: the modulus, and bases in its group; `bases` by attribute, the link secret's
    among them.
    """

    n: int
    s: int
    z: int
    context: int
    bases: Mapping[str, int]

    @classmethod
    def of(cls, definition: Mapping[str, Any]) -> "PublicKey":
        """Of a credential definition as the library spells it."""
        primary = definition["value"]["primary"]
        bases = {name: int(value) for name, value in primary["r"].items()}
        n, s, z, context = (int(primary[name]) for name in ("n", "s", "z", "rctxt"))
        return cls(n, s, z, context, bases)

    def product(self, *powers: tuple[int, int]) -> int:
        """Product of powers, each a base and an exponent; `ValueError` for what has no inverse."""
        found = 1
        for base, exponent in powers:
            found = found * pow(base, exponent, self.n) % self.n
        return found


def is_proven(proof: Mapping[str, Any], key: PublicKey, nonce: int) -> bool:
    """Whether a proof shows a signature on hidden attributes that are at least what it says.

    `proof`: the part `proof` of a presentation from one credential, as the library spells it, which
    reveals no attribute; what it says is in its predicates.
    """
    try:
        (part,) = proof["proofs"]
        primary, joined = part["primary_proof"], proof["aggregated_proof"]
        equal, above = primary["eq_proof"], primary["ge_proofs"]
        said = {name: _number(value) for name, value in equal["m"].items()}
        c, a = _number(joined["c_hash"]), _element(equal["a_prime"], key)
        is_short = _number(equal["e"]) < _E_MOST and all(
            value < _ATTRIBUTE_MOST for value in said.values()
        )
        if not is_short or said.keys() != key.bases.keys() or equal["revealed_attrs"]:
            return False
        elements = [a]
        for each in above:
            elements += (_element(each["t"][name], key) for name in (*_ROOTS, _DELTA))
        if [bytes(value) for value in joined["c_list"]] != [_bytes(each) for each in elements]:
            return False
        powers = [_signature_powers(equal, said, key, a, c)]
        for each in above:
            name, kind = each["predicate"]["attr_name"], each["predicate"]["p_type"]
            if kind != "GE" or _number(each["mj"]) != said[name]:
                return False
            powers += _range_powers(each, said[name], key, c)
        taus = [key.product(*each) for each in powers]
    except (AttributeError, KeyError, TypeError, ValueError):
        return False
    hashed = b"".join(_bytes(value) for value in (*taus, *elements, nonce))
    return c == int.from_bytes(hashlib.sha256(hashed).digest())


def _signature_powers(
    equal: Mapping[str, Any], said: Mapping[str, int], key: PublicKey, a: int, c: int
) -> _Powers:
    """What shows that the signature is one on the attributes."""
    rest = key.z * pow(a, -_E_START, key.n) % key.n
    return [
        (a, _number(equal["e"])),
        (key.s, _signed(equal["v"])),
        (key.context, _signed(equal["m2"])),
        (rest, -c),
        *((key.bases[name], value) for name, value in said.items()),
    ]


def _range_powers(each: Mapping[str, Any], said: int, key: PublicKey, c: int) -> list[_Powers]:
    """What shows that a difference, committed to, is a sum of four squares."""
    committed = {name: _number(value) for name, value in each["t"].items()}
    roots = {name: _signed(value) for name, value in each["u"].items()}
    blinds = {name: _signed(value) for name, value in each["r"].items()}
    if roots.keys() != {*_ROOTS} or not committed.keys() == blinds.keys() == {*_ROOTS, _DELTA}:
        raise ValueError("a proof has other numbers than its equations")
    least = int(each["predicate"]["value"])
    value = pow(key.z, least, key.n) * committed[_DELTA] % key.n
    return [
        *([(key.z, roots[name]), (key.s, blinds[name]), (committed[name], -c)] for name in _ROOTS),
        [(value, -c), (key.z, said), (key.s, blinds[_DELTA])],
        [
            (key.s, _signed(each["alpha"])),
            (committed[_DELTA], -c),
            *((committed[name], roots[name]) for name in _ROOTS),
        ],
    ]


def _signed(text: str) -> int:
    found = int(text)
    if found.bit_length() > _ANY_BITS:
        raise ValueError("a number is far too long")
    return found


def _number(text: str) -> int:
    found = _signed(text)
    if found < 0:
        raise ValueError("a number is negative")
    return found


def _element(text: str, key: PublicKey) -> int:
    found = _number(text)
    if not 1 < found < key.n - 1:
        raise ValueError("a number is no element of the group")
    return found


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)
