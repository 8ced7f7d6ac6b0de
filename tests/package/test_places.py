"""Locations and seals of handovers, and where places lie."""

import csv
import re
import string
from importlib.resources import files

import pycountry
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core.labels import check_digit
from entrepot.core.places import location, location_text, seal, seal_text
from entrepot.services import places
from entrepot.services.places import Site
from entrepot.services.world_map import distance_km

COUNTRIES = sorted(country.alpha_2 for country in pycountry.countries)
LOCODES = st.builds(
    str.__add__,
    st.sampled_from(COUNTRIES),
    st.text(string.ascii_uppercase + "23456789", min_size=3, max_size=3),
)
GLNS = st.text("0123456789", min_size=12, max_size=12).map(lambda body: body + check_digit(body))
SEALS = st.text(string.ascii_letters + string.digits + "-._~/", min_size=1, max_size=16)
TABLE = list(
    csv.DictReader((files("entrepot") / "world" / "places.csv").read_text("utf-8").splitlines())
)


@given(LOCODES | GLNS)
def test_a_location_reads_as_it_was_written(text: str) -> None:
    raw = location(text)
    assert len(raw) == 13
    assert location_text(raw) == text


@given(GLNS, st.integers(0, 12), st.integers(1, 9))
def test_a_gln_with_one_wrong_digit_is_refused(gln: str, at: int, by: int) -> None:
    wrong = gln[:at] + str((int(gln[at]) + by) % 10) + gln[at + 1 :]
    with pytest.raises(ValueError, match="check digit"):
        location(wrong)


def test_the_check_digit_is_that_of_gs1s_own_example() -> None:
    """GS1 General Specifications, section 7.9: GLN 0614141 with location reference 00000."""
    assert check_digit("061414100000") == "5"
    assert check_digit("629104150021") == "3"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no location"),
        ("nlrtm", "no location"),
        ("NL RTM", "no location"),
        ("NLRT1", "no location"),
        ("NLRT0", "no location"),
        ("NLRTMX", "no location"),
        ("ZZRTM", "ZZ is no country"),
        ("061414100000", "no location"),
        ("N" * 1000, "…'"),
        ("NLRT\N{KELVIN SIGN}", "no location"),
        ("٠" * 13, "no location"),
    ],
)
def test_a_location_is_refused_when(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        location(text)


@given(SEALS)
def test_a_seal_reads_as_it_was_written(text: str) -> None:
    raw = seal(text)
    assert len(raw) == 16
    assert seal_text(raw) == text


@pytest.mark.parametrize("text", ["", "a" * 17, "a b", "ä", "a\n", "a\0"])
def test_a_seal_is_refused_when(text: str) -> None:
    with pytest.raises(ValueError, match="1 to 16 of"):
        seal(text)


@given(st.binary(min_size=13, max_size=13))
def test_what_is_no_location_is_shown_in_hexadecimal(raw: bytes) -> None:
    text = location_text(raw)
    assert text == "0x" + raw.hex() or text.encode().ljust(13, b"\0") == raw


def test_no_seal_is_no_text_and_another_is_hexadecimal() -> None:
    assert seal_text(bytes(16)) == ""
    assert seal_text(b"\xff" * 16) == "0x" + "ff" * 16


def test_the_table_has_each_code_once_and_on_the_globe() -> None:
    codes = [row["code"] for row in TABLE]
    assert codes == sorted(set(codes))
    assert all(location(code) for code in codes)
    assert all(row["name"] for row in TABLE)
    assert all(abs(float(row["latitude"])) < 85 for row in TABLE)
    assert all(abs(float(row["longitude"])) <= 180 for row in TABLE)


@pytest.mark.parametrize(
    ("code", "latitude", "longitude"),
    [  # aerodromes and port offices, as their countries publish them
        ("NLRTM", 51.95, 4.14),
        ("SGSIN", 1.26, 103.84),
        ("CNSHA", 31.23, 121.49),
        ("USLAX", 33.74, -118.27),
        ("CHBSL", 47.56, 7.59),
        ("DEFRA", 50.11, 8.68),
        ("GBLHR", 51.47, -0.45),
        ("KENBO", -1.29, 36.82),
        ("FJSUV", -18.13, 178.42),
    ],
)
def test_well_known_places_lie_within_30_km(code: str, latitude: float, longitude: float) -> None:
    found = places.coordinates(location(code))
    assert found is not None
    assert distance_km((found[1], found[0]), (longitude, latitude)) < 30


def test_a_place_that_nobody_knows_has_no_position() -> None:
    assert places.coordinates(location("KE9ZZ")) is None
    assert places.name(location("KE9ZZ")) == "unknown place, Kenya"
    assert places.coordinates(location("0614141000005")) is None
    assert places.name(location("0614141000005")) == "unknown place"
    assert places.name(b"\xff" * 13) == "unknown place"


def test_what_the_caller_knows_goes_first() -> None:
    sites = {
        "0614141000005": Site(47.5, 7.6, "cold store 4"),
        "NLRTM": Site(51.96, 4.02, "Maasvlakte"),
    }
    assert places.coordinates(location("0614141000005"), sites) == (47.5, 7.6)
    assert places.name(location("0614141000005"), sites) == "cold store 4"
    assert places.name(location("NLRTM"), sites) == "Maasvlakte"
    assert places.name(location("NLRTM")) == "Rotterdam"
