"""When a label is genuine: one set of rules, for whoever knows the facts from a chain or a bundle.

A label's own date proves nothing: what counts is when its batch was anchored on chain.
"""

from dataclasses import dataclass
from enum import StrEnum

from entrepot.core.digital_link import DigitalLink, last_second_of


class Verdict(StrEnum):
    """What a verifier says of a label."""

    GENUINE = "genuine"
    NOT_GENUINE = "not genuine"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and, in a sentence, why."""

    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True, order=True)
class LabelKey:
    """A key of a producer that may sign labels, in the seconds from `since` to before `until`; None
    for no end. Its end is that of any key above it, too.
    """

    address: str
    since: int
    until: int | None


@dataclass(frozen=True, slots=True, order=True)
class Anchor:
    """A batch as it was anchored at a time; `expires_at` is its goods' last second, 0 for none."""

    gtin: int
    lot: str
    anchored_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a label.

    `owner`: producer of its line, None where the line is unknown. `key`: that signed it, of
    participant `key_owner`; None for a key that never could. `anchor`: of its batch, None where it
    is not known.
    """

    owner: int | None
    signer: str
    key: LabelKey | None
    key_owner: int | None
    anchor: Anchor | None
    is_recalled: bool


def refuted(reason: str) -> Judgement:
    """The judgement of a label that is not genuine."""
    return Judgement(Verdict.NOT_GENUINE, reason)


def undecided(reason: str) -> Judgement:
    """The judgement where the facts do not suffice."""
    return Judgement(Verdict.CANNOT_TELL, reason)


def judged(link: DigitalLink, facts: Facts, now: int) -> Judgement:
    """What the facts say of a label at a time, seconds UTC."""
    key, anchor = facts.key, facts.anchor
    if facts.owner is None:
        return refuted(f"nobody has registered the product line {link.gtin:014}")
    if key is None:
        return refuted("no producer's key signed it: it was altered, or invented")
    if facts.key_owner != facts.owner:
        return refuted(
            f"{facts.signer}, which signed it, is a key of participant {facts.key_owner}, and the"
            f" line is participant {facts.owner}'s"
        )
    if facts.is_recalled:
        return refuted("its batch was recalled")
    if anchor is not None and anchor.expires_at != last_second_of(link.expiry):
        return refuted("its expiry is not its batch's")
    if key.until is None or now < key.until:
        return Judgement(Verdict.GENUINE, "a key of the line's producer signed it")
    if anchor is None:
        return undecided(
            f"{facts.signer}, which signed it, is no longer good, and whether the batch was"
            " anchored before is not known"
        )
    if anchor.anchored_at >= key.until:
        return refuted(
            f"its batch was anchored when {facts.signer}, which signed it, was no longer good"
        )
    if anchor.anchored_at < key.since:
        return undecided(
            f"{facts.signer}, which signed it, is no longer good, and was not granted yet when the"
            " batch was anchored"
        )
    return Judgement(
        Verdict.GENUINE, "a key of the line's producer signed it, and was good at the anchoring"
    )


def is_expired(link: DigitalLink, now: int) -> bool:
    """Whether the goods are past their last day. That says nothing of the label."""
    return link.expiry is not None and now > last_second_of(link.expiry)
