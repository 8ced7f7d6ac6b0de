"""What is said of a label and why: forgeries, keys that ended, and bundles that are no use."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.core.digital_link import MAX_URI
from entrepot.core.trust_bundle import Bundle, SignedBundle
from entrepot.core.verdicts import Anchor, LabelKey
from entrepot.errors import EntrepotError, InputError, WorkspaceError
from entrepot.services import bundles
from entrepot.services.verification import LabelCheck, offline
from tests.package.label_world import (
    ANCHOR,
    ATTESTORS,
    DAY,
    GTIN,
    KEY,
    LOT,
    NOW,
    OTHER_GTIN,
    RIVAL,
    SALT,
    STRANGER,
    bundle,
    label,
    sealed,
)

Ask = Callable[..., LabelCheck]
GENUINE, NOT_GENUINE, CANNOT_TELL = "genuine", "not genuine", "cannot tell"
ENDED = LabelKey(KEY.address, NOW - 100 * DAY, NOW - 10 * DAY)


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Verifies a text by a bundle."""
    bundles.pin(tmp_path / "attestors.json", ATTESTORS)

    def verify(
        text: str, found: Bundle | SignedBundle | bytes | None = None, **options: Any
    ) -> LabelCheck:
        signed = sealed(found or bundle()) if isinstance(found, Bundle | None) else found
        data = signed.encoded() if isinstance(signed, SignedBundle) else signed
        (tmp_path / "bundle.cbor").write_bytes(data)
        terms = {"now": NOW, "max_age_days": 30, **options}
        return offline([text], tmp_path / "bundle.cbor", tmp_path / "attestors.json", **terms)

    return verify


def test_a_label_of_a_good_key_is_genuine(ask: Ask) -> None:
    check = ask(label().uri())
    assert (check.verdict, check.signer, check.producer) == (GENUINE, KEY.address, 7)
    assert check.bundle is not None
    assert (check.bundle.age_days, check.bundle.block) == (1.0, 12)


@pytest.mark.parametrize(
    ("forged", "reason"),
    [
        (replace(label(), lot="L2026B"), "altered"),
        (replace(label(), serial="2"), "altered"),
        (replace(label(), expiry=date(2029, 1, 31)), "altered"),
        (replace(label(), expiry=None), "altered"),
        (replace(label(), gtin=OTHER_GTIN), "altered"),
        (replace(label(), gtin=9_506_000_134_376), "nobody has registered"),
        (label(STRANGER), "altered, or invented"),
        (label(RIVAL), "is a key of participant 8"),
        (label(salt=b"\x08" * 32), "altered"),
        (replace(label(), signature=bytes(64)), "nobody signed it"),
        (replace(label(), signature=b"\xff" * 64), "nobody signed it"),
    ],
    ids=[
        "lot", "serial", "expiry", "no expiry", "gtin of a rival", "gtin of nobody", "invented",
        "key of another producer", "key of another deployment", "zeros", "ones",
    ],
)  # fmt: skip
def test_a_forgery_is_not_genuine(ask: Ask, forged: Any, reason: str) -> None:
    check = ask(forged.uri())
    assert check.verdict == NOT_GENUINE
    assert reason in check.reason


def test_a_line_or_key_that_a_bundle_does_not_know_may_be_newer(ask: Ask) -> None:
    newer = ["the bundle knows no lines and keys that are newer than it"]
    for unknown in (label(STRANGER), label(gtin=9_506_000_134_376), replace(label(), serial="2")):
        assert ask(unknown.uri()).warnings == newer
    for known in (label(RIVAL), label()):
        assert ask(known.uri()).warnings == []


@pytest.mark.parametrize("place", range(len(label().uri())))
def test_a_label_with_another_character_is_not_genuine(ask: Ask, place: int) -> None:
    uri = label().uri()
    for character in "0A_/":
        changed = uri[:place] + character + uri[place + 1 :]
        is_resolver = place < uri.index("/01/") + 1
        if changed != uri and not is_resolver:
            assert ask(changed).verdict == NOT_GENUINE, changed


def test_a_recalled_batch_is_not_genuine(ask: Ask) -> None:
    check = ask(label().uri(), bundle(recalled=((GTIN, LOT),)))
    assert (check.verdict, check.reason) == (NOT_GENUINE, "its batch was recalled")
    assert ask(label(lot="L2").uri(), bundle(recalled=((GTIN, LOT),))).verdict == GENUINE


@pytest.mark.parametrize(
    ("anchored_at", "verdict", "reason"),
    [
        (ENDED.since, GENUINE, "good at the anchoring"),
        (NOW - 10 * DAY - 1, GENUINE, "good at the anchoring"),
        (NOW - 10 * DAY, NOT_GENUINE, "anchored when"),
        (NOW - 9 * DAY, NOT_GENUINE, "anchored when"),
        (ENDED.since - 1, CANNOT_TELL, "not granted yet"),
        (None, CANNOT_TELL, "is not known"),
    ],
)
def test_a_key_that_ended_vouches_for_what_was_anchored_in_its_time(
    ask: Ask, anchored_at: int | None, verdict: str, reason: str
) -> None:
    known = () if anchored_at is None else (replace(ANCHOR, anchored_at=anchored_at),)
    check = ask(label().uri(), bundle(key=ENDED, anchors=known))
    assert check.verdict == verdict
    assert reason in check.reason
    assert [warning.partition(":")[0] for warning in check.warnings] == ["its key has ended"]


def test_a_key_ends_by_the_verifiers_clock(ask: Ask) -> None:
    ending = bundle(key=replace(ENDED, until=NOW + 5))
    assert ask(label().uri(), ending, now=NOW + 4).verdict == GENUINE
    assert ask(label().uri(), ending, now=NOW + 5).verdict == CANNOT_TELL


def test_a_stolen_key_cannot_give_an_old_batch_another_expiry(ask: Ask) -> None:
    forged = label(expiry=date(2031, 1, 31))
    check = ask(forged.uri(), bundle(key=ENDED, anchors=(ANCHOR,)))
    assert (check.verdict, check.reason) == (NOT_GENUINE, "its expiry is not its batch's")


def test_expired_goods_keep_a_genuine_label_and_are_warned_of(ask: Ask) -> None:
    old = label(expiry=date(2026, 12, 31))
    check = ask(old.uri())
    assert (check.verdict, check.is_expired) == (GENUINE, True)
    assert check.warnings == ["the goods expired on 2026-12-31"]
    assert ask(label().uri()).warnings == []


def test_an_untrusted_bundle_cannot_tell(ask: Ask) -> None:
    signed = sealed(bundle())
    tampered = replace(signed, content=signed.content.replace(b"\x07" * 32, b"\x08" * 32))
    for unfit in (tampered, sealed(bundle(), [STRANGER] * 3), b"", b"\xff" * 100):
        check = ask(label().uri(), unfit)
        assert check.verdict == CANNOT_TELL
        assert check.reason.startswith("the bundle cannot be trusted: ")


@pytest.mark.parametrize(
    ("age", "verdict"),
    [(30 * DAY, GENUINE), (30 * DAY + 1, CANNOT_TELL), (-3_600, GENUINE), (-3_601, CANNOT_TELL)],
)
def test_a_stale_or_early_bundle_cannot_tell(ask: Ask, age: int, verdict: str) -> None:
    assert ask(label().uri(), bundle(taken_at=NOW - age)).verdict == verdict


def test_an_older_bundle_serves_where_that_is_asked_for(ask: Ask) -> None:
    old = bundle(taken_at=NOW - 90 * DAY)
    assert ask(label().uri(), old, max_age_days=91).verdict == GENUINE


def test_a_malformed_label_is_not_genuine_whatever_the_bundle(ask: Ask) -> None:
    for found in (bundle(), b"nothing"):
        check = ask("https://id.entrepot.example/01/1", found)
        assert (check.verdict, check.label) == (NOT_GENUINE, None)
        assert check.reason.startswith("it is no label: ")


@st.composite
def _spoilt(draw: st.DrawFn) -> str:
    """A label's URI with a few characters put in, taken out or replaced."""
    text = label().uri()
    for _ in range(draw(st.integers(1, 4))):
        at, end = draw(st.integers(0, len(text))), draw(st.integers(0, 3))
        fresh = draw(st.text("/?&=%#.:0123456789aZ~ \0\n\u0660é", max_size=3) | st.characters())
        text = text[:at] + fresh + text[at + end :]
    return text


_HOSTILE = st.one_of(
    _spoilt(),
    st.text(max_size=300),
    st.from_regex(r"https://[a-z.]{1,9}/01/[0-9]{14}/10/.{1,30}/21/.{1,30}\?.*", fullmatch=True),
    st.text("0123456789/?=&:%", min_size=MAX_URI - 20, max_size=MAX_URI + 20),
)


@settings(max_examples=10_000, suppress_health_check=list(HealthCheck))
@given(_HOSTILE)
def test_hostile_uris_are_not_genuine_and_nothing_breaks(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.getbasetemp() / "hostile"
    if not folder.exists():
        folder.mkdir()
        bundles.pin(folder / "attestors.json", ATTESTORS)
        (folder / "bundle.cbor").write_bytes(sealed(bundle()).encoded())
    check = offline(
        [text], folder / "bundle.cbor", folder / "attestors.json", now=NOW, max_age_days=30
    )
    if check.verdict != NOT_GENUINE:
        assert check.verdict == GENUINE
        assert text.partition("/01/")[2] == label().uri().partition("/01/")[2]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "other"}, {"threshold": 0}, {"threshold": 6}, {"threshold": True},
        {"deployment": "0x12"},
        {"accounts": ["0x12"]}, {"extra": 1}, {"accounts": [ATTESTORS.accounts[0]] * 3},
    ],
    ids=lambda change: ", ".join(change),
)  # fmt: skip
def test_pins_raise_when_the_file_is_wrong(tmp_path: Path, change: dict[str, Any]) -> None:
    file = tmp_path / "attestors.json"
    bundles.pin(file, ATTESTORS)
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(InputError, match="is wrong"):
        bundles.pinned(file)


def test_pins_raise_when_there_are_none(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="which attestors are trusted"):
        bundles.pinned(tmp_path / "attestors.json")


def test_raises_when_the_bundle_cannot_be_read(tmp_path: Path) -> None:
    bundles.pin(tmp_path / "attestors.json", ATTESTORS)
    with pytest.raises(EntrepotError, match="Cannot read the bundle"):
        offline([label().uri()], tmp_path, tmp_path / "attestors.json", now=NOW, max_age_days=1)


def test_a_bundle_without_the_label_but_with_anchors_of_others_cannot_tell(ask: Ask) -> None:
    other = Anchor(OTHER_GTIN, LOT, ENDED.since, 0)
    assert ask(label().uri(), bundle(key=ENDED, anchors=(other,))).verdict == CANNOT_TELL


def test_deployment_is_pinned(ask: Ask, tmp_path: Path) -> None:
    bundles.pin(tmp_path / "attestors.json", replace(ATTESTORS, deployment=b"\x08" * 32))
    assert ask(label().uri()).verdict == CANNOT_TELL
    assert bundles.pinned(tmp_path / "attestors.json").deployment != SALT
