"""The second opinion agrees with the library on honest proofs, and refuses those that the library
takes although nobody signed what they say.
"""

import copy
from collections.abc import Iterator
from typing import Any

import anoncreds
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.core.clproofs import PublicKey, is_proven
from tests.package.forger import Key, Signature, four_squares, presented

NAMES = ["grade", "settled", "block"]
SCHEMA, DEFINITION = "entrepot:rating:1", "entrepot:definition:1"
FIGURES = {"grade": 1, "settled": 3, "block": 500}
TRUE = {"grade": 1, "settled": 2, "block": 400}
FALSE = {"grade": 10, "settled": 50, "block": 400}
NONCE = 2**255 + 77


class Issuer:
    """An issuer, and a holder with the lowest grade and few orders."""

    def __init__(self) -> None:
        self.schema = anoncreds.Schema.create("rating", "1.0", "entrepot:rating", NAMES)
        self.public, private, correct = anoncreds.CredentialDefinition.create(
            SCHEMA, self.schema, "entrepot:participant:1", "1", "CL"
        )
        self.secret = anoncreds.create_link_secret()
        offer = anoncreds.CredentialOffer.create(SCHEMA, DEFINITION, correct)
        asked, kept = anoncreds.CredentialRequest.create(
            "x", None, self.public, self.secret, "x", offer
        )
        values = {name: str(value) for name, value in FIGURES.items()}
        made = anoncreds.Credential.create(self.public, private, offer, asked, values)
        self.held = made.process(kept, self.secret, self.public)
        self.key = Key.of(self.public.to_dict())
        self.signature = Signature.of(self.held.to_dict(), self.secret)

    def request(self, least: dict[str, int]) -> Any:
        return anoncreds.PresentationRequest.load(
            {
                "name": "x", "version": "1.0", "nonce": str(NONCE), "requested_attributes": {},
                "requested_predicates": {
                    name: {"name": name, "p_type": ">=", "p_value": low}
                    for name, low in least.items()
                },
            }
        )  # fmt: skip

    @property
    def known(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return {SCHEMA: self.schema}, {DEFINITION: self.public}

    def honest(self, least: dict[str, int] = TRUE) -> Any:
        """The proof of the library, as JSON."""
        shown = anoncreds.PresentCredentials()
        shown.add_predicates(self.held, *least)
        made = anoncreds.Presentation.create(
            self.request(least), shown, {}, self.secret, *self.known
        )
        return made.to_dict()

    def opinions(self, proof: Any, least: dict[str, int]) -> tuple[bool, bool]:
        """Whether the library takes the numbers, and whether the second opinion does."""
        whole = {**self.honest({name: FIGURES[name] for name in least}), "proof": proof}
        found = anoncreds.Presentation.load(whole)
        taken = found.verify(self.request(least), *self.known)
        return taken, self.second(found.to_dict()["proof"])

    def second(self, proof: Any) -> bool:
        return is_proven(proof, PublicKey.of(self.public.to_dict()), NONCE)


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer()


@settings(max_examples=3)
@given(least=st.fixed_dictionaries({}, optional={
    name: st.integers(0, value) for name, value in FIGURES.items()
}).filter(bool))  # fmt: skip
def test_both_take_an_honest_proof(issuer: Issuer, least: dict[str, int]) -> None:
    assert issuer.opinions(issuer.honest(least)["proof"], least) == (True, True)
    own = presented(issuer.key, NONCE, issuer.signature, least)
    assert issuer.opinions(own, least) == (True, True)


def test_a_signature_that_nobody_made_is_refused(issuer: Issuer) -> None:
    """Anyone can do this who has the public key."""
    invented = Signature.invented(issuer.key, {"grade": 10, "settled": 10**6, "block": 10**6})
    assert issuer.opinions(presented(issuer.key, NONCE, invented, FALSE), FALSE) == (True, False)


@pytest.mark.parametrize("name", ["grade", "settled", "block"])
def test_a_value_raised_beyond_what_was_signed_is_refused(issuer: Issuer, name: str) -> None:
    """Any holder can do this."""
    least = {**TRUE, name: FIGURES[name] + 1}
    raised = issuer.signature.raised(issuer.key, name)
    assert issuer.opinions(presented(issuer.key, NONCE, raised, least), least) == (True, False)


def test_commitments_that_were_not_hashed_are_refused(issuer: Issuer) -> None:
    proof = presented(issuer.key, NONCE, issuer.signature, TRUE, commitments=[[1, 2, 3]])
    assert issuer.opinions(proof, TRUE) == (True, False)


def test_a_number_changed_in_any_place_is_refused(issuer: Issuer) -> None:
    proof = issuer.honest()["proof"]
    assert issuer.second(proof)
    kinds = set()
    for place, value in places(proof):
        kind = tuple(step for step in place if isinstance(step, str) and not step.isdigit())
        if kind in kinds or kind[-1] == "non_revoc_proof":
            continue
        kinds.add(kind)
        others: list[Any] = ["x", None, "9" * 2000]
        if str(value).isdigit():
            others += [type(value)(int(value) ^ 1), type(value)(-int(value) - 1)]
        for other in others:
            changed = copy.deepcopy(proof)
            inner = changed
            for step in place[:-1]:
                inner = inner[step]
            inner[place[-1]] = other
            assert not issuer.second(changed), place
    assert len(kinds) > 15
    for wrong in ({}, {"proofs": []}, [], None, {**proof, "proofs": proof["proofs"] * 2}):
        assert not issuer.second(wrong)


def test_a_number_that_no_equation_has_is_refused(issuer: Issuer) -> None:
    proof = issuer.honest()["proof"]
    above = proof["proofs"][0]["primary_proof"]["ge_proofs"][0]
    assert issuer.second(proof)
    for part in ("u", "r", "t"):
        above[part]["7"] = "5"
        assert not issuer.second(proof)
        del above[part]["7"]
    assert issuer.second(proof)


def test_another_nonce_or_key_is_refused(issuer: Issuer) -> None:
    proof, key = issuer.honest()["proof"], PublicKey.of(issuer.public.to_dict())
    assert not is_proven(proof, key, NONCE - 2**255)
    bases = {**key.bases, "grade": key.bases["block"]}
    assert not is_proven(proof, PublicKey(key.n, key.s, key.z, key.context, bases), NONCE)


@given(st.integers(0, 2**80))
def test_every_number_is_a_sum_of_four_squares(number: int) -> None:
    assert sum(root * root for root in four_squares(number)) == number


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every number of a proof, and where it is; of each hashed commitment, the last byte."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from places(each, (*place, name))
    elif isinstance(value, list) and value and isinstance(value[0], int):
        yield (*place, len(value) - 1), value[-1]
    elif isinstance(value, list):
        for i, each in enumerate(value):
            yield from places(each, (*place, i))
    else:
        yield place, value
