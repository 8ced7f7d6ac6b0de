"""Items made by the million are those of the single functions; scratch codes."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core.digital_link import signed
from entrepot.core.items import SCRATCH, ItemMaker, grouped, scratch_code, secret_of_code
from entrepot.core.labels import code, item_key, leaf
from entrepot.core.signing import Key
from tests.package.strategies import keys, words

codes = st.from_regex(r"[A-Za-z0-9._-]{1,20}", fullmatch=True)
days = st.none() | st.dates(date(2000, 1, 1), date(2099, 12, 31))
CODE = scratch_code(b"\x11" * 32)


@given(words, keys, words, st.integers(0, 2**64 - 1), codes, days, st.lists(codes, min_size=1))
def test_items_are_those_of_the_single_functions(
    secret: bytes,
    key: Key,
    salt: bytes,
    gtin: int,
    lot: str,
    expiry: date | None,
    serials: list[str],
) -> None:
    maker = ItemMaker(secret, key, salt, gtin, code(lot), expiry)
    leaves, signatures = maker.items(b"".join(map(code, serials)), 7)
    for number, serial in enumerate(serials):
        one_time = item_key(secret, gtin, code(lot), code(serial))
        assert maker.secret(code(serial)) == one_time.private.secret
        expected = leaf(gtin, code(lot), code(serial), one_time.raw_address, 7 + number)
        assert leaves[32 * number : 32 * number + 32] == expected
        label = signatures[64 * number : 64 * number + 64]
        assert label == signed(key, salt, gtin, lot, serial, expiry)
    assert (len(leaves), len(signatures)) == (32 * len(serials), 64 * len(serials))


@given(words)
def test_scratch_code_survives_scanning_and_typing(secret: bytes) -> None:
    spelt = scratch_code(secret)
    assert len(spelt) == 52
    assert secret_of_code(SCRATCH + spelt) == secret
    assert secret_of_code(grouped(spelt).lower()) == secret
    assert secret_of_code(grouped(spelt).replace(" ", "-")) == secret


def test_nearly_every_mistyped_character_is_noticed() -> None:
    taken = 0
    for place in range(len(CODE)):
        for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".replace(CODE[place], ""):
            try:
                assert secret_of_code(CODE[:place] + other + CODE[place + 1 :]) != b"\x11" * 32
                taken += 1
            except ValueError as failure:
                assert "mistyped" in str(failure)  # noqa: PT017
    assert taken < 52 * 31 / 10


@pytest.mark.parametrize("text", ["", CODE[:-1], CODE + "A", "1" + CODE[1:], "é" + CODE[1:]])
def test_raises_when_it_is_no_scratch_code(text: str) -> None:
    with pytest.raises(ValueError, match="52 letters") as failure:
        secret_of_code(text)
    assert text == "" or text not in str(failure.value)
