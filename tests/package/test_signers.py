"""Keys by their names, and how addresses, days and masks are spelt."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core.keys import PUBLIC_DEVNET_WORDS, Wallet, root_of
from entrepot.core.organisation import level_of_place, steps_of_name, steps_of_place
from entrepot.core.roles import Function, Role, mask
from entrepot.core.words import checked_seed_of
from entrepot.errors import InputError, KeystoreError
from entrepot.services import keystores
from entrepot.services.signers import KeyRing
from entrepot.services.spelling import (
    NEVER,
    address_of,
    expiry_of,
    first_second_of,
    functions_of,
    moment,
    roles_of,
)
from tests.package.strategies import addresses

PLACE = "acme/procurement/orders:2/0"
Ring = Callable[..., KeyRing]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a keystore of a seed and one of a key, each under the other's name."""
    monkeypatch.setattr(keystores, "SCRYPT_N", 2)
    keystores.keep_seed(tmp_path / "seed.json", checked_seed_of(PUBLIC_DEVNET_WORDS), "seed")
    node = root_of(PUBLIC_DEVNET_WORDS).descend(steps_of_name("acme/dock/scanners':3/0"))
    keystores.keep_key(tmp_path / "key.json", node, "key")
    return tmp_path


def test_a_place_in_a_seed_and_the_key_of_a_file(folder: Path) -> None:
    ring = KeyRing(lambda path: path.stem)
    root = root_of(PUBLIC_DEVNET_WORDS)
    named = ring.key(f"{folder / 'seed.json'}#{PLACE}")
    assert named.address == root.descend(steps_of_name(PLACE)).address
    path = "m/44'/60'/0'/0/3"
    assert ring.key(f"{folder / 'seed.json'}#{path}").address == Wallet().key(3).address
    handed_out = root.descend(steps_of_name("acme/dock/scanners':3/0"))
    assert ring.key(str(folder / "key.json")).address == handed_out.address


def test_each_keystore_is_opened_once(folder: Path) -> None:
    asked: list[str] = []
    ring = KeyRing(lambda path: asked.append(path.name) or path.stem)  # type: ignore[func-returns-value]
    for name in ("seed.json#m/0", "key.json", "seed.json#m/1", "key.json", f"seed.json#{PLACE}"):
        ring.key(str(folder / name))
    assert asked == ["seed.json", "key.json"]


def test_a_public_key_of_a_devnet() -> None:
    ring = KeyRing(lambda _: pytest.fail("no password is needed"))
    assert ring.key("devnet:2000000").address == Wallet().key(2_000_000).address


@pytest.mark.parametrize(
    ("name", "error", "told"),
    [
        ("nothing.json", InputError, "There is no keystore"),
        ("devnet:-1", InputError, "There is no keystore"),
        ("devnet:01", InputError, "There is no keystore"),
        ("seed.json#acme", InputError, "The place in"),
        ("seed.json#m/x", InputError, "The place in"),
        ("seed.json", KeystoreError, "holds a seed"),
        ("key.json#m/0", KeystoreError, "is no keystore of a seed"),
    ],
)
def test_raises_when_a_name_stands_for_no_key(
    folder: Path, name: str, error: type[Exception], told: str
) -> None:
    full = name if name.startswith("devnet") else str(folder / name)
    with pytest.raises(error, match=told):
        KeyRing(lambda path: path.stem).key(full)


def test_raises_when_the_password_is_wrong_without_showing_it(folder: Path) -> None:
    with pytest.raises(KeystoreError, match="does not open") as failure:
        KeyRing(lambda _: "hunter2").key(str(folder / "key.json"))
    assert "hunter2" not in str(failure.value)


def test_the_level_of_a_place_is_that_of_its_key() -> None:
    assert level_of_place(PLACE) == 2
    assert level_of_place("acme/dock/scanners':3/0") == 3
    assert level_of_place("m/44'/60'/1'/2/3/4/5") == 4
    assert level_of_place("acme/procurement/orders") is None
    assert steps_of_place("m") == ()


@given(addresses)
def test_an_address_is_taken_in_lower_case_or_with_the_right_capitals(address: str) -> None:
    assert address_of(address) == address_of(address.lower()) == address
    swapped = address[:2] + address[2:].swapcase()
    if swapped not in (address, address.lower()):
        with pytest.raises(InputError, match="no address"):
            address_of(swapped)


@given(st.dates(date(1970, 1, 1)))
def test_a_day_lasts_from_its_first_to_its_last_second(day: object) -> None:
    text = str(day)
    first, last = first_second_of(text), expiry_of(text)
    assert last - first == 86_399
    assert datetime.fromtimestamp(first, UTC).isoformat() == f"{text}T00:00:00+00:00"


def test_never_has_no_moment() -> None:
    assert expiry_of("never") == NEVER
    assert moment(NEVER) is None
    assert moment(expiry_of("2027-12-31")) == "2027-12-31T23:59:59Z"


@pytest.mark.parametrize("text", ["2027-02-29", "27-1-1", "", "soon", "2027-13-01", "1969-12-31"])
def test_raises_when_a_day_is_none(text: str) -> None:
    with pytest.raises(InputError, match="is no day"):
        expiry_of(text)


@pytest.mark.parametrize("seconds", [253_402_300_800, NEVER - 1])
def test_a_time_that_no_calendar_has_is_its_last_second(seconds: int) -> None:
    assert moment(seconds) == "9999-12-31T23:59:59Z"


SECRETS = [
    f"0x{'ac' * 32}",
    "ac" * 32,
    root_of(PUBLIC_DEVNET_WORDS).xprv(),
    PUBLIC_DEVNET_WORDS,
]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_in_place_of_a_name_or_an_address_is_not_repeated(secret: str) -> None:
    with pytest.raises(InputError, match="There is no such keystore") as as_name:
        KeyRing(lambda _: "").key(secret)
    with pytest.raises(InputError, match="is no address") as as_address:
        address_of(secret)
    assert secret not in str(as_name.value) + str(as_address.value)


def test_masks_are_spelt_by_names() -> None:
    assert functions_of("buy, Sell") == mask(Function.BUY, Function.SELL)
    assert roles_of("customs-broker,bank") == mask(Role.CUSTOMS_BROKER, Role.BANK)
    with pytest.raises(InputError, match="'steal' is no function; there are buy"):
        functions_of("buy,steal")
    with pytest.raises(InputError, match="'' is no role"):
        roles_of("")
