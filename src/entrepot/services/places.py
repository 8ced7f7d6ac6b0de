"""Where a location of a handover lies, without a network (`entrepot/world/README.md`)."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from entrepot.core.places import location_text

_COUNTRY_LETTERS = 2


class Site(NamedTuple):
    """A place: degrees north and east, and what people call it."""

    latitude: float
    longitude: float
    name: str


Sites = Mapping[str, Site]
"""Places by GLN or UN/LOCODE that the caller knows; they go before ours."""
NO_SITES: Sites = {}


def coordinates(location: bytes, sites: Sites = NO_SITES) -> tuple[float, float] | None:
    """Degrees north and east of a location of the chain; nothing where it is unknown.

    A UN/LOCODE's are good to about 30 km. A GLN has those in `sites` or none.
    """
    site = _site(location, sites)
    return site and (site.latitude, site.longitude)


def name(location: bytes, sites: Sites = NO_SITES) -> str:
    """What people call a location; `unknown place`, with the country where the code has one, and
    `place not said` for 13 zeros.
    """
    if not any(location):
        return "place not said"
    site = _site(location, sites)
    if site:
        return site.name
    import pycountry

    country = pycountry.countries.get(alpha_2=location_text(location)[:_COUNTRY_LETTERS])
    return f"unknown place, {country.name}" if country else "unknown place"


def _site(location: bytes, sites: Sites) -> Site | None:
    code = location_text(location)
    return sites.get(code) or _known().get(code)


@cache
def _known() -> dict[str, Site]:
    text = (files("entrepot") / "world" / "places.csv").read_text("utf-8")
    return {
        row["code"]: Site(float(row["latitude"]), float(row["longitude"]), row["name"])
        for row in csv.DictReader(text.splitlines())
    }
