"""Measures offline verification and prints one JSON object: labels per CPU second.

`recover` is what a label costs once its URI is parsed: digest, signer's address, lookup and rules.
`text` is the same from the URI's text. Both stand beside `limit`: recovering a public key from a
digest that is there, with coincurve and nothing around it. All take turns in one run, and the best
turn counts, because other load only ever slows one down.
"""

import json
import secrets
from collections.abc import Callable
from datetime import date
from itertools import cycle
from time import process_time

from coincurve import PublicKey

from entrepot.core.digital_link import DigitalLink, expanded, signed
from entrepot.core.keys import Wallet
from entrepot.core.messages import deployment_domain
from entrepot.core.signing import checksum_address
from entrepot.core.trust_bundle import Bundle, Producer
from entrepot.core.verdicts import LabelKey, Verdict, judged

GTIN, LOT, EXPIRY = 9_506_000_134_352, "L2026A", date(2028, 1, 31)
NOW = 1_800_000_000
SALT = b"\7" * 32
LABELS = 500
PRODUCERS = 10_000
TURNS = 5
SECONDS = 0.5


def main() -> None:
    """Prints the figures."""
    key = Wallet().key(1_001_000)
    links = [
        DigitalLink(GTIN, LOT, str(i), EXPIRY, signed(key, SALT, GTIN, LOT, str(i), EXPIRY))
        for i in range(LABELS)
    ]
    bundle = _bundle(key.address)
    texts, parsed, bare = cycle([each.uri() for each in links]), cycle(links), cycle(_bare(links))

    def recover(link: DigitalLink) -> None:
        facts = bundle.facts(link.gtin, link.lot, link.signer(SALT))
        if judged(link, facts, NOW).verdict is not Verdict.GENUINE:
            raise AssertionError(link)

    operations: dict[str, Callable[[], object]] = {
        "limit": lambda: PublicKey.from_signature_and_message(*next(bare), hasher=None),
        "recover": lambda: recover(next(parsed)),
        "text": lambda: recover(DigitalLink.parse(next(texts))),
    }
    best = dict.fromkeys(operations, 0.0)
    for _ in range(TURNS):
        for name, operation in operations.items():
            best[name] = max(best[name], _rate(operation))
    print(
        json.dumps(
            {
                **{name: round(rate) for name, rate in best.items()},
                "recover_of_limit": round(best["recover"] / best["limit"], 2),
                "text_of_limit": round(best["text"] / best["limit"], 2),
                "bundle_bytes": len(bundle.content()),
                "bundle_producers": PRODUCERS,
            },
            indent=2,
        )
    )


def _bundle(address: str) -> Bundle:
    """10,000 producers with a root and a label key each, and 1,000 recalled batches."""
    others = (
        Producer(number, (10**13 + number,), tuple(
            LabelKey(checksum_address(secrets.token_bytes(20)), NOW - 1, None) for _ in range(2)
        ))
        for number in range(2, PRODUCERS + 1)
    )  # fmt: skip
    own = Producer(1, (GTIN,), (LabelKey(address, NOW - 1, None),))
    recalled = tuple((10**13 + number, f"LOT-{number:016}") for number in range(1_000))
    return Bundle(
        SALT, 31_337, address, 1, bytes(32), NOW, (own, *others), recalled, ()
    )  # fmt: skip


def _bare(links: list[DigitalLink]) -> list[tuple[bytes, bytes]]:
    domain = deployment_domain(SALT)
    found = []
    for link in links:
        signature = expanded(link.signature)
        found.append(
            (signature[:64] + bytes((signature[64] - 27,)), link.message.digest(domain))
        )  # fmt: skip
    return found


def _rate(operation: Callable[[], object]) -> float:
    count, start = 0, process_time()
    while process_time() - start < SECONDS:
        for _ in range(50):
            operation()
        count += 50
    return count / (process_time() - start)


if __name__ == "__main__":
    main()
