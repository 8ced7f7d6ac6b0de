"""Trust bundles: one spelling, a quorum's, small; nothing else is taken for one."""

import tracemalloc
from dataclasses import replace
from typing import Any

import cbor2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from entrepot.core.trust_bundle import Attestors, Bundle, Producer, SignedBundle
from entrepot.core.verdicts import Anchor, LabelKey
from tests.package.label_world import ATTESTING, ATTESTORS, SALT, STRANGER, bundle, sealed
from tests.package.strategies import addresses, words

times = st.integers(0, 2**40 - 1)
gtins = st.integers(0, 10**14 - 1)
lots = st.from_regex(r"[A-Za-z0-9._~-]{1,20}", fullmatch=True)
label_keys = st.builds(LabelKey, addresses, times, st.none() | times)
producers = st.builds(
    Producer,
    st.integers(1, 2**64 - 1),
    st.lists(gtins, max_size=3).map(tuple),
    st.lists(label_keys, max_size=3).map(tuple),
)
anchors = st.lists(st.builds(Anchor, gtins, lots, times, times), max_size=3)
bundles = st.builds(
    Bundle,
    words, st.integers(1, 2**64 - 1), addresses, times, words, times,
    st.lists(producers, max_size=3, unique_by=lambda each: each.id).map(
        lambda found: tuple(sorted(found, key=lambda each: each.id))
    ),
    st.lists(st.tuples(gtins, lots), max_size=3).map(lambda found: tuple(sorted(found))),
    anchors.map(lambda found: tuple(sorted(found))),
)  # fmt: skip


@given(bundles)
def test_a_bundle_survives_its_bytes(found: Bundle) -> None:
    assert Bundle.parse(found.content()) == found


@given(bundles, st.data())
def test_content_does_not_depend_on_the_order_of_reading(
    found: Bundle, data: st.DataObject
) -> None:
    shuffled = replace(
        found,
        producers=tuple(data.draw(st.permutations(found.producers))),
        recalled=tuple(data.draw(st.permutations(found.recalled))),
        anchors=tuple(data.draw(st.permutations(found.anchors))),
    )
    assert shuffled.content() == found.content()


def test_three_of_five_attestors_open_it() -> None:
    found = bundle()
    data = sealed(found, ATTESTING[2:]).encoded()
    assert SignedBundle.parse(data).opened(ATTESTORS) == found


@pytest.mark.parametrize(
    "signers",
    [ATTESTING[:2], [STRANGER] * 3, [*ATTESTING[:2], STRANGER], [*ATTESTING[:2], ATTESTING[0]], []],
    ids=["too few", "a stranger", "two and a stranger", "one twice", "nobody"],
)
def test_raises_when_no_quorum_has_signed(signers: list[object]) -> None:
    with pytest.raises(ValueError, match="of the pinned attestors have signed it, and 3 must"):
        sealed(bundle(), signers).opened(ATTESTORS)


def test_raises_when_one_signature_stands_three_times() -> None:
    signed = sealed(bundle(), ATTESTING[:1])
    with pytest.raises(ValueError, match="1 of the pinned"):
        replace(signed, signatures=signed.signatures * 3).opened(ATTESTORS)


def test_raises_when_attestors_signed_it_for_another_deployment() -> None:
    with pytest.raises(ValueError, match="0 of the pinned"):
        sealed(bundle(), salt=b"\x08" * 32).opened(ATTESTORS)
    with pytest.raises(ValueError, match="another deployment's"):
        sealed(bundle(deployment=b"\x08" * 32)).opened(ATTESTORS)


@settings(max_examples=300)
@given(st.data())
def test_raises_when_any_byte_of_the_content_changes(data: st.DataObject) -> None:
    signed = sealed(bundle())
    place = data.draw(st.integers(0, len(signed.content) - 1))
    changed = bytearray(signed.content)
    changed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ValueError, match="0 of the pinned"):
        replace(signed, content=bytes(changed)).opened(ATTESTORS)


@settings(max_examples=500)
@given(st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.binary() | st.text() | st.floats(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8,
).map(cbor2.dumps))  # fmt: skip
@example(b"\x81" * 100_000)
@example(b"\xd8\x1c" * 1_000)
@example(b"\x9b" + b"\xff" * 8)
@example(b"\xc1\xfb\x7f\xf0\0\0\0\0\0\0")
def test_hostile_bytes_are_no_bundle(data: bytes) -> None:
    with pytest.raises(ValueError):
        SignedBundle.parse(data)
    with pytest.raises(ValueError):
        SignedBundle(data).signed_by(ATTESTING[:3], SALT).opened(ATTESTORS)


@pytest.mark.parametrize("place", range(1, 10))
@pytest.mark.parametrize("value", ["5", 5.0, True, None, -1, 2**64, b"", [[1]], [[1, [], [[]]]]])
def test_raises_when_a_part_of_the_content_is_of_another_kind(place: int, value: Any) -> None:
    parts = cbor2.loads(bundle().content())
    parts[place] = value
    with pytest.raises(ValueError, match=r"damaged|spelt otherwise"):
        Bundle.parse(cbor2.dumps(parts, canonical=True))


def test_raises_when_the_file_is_spelt_otherwise() -> None:
    signed = sealed(bundle())
    data = signed.encoded()
    value = cbor2.loads(data)
    others = [
        data + b"\0",
        cbor2.dumps(dict(reversed(value.items()))),
        cbor2.dumps(value | {"more": 1}, canonical=True),
        cbor2.dumps(value, indefinite_containers=True),
        b"\xa4" + data[1:] + cbor2.dumps("content") + cbor2.dumps(b"other"),
    ]
    for other in others:
        with pytest.raises(ValueError, match="no trust bundle"):
            SignedBundle.parse(other)
    assert SignedBundle.parse(data) == signed


def test_a_file_of_many_small_parts_fills_no_memory() -> None:
    """A list of empty lists decodes to 75 times its size."""
    data = sealed(bundle()).encoded()
    bomb = b"\x9a" + (2**22).to_bytes(4) + b"\x80" * 2**22
    head, mark, tail = data.partition(cbor2.dumps("content"))
    content, sign, _ = tail.partition(cbor2.dumps("signatures"))
    tracemalloc.start()
    for hostile in (bomb, head + mark + bomb, head + mark + content + sign + bomb):
        with pytest.raises(ValueError, match="no trust bundle"):
            SignedBundle.parse(hostile)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2**25


def test_raises_when_content_is_spelt_otherwise() -> None:
    value = cbor2.loads(bundle().content())
    other = cbor2.dumps([*value[:-1], []], indefinite_containers=True)
    assert cbor2.loads(other) == value
    with pytest.raises(ValueError, match="spelt otherwise"):
        Bundle.parse(other)


@pytest.mark.parametrize(
    ("threshold", "accounts"), [(0, ["a"]), (3, ["a", "b"]), (2, ["a", "a"]), (1, [])]
)
def test_attestors_raise_when_threshold_cannot_be(threshold: int, accounts: list[str]) -> None:
    with pytest.raises(ValueError, match="threshold"):
        Attestors(SALT, threshold, tuple(accounts))


def test_10_000_producers_and_1_000_recalls_fit_in_a_megabyte() -> None:
    """Each with a root, a label key that expires, and the largest ids, GTINs and lots."""
    found = bundle(
        producers=tuple(
            Producer(
                2**32 + number,
                (10**14 - 1 - number,),
                tuple(
                    LabelKey("0x" + (2 * number + i).to_bytes(20).hex(), 2**31, end)
                    for i, end in enumerate((None, 2**39))
                ),
            )
            for number in range(10_000)
        ),
        recalled=tuple((10**14 - 1, f"{number:020}") for number in range(1_000)),
    )
    size = len(sealed(found, ATTESTING).encoded())
    assert 500_000 < size < 1_000_000
