"""An organisation's keys: what a path says, and names in place of its numbers.

A key is `m/44'/60'/<organisation>'/<unit>/<function>/<level>/<index>`. The name
`acme/procurement/orders:2/0` stands for such a path; in a sealed branch, marked by `'` behind the
function as in `acme/procurement/receipts':2/0`, every part is hardened.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from entrepot.core.keys import HARDENED, Node, path_of, steps_of
from entrepot.core.signing import keccak

MAX_LEVEL = 255
BRANCH_DEPTH = 5
"""Steps from the root to a function's branch; a level and an index lie below it."""
_PURPOSE = (44 + HARDENED, 60 + HARDENED)
_NAME = "[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?"
_NUMBER = "0|[1-9][0-9]{0,9}"
_PLACE = re.compile(f"({_NAME})/({_NAME})(?:/({_NAME})('?)(?::({_NUMBER})(?:/({_NUMBER}))?)?)?")


def number_of(name: str) -> int:
    """A name's part of a path: the first 31 bits of its keccak-256. `ValueError` for no name."""
    if re.fullmatch(_NAME, name) is None:
        raise ValueError(
            f"{name!r} is no name: it has 1 to 32 of a-z, 0-9 and -, begins with a letter "
            "and does not end with -"
        )
    return int.from_bytes(keccak(name.encode())[:4]) >> 1


def steps_of_name(text: str) -> tuple[int, ...]:
    """Indices of a named place: a unit, a branch, a level of it, or a key."""
    found = _PLACE.fullmatch(text)
    if found is None:
        raise ValueError("a name is organisation/unit/function:level/index, or the front of one")
    organisation, unit, function, mark, level, index = found.groups()
    parts = [number_of(unit)]
    parts += [number_of(function)] if function else []
    parts += [_level(int(level))] if level else []
    parts += [_index(int(index))] if index else []
    shift = HARDENED if mark else 0
    return (*_PURPOSE, number_of(organisation) + HARDENED, *(part + shift for part in parts))


def steps_of_place(text: str) -> tuple[int, ...]:
    """Indices of a path from the root, `m/…`, or of a name; `ValueError` where it is neither."""
    if text == "m":
        return ()
    if text.startswith("m/"):
        return steps_of(text[2:])
    return steps_of_name(text)


def level_of_place(text: str) -> int | None:
    """The level that the path or name of a single key says; None where it is none of a key."""
    steps = steps_of_place(text)
    return steps[BRANCH_DEPTH] & ~HARDENED if len(steps) == BRANCH_DEPTH + 2 else None


@dataclass(frozen=True, slots=True)
class Branch:
    """The keys of one function in one unit: how many (`counts`) on each level."""

    unit: str
    function: str
    is_sealed: bool
    counts: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Organisation:
    """Branches of keys; `ValueError` where two names are the same or share a number."""

    name: str
    branches: tuple[Branch, ...]

    def __post_init__(self) -> None:
        number_of(self.name)
        _differ(sorted({branch.unit for branch in self.branches}))
        for unit in {branch.unit for branch in self.branches}:
            _differ([branch.function for branch in self.branches if branch.unit == unit])
        for branch in self.branches:
            for level, count in branch.counts:
                _level(level)
                _index(count - 1)

    def name_of(self, branch: Branch) -> str:
        """The name of a branch of it."""
        return f"{self.name}/{branch.unit}/{branch.function}{chr(39) * branch.is_sealed}"


@dataclass(frozen=True, slots=True)
class TreeKey:
    """One key of an organisation, without its secret."""

    name: str
    path: str
    level: int
    address: str


@dataclass(frozen=True, slots=True)
class TreeBranch:
    """A branch with its place and keys."""

    branch: Branch
    name: str
    path: str
    keys: tuple[TreeKey, ...]


def derive(root: Node, organisation: Organisation) -> tuple[TreeBranch, ...]:
    """Every branch and address of an organisation, in its order."""
    found = []
    for branch in organisation.branches:
        name = organisation.name_of(branch)
        steps = steps_of_name(name)
        keys = tuple(_keys(root.descend(steps), name, path_of(steps), branch))
        found.append(TreeBranch(branch, name, path_of(steps), keys))
    return tuple(found)


def _keys(node: Node, name: str, path: str, branch: Branch) -> Iterator[TreeKey]:
    shift, mark = (HARDENED, "'") if branch.is_sealed else (0, "")
    for level, count in branch.counts:
        above = node.child(level + shift)
        addresses = _sealed(above, count) if branch.is_sealed else above.public.addresses(0, count)
        for index, address in enumerate(addresses):
            place = f"{path}/{level}{mark}/{index}{mark}"
            yield TreeKey(f"{name}:{level}/{index}", place, level, address)


def _sealed(above: Node, count: int) -> Iterator[str]:
    return (above.child(index + HARDENED).address for index in range(count))


def _differ(names: list[str]) -> None:
    taken: dict[int, str] = {}
    for name in names:
        number = number_of(name)
        if taken.get(number) == name:
            raise ValueError(f"{name!r} stands twice")
        if number in taken:
            raise ValueError(f"{taken[number]!r} and {name!r} share a number: rename one of them")
        taken[number] = name


def _level(level: int) -> int:
    if not 0 <= level <= MAX_LEVEL:
        raise ValueError(f"a level is between 0 and {MAX_LEVEL}")
    return level


def _index(index: int) -> int:
    if not 0 <= index < HARDENED:
        raise ValueError("an index is between 0 and 2^31 - 1")
    return index
