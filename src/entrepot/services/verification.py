"""Verifies labels, without a network by a trust bundle and with one by the chain itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from entrepot.core.digital_link import DigitalLink
from entrepot.core.labels import code
from entrepot.core.trust_bundle import Bundle
from entrepot.core.verdicts import (
    Anchor,
    Facts,
    Judgement,
    Verdict,
    is_expired,
    judged,
    refuted,
    undecided,
)
from entrepot.network.bindings import Batch, LabelRegistry
from entrepot.network.contracts import Event, topic_of
from entrepot.services import bundles, events
from entrepot.services.item_proofs import ItemProof
from entrepot.services.journeys import Step, journey_of
from entrepot.services.label_keys import history_of
from entrepot.services.office import Office
from entrepot.services.spelling import moment

_DAY = 86_400
_CLOCK_SECONDS = 3_600
"""How far a verifier's clock may be behind a bundle's block."""


@dataclass(frozen=True, slots=True)
class LabelFields:
    """What a label says; `expires` is a day, None where the goods do not expire.

    `uri` spells all of it. `resolver`: where its link leads. Nobody signs that, so a copy may lead
    elsewhere.
    """

    uri: str
    gtin: str
    lot: str
    serial: str
    expires: str | None
    resolver: str


@dataclass(frozen=True, slots=True)
class BundleFields:
    """The bundle that was used; `age_days` at the verification, `taken_at` its block's time."""

    chain_id: int
    block: int
    taken_at: str | None
    age_days: float


@dataclass(frozen=True, slots=True)
class Activation:
    """When an item was activated, and by which account."""

    at: str | None
    by: str


@dataclass(frozen=True, slots=True)
class ItemFields:
    """What the chain knows of the item at a block, at least.

    `is_proven`: its proof holds; None where none was given. `activation`: the first, None before.
    `suspicions`: activations that raise the suspicion of a clone.
    """

    block: int
    at: str | None
    committed_at: str | None
    is_proven: bool | None
    activation: Activation | None
    suspicions: int
    scans: int
    journey: list[Step]


@dataclass(frozen=True, slots=True)
class LabelCheck:
    """A verdict, why, and what it rests on.

    `is_expired` is about the goods, and leaves the verdict on the label as it is. `warnings` are
    what a buyer should know beside it.
    """

    verdict: Verdict
    reason: str
    label: LabelFields | None
    signer: str | None
    producer: int | None
    is_expired: bool | None
    warnings: list[str]
    bundle: BundleFields | None = None
    item: ItemFields | None = None


def picked(texts: Sequence[str]) -> DigitalLink | Judgement:
    """The label among what QR codes say, or the judgement where there is none or more than one."""
    found, faults = {}, []
    for text in texts:
        try:
            found[text] = DigitalLink.parse(text)
        except ValueError as failure:
            faults.append(str(failure))
    if len(found) > 1:
        return undecided("the image shows several labels: take one of each alone")
    if found:
        (link,) = found.values()
        return link
    if faults:
        return refuted(f"it is no label: {faults[0]}")
    return undecided("no QR code can be read in the image")


def offline(
    texts: Sequence[str], bundle_file: Path, pins: Path, *, now: int, max_age_days: float
) -> LabelCheck:
    """Verifies a label by a bundle at a time, seconds UTC, without a network.

    `InputError` where the bundle or the attestors cannot be read at all.
    """
    try:
        bundle: Bundle | ValueError = bundles.opened(bundle_file, pins)
    except ValueError as failure:
        bundle = failure
    link = picked(texts)
    if isinstance(bundle, ValueError):
        return _check(link, _first(link, undecided(f"the bundle cannot be trusted: {bundle}")), now)
    age = now - bundle.taken_at
    used = BundleFields(
        bundle.chain_id, bundle.block, moment(bundle.taken_at), round(age / _DAY, 2)
    )
    if age > max_age_days * _DAY:
        stale = f"the bundle is older than {max_age_days:g} days: get a new one"
        return _check(link, _first(link, undecided(stale)), now, bundle=used)
    if age < -_CLOCK_SECONDS:
        early = f"the bundle was taken at {used.taken_at}, later than this clock says it is"
        return _check(link, _first(link, undecided(early)), now, bundle=used)
    if isinstance(link, Judgement):
        return _check(link, link, now, bundle=used)
    try:
        signer = link.signer(bundle.deployment)
    except ValueError as failure:
        return _check(link, refuted(f"nobody signed it: {failure}"), now, bundle=used)
    facts = bundle.facts(link.gtin, link.lot, signer)
    return _check(link, judged(link, facts, now), now, facts, bundle=used)


def online(
    office: Office, texts: Sequence[str], proof: ItemProof | None = None, clock: int | None = None
) -> LabelCheck:
    """Verifies a label by the chain at its latest block, and its item by a proof.

    `clock`: the verifier's, seconds UTC; by it a chain that stands still is warned of.
    `InputError` where the proof is another item's.
    """
    block = office.node.call("eth_getBlockByNumber", "latest", False)
    number, now = int(block["number"], 16), int(block["timestamp"], 16)
    link = picked(texts)
    if isinstance(link, Judgement):
        return _check(link, link, now)
    if proof is not None:
        proof.require(link)
    try:
        signer = link.signer(office.salt)
    except ValueError as failure:
        return _check(link, refuted(f"nobody signed it: {failure}"), now)
    labels, lot = office.bind(LabelRegistry), code(link.lot)
    batch = topic_of(link.gtin), topic_of(lot)
    committed = events.of(office, labels, "BatchCommitted", *batch)
    recalled = events.of(office, labels, "BatchRecalled", *batch)
    anchor = bundles.anchor_of(committed[0]) if committed else None
    facts = _facts(office, link, signer, anchor, is_recalled=bool(recalled))
    judgement = judged(link, facts, now)
    is_proven = None
    if committed and proof is not None:
        is_proven = _holds(labels, proof, committed[0])
    if judgement.verdict is Verdict.GENUINE:
        if anchor is None:
            judgement = refuted("its batch was never committed")
        elif is_proven is False:
            judgement = refuted("its proof does not hold: the item is not shown to be in the batch")
    item = _item(office, labels, link, proof, anchor, is_proven, block=number, at=moment(now))
    is_late = clock is not None and clock - now > _DAY
    return _check(link, judgement, now, facts, item=item, is_late=is_late)


def _facts(
    office: Office, link: DigitalLink, signer: str, anchor: Anchor | None, *, is_recalled: bool
) -> Facts:
    history = history_of(office, signer)
    return Facts(
        owner=office.bind(LabelRegistry).line_of(link.gtin).producer_id or None,
        signer=signer,
        key=history.key(signer),
        key_owner=history.owner_of(signer),
        anchor=anchor,
        is_recalled=is_recalled,
    )


def _holds(labels: LabelRegistry, proof: ItemProof, committed: Event) -> bool:
    if proof.batch != Batch(*committed.args["batch"].values()):
        return False
    lot = code(proof.lot)
    return labels.contains(proof.gtin, lot, proof.batch, proof.item, list(proof.proof))


def _item(
    office: Office,
    labels: LabelRegistry,
    link: DigitalLink,
    proof: ItemProof | None,
    anchor: Anchor | None,
    is_proven: bool | None,
    *,
    block: int,
    at: str | None,
) -> ItemFields:
    lot = code(link.lot)
    named = topic_of(link.gtin), topic_of(lot), topic_of(code(link.serial))
    activated, suspected, scanned = (
        events.of(office, labels, name, *named)
        for name in ("ItemActivated", "CloneSuspected", "ItemScanned")
    )
    activations = [Activation(moment(e.timestamp), e.args["activator"]) for e in activated]
    return ItemFields(
        block=block,
        at=at,
        committed_at=moment(anchor.anchored_at) if anchor else None,
        is_proven=is_proven,
        activation=activations[0] if activations else None,
        suspicions=len(suspected),
        scans=len(scanned),
        journey=journey_of(office, link.gtin, lot, proof.item.index if proof else None),
    )


def _first(link: DigitalLink | Judgement, otherwise: Judgement) -> Judgement:
    """What is wrong with the label itself, if anything is; it needs no bundle."""
    return link if isinstance(link, Judgement) else otherwise


def _check(
    link: DigitalLink | Judgement,
    judgement: Judgement,
    now: int,
    facts: Facts | None = None,
    *,
    bundle: BundleFields | None = None,
    item: ItemFields | None = None,
    is_late: bool = False,
) -> LabelCheck:
    label, expired = None, None
    if isinstance(link, DigitalLink):
        day = link.expiry.isoformat() if link.expiry else None
        label = LabelFields(
            link.uri(), f"{link.gtin:014}", link.lot, link.serial, day, link.resolver
        )
        expired = is_expired(link, now)
    return LabelCheck(
        verdict=judgement.verdict,
        reason=judgement.reason,
        label=label,
        signer=facts.signer if facts else None,
        producer=facts.owner if facts else None,
        is_expired=expired,
        warnings=_warnings(
            label, facts, bundle, item, now=now, is_expired=expired, is_late=is_late
        ),
        bundle=bundle,
        item=item,
    )


def _warnings(
    label: LabelFields | None,
    facts: Facts | None,
    bundle: BundleFields | None,
    item: ItemFields | None,
    *,
    now: int,
    is_expired: bool | None,
    is_late: bool,
) -> list[str]:
    found = []
    if is_late:
        found.append(
            f"the node's latest block is of {moment(now)}: it knows nothing of what came later"
        )
    if bundle is not None and facts is not None and (facts.owner is None or facts.key is None):
        found.append("the bundle knows no lines and keys that are newer than it")
    if label is not None and is_expired:
        found.append(f"the goods expired on {label.expires}")
    is_proven = item.is_proven if item is not None else None
    end = facts.key.until if facts is not None and facts.key is not None else None
    if end is not None and end <= now and not is_proven:
        found.append("its key has ended: whoever stole it could invent items that only proofs tell")
    if item is not None:
        if is_proven is None:
            found.append("the item itself is not proven: give its proof to show it is in the batch")
        if item.suspicions:
            found.append(
                "a copy of the label is suspected: activated again, or after its recall,"
                f" {item.suspicions} times"
            )
        if item.activation is not None:
            found.append(f"it was activated at {item.activation.at} by {item.activation.by}")
    return found
