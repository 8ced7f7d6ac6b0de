"""Measures proofs about ratings and prints one JSON object: seconds and bytes of every step, and
what a contract would pay to check a proof.

The steps are the library's own calls, as `services/credentials.py` makes them; sizes are of compact
JSON. Generating a key searches for safe primes, so its time varies; `fastest` and `slowest` stand
beside the median of several.
"""

import json
from collections.abc import Callable, Iterator
from statistics import median
from time import perf_counter
from typing import Any

from anoncreds import (
    Credential,
    CredentialDefinition,
    CredentialOffer,
    CredentialRequest,
    Presentation,
    PresentationRequest,
    PresentCredentials,
    Schema,
    create_link_secret,
    generate_nonce,
)

from entrepot.core.clproofs import PublicKey, is_proven
from entrepot.core.credentials import ATTRIBUTES

KEYS, TURNS = 7, 15
MODULUS_BYTES = 256
WORDS = MODULUS_BYTES // 8
"""The precompile counts words of 8 bytes."""
CALLDATA_GAS = 16
VALUES = {"grade": 8, "settled": 60, "block": 20_000_000}
LEAST = {"grade": 7, "settled": 50, "block": 19_000_000}
SCHEMA, DEFINITION = "entrepot:rating:1", "entrepot:definition:benchmark"


def timed(call: Callable[[], Any], turns: int) -> tuple[Any, dict[str, float]]:
    """The last result of a call, and its seconds over some turns."""
    seconds = []
    for _ in range(turns):
        start = perf_counter()
        result = call()
        seconds.append(perf_counter() - start)
    figures = {"median": median(seconds), "fastest": min(seconds), "slowest": max(seconds)}
    return result, {name: round(value, 4) for name, value in figures.items()}


def size(made: Any) -> int:
    """Bytes of something of the library's as compact JSON."""
    return len(json.dumps(made.to_dict(), separators=(",", ":")))


def measure(keys: int = KEYS, turns: int = TURNS) -> dict[str, Any]:
    """Seconds and bytes of each step; gas of a check on chain, by the predicates of the proof."""
    schema = Schema.create("rating", "1.0", "entrepot:rating", list(ATTRIBUTES))
    schemas = {SCHEMA: schema}
    seconds: dict[str, dict[str, float]] = {}
    (public, private, correct), seconds["key"] = timed(
        lambda: CredentialDefinition.create(SCHEMA, schema, "entrepot:participant:1", "1", "CL"),
        keys,
    )
    offer, seconds["offer"] = timed(
        lambda: CredentialOffer.create(SCHEMA, DEFINITION, correct), turns
    )
    secret = create_link_secret()
    (asked, kept), seconds["request"] = timed(
        lambda: CredentialRequest.create("x", None, public, secret, "entrepot", offer), turns
    )
    values = {name: str(value) for name, value in VALUES.items()}
    issued, seconds["issue"] = timed(
        lambda: Credential.create(public, private, offer, asked, values), turns
    )
    held, seconds["receive"] = timed(lambda: issued.process(kept, secret, public), turns)
    sizes = {"definition": size(public) + size(correct), "request": size(asked)}
    sizes["credential"] = size(issued)
    gas = {}
    for names in (("grade", "block"), ATTRIBUTES):
        request = PresentationRequest.load(
            {
                "name": "entrepot",
                "version": "1.0",
                "nonce": generate_nonce(),
                "requested_attributes": {},
                "requested_predicates": {
                    name: {"name": name, "p_type": ">=", "p_value": LEAST[name]} for name in names
                },
            }
        )
        shown = PresentCredentials()
        shown.add_predicates(held, *names)
        definitions = {DEFINITION: public}
        what = "+".join(names)
        proof, seconds[f"prove {what}"] = timed(
            lambda: Presentation.create(request, shown, {}, secret, schemas, definitions),  # noqa: B023
            turns,
        )
        is_good, seconds[f"check {what}"] = timed(
            lambda: proof.verify(request, schemas, definitions),  # noqa: B023
            turns,
        )
        key, nonce = PublicKey.of(public.to_dict()), int(request.to_dict()["nonce"])
        numbers = proof.to_dict()["proof"]
        is_sound, seconds[f"second opinion {what}"] = timed(
            lambda: is_proven(numbers, key, nonce),  # noqa: B023
            turns,
        )
        assert is_good
        assert is_sound
        sizes[f"proof {what}"] = size(proof)
        gas[what] = on_chain(numbers)
    return {"seconds": seconds, "bytes": sizes, "gas": gas}


def on_chain(proof: dict[str, Any]) -> dict[str, int]:
    """What a contract would pay for a proof: its modular exponentiations through the precompile, by
    EIP-2565 and by EIP-7883, and the calldata of its numbers as bytes. Multiplications, memory and
    inversions come on top.
    """
    powers = list(exponents(proof))
    numbers = [*powers, *elements(proof)]
    return {
        "exponentiations": len(powers),
        "eip_2565": sum(max(200, WORDS**2 * iterations(each, 8) // 3) for each in powers),
        "eip_7883": sum(max(500, 2 * WORDS**2 * iterations(each, 16)) for each in powers),
        "calldata": CALLDATA_GAS * sum((each.bit_length() + 7) // 8 for each in numbers),
    }


def exponents(proof: dict[str, Any]) -> Iterator[int]:
    """The exponents of a check, as the AnonCreds specification has it ("Verify presentation")."""
    challenge = int(proof["aggregated_proof"]["c_hash"])
    primary = proof["proofs"][0]["primary_proof"]
    equal = primary["eq_proof"]
    yield from (2**596, challenge, int(equal["e"]), int(equal["v"]), int(equal["m2"]))
    yield from (int(each) for each in equal["m"].values())
    for each in primary["ge_proofs"]:
        for i in "0123":
            yield from (challenge, int(each["u"][i]), int(each["r"][i]), int(each["u"][i]))
        yield from (challenge, each["predicate"]["value"], int(each["mj"]))
        yield from (int(each["r"]["DELTA"]), challenge, int(each["alpha"]))


def elements(proof: dict[str, Any]) -> Iterator[int]:
    """The group elements of a proof."""
    primary = proof["proofs"][0]["primary_proof"]
    yield int(primary["eq_proof"]["a_prime"])
    for each in primary["ge_proofs"]:
        yield from (int(value) for value in each["t"].values())


def iterations(exponent: int, factor: int) -> int:
    """Iterations that the precompile charges for an exponent."""
    length = (exponent.bit_length() + 7) // 8
    if length <= 32:
        return max(exponent.bit_length() - 1, 1)
    head = exponent >> 8 * (length - 32)
    return factor * (length - 32) + head.bit_length() - 1


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
