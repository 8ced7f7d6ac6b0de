"""Names of keys, the tree of an organisation, and the file that describes one."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core.keys import HARDENED, PUBLIC_DEVNET_WORDS, PublicNode, root_of, steps_of
from entrepot.core.organisation import (
    Branch,
    Organisation,
    derive,
    number_of,
    steps_of_name,
)
from entrepot.core.signing import keccak
from entrepot.errors import InputError
from entrepot.services.organisation_file import load_organisation

ROOT = root_of(PUBLIC_DEVNET_WORDS)
ACME = Organisation(
    "acme",
    (
        Branch("procurement", "orders", False, ((1, 1), (2, 3))),
        Branch("procurement", "receipts", True, ((2, 3),)),
        Branch("warehouse", "receipts", True, ((2, 1),)),
    ),
)
TREE = """
organisation: acme
units:
  procurement:
    orders: {branch: supervised, levels: {1: 1, 2: 3}}
    receipts: {branch: sealed, levels: {2: 3}}
  warehouse:
    receipts: {branch: sealed, levels: {2: 1}}
"""
names = st.from_regex("[a-z]([a-z0-9-]{0,30}[a-z0-9])?", fullmatch=True)


@given(names, names, names, st.integers(0, 255), st.integers(0, HARDENED - 1), st.booleans())
def test_a_name_stands_for_the_path_of_its_parts(
    organisation: str, unit: str, function: str, level: int, index: int, sealed: bool
) -> None:
    mark = "'" if sealed else ""
    first, *rest = (
        int.from_bytes(keccak(name.encode())[:4]) // 2 for name in (organisation, unit, function)
    )
    path = f"44'/60'/{first}'/" + "/".join(f"{part}{mark}" for part in (*rest, level, index))
    name = f"{organisation}/{unit}/{function}{mark}:{level}/{index}"
    assert steps_of_name(name) == steps_of(path)
    assert steps_of_name(name.rpartition("/")[0]) == steps_of(path)[:-1]
    assert steps_of_name(name.rpartition(":")[0]) == steps_of(path)[:-2]


@pytest.mark.parametrize(
    "name",
    [
        "", "acme", "acme/", "Acme/a/b", "acme/a/b:", "acme/a/b:1/", "acme/a/b:01/0",
        "acme/a/b:1/-1", "acme/a/b/1/0", "acme/a/b:1'/0'", "acme'/a/b:1/0", "acme/a'/b:1/0",
        "a-/b/c:0/0", "1a/b/c",
        "acme/a/b:256/0", "acme/a/b:1/2147483648", "acme/a/b:1/0\n", "acme/a/b:١/0",
        f"{'a' * 33}/a/b",
    ],
)  # fmt: skip
def test_steps_of_name_raises_when_the_name_is_wrong(name: str) -> None:
    with pytest.raises(ValueError):
        steps_of_name(name)


def test_derive_gives_every_key_of_an_organisation() -> None:
    found = derive(ROOT, ACME)
    assert [(each.branch, len(each.keys)) for each in found] == [
        (branch, sum(count for _, count in branch.counts)) for branch in ACME.branches
    ]
    for each in found:
        assert steps_of_name(each.name) == steps_of(each.path[2:])
        for key in each.keys:
            steps = steps_of_name(key.name)
            assert steps == steps_of(key.path[2:])
            assert key.address == ROOT.descend(steps).address
            assert key.level == steps[-2] % HARDENED
    addresses = [key.address for each in found for key in each.keys]
    assert len(set(addresses)) == len(addresses)


def test_the_xpub_of_a_supervised_branch_lists_its_keys_and_of_a_sealed_one_none() -> None:
    for each in derive(ROOT, ACME):
        branch = PublicNode.from_xpub(ROOT.descend(steps_of(each.path[2:])).public.xpub())
        below = [steps_of_name(key.name)[-2:] for key in each.keys]
        if each.branch.is_sealed:
            for steps in below:
                with pytest.raises(ValueError, match="needs the private key"):
                    branch.descend(steps)
        else:
            assert [branch.descend(steps).address for steps in below] == [
                key.address for key in each.keys
            ]


def test_the_xpub_of_a_unit_does_not_reach_its_sealed_branches() -> None:
    unit, sealed = steps_of_name("acme/procurement"), steps_of_name("acme/procurement/receipts'")
    assert unit == steps_of_name("acme/procurement/orders")[:4]
    assert sealed[3] == unit[3] + HARDENED


@pytest.mark.parametrize(
    ("units", "functions"),
    [(("unit-10416", "unit-66217"), ("a", "a")), (("a", "a"), ("unit-10416", "unit-66217"))],
)
def test_names_that_share_a_number_are_refused(
    units: tuple[str, str], functions: tuple[str, str]
) -> None:
    assert number_of("unit-10416") == number_of("unit-66217")
    branches = (Branch(*place, True, ((1, 1),)) for place in zip(units, functions, strict=True))
    with pytest.raises(ValueError, match="'unit-10416' and 'unit-66217' share a number"):
        Organisation("acme", tuple(branches))


def test_names_that_share_a_number_may_stand_in_different_units() -> None:
    one, other = Branch("a", "unit-10416", True, ((1, 1),)), Branch("b", "unit-66217", True, ())
    assert Organisation("acme", (one, other)).branches == (one, other)


@pytest.mark.parametrize(
    ("organisation", "branches", "words"),
    [
        ("Acme", (), "no name"),
        ("acme", (Branch("a", "b", True, ()), Branch("a", "b", False, ())), "twice"),
        ("acme", (Branch("a", "b", True, ((256, 1),)),), "level"),
        ("acme", (Branch("a", "b", True, ((1, HARDENED + 1),)),), "index"),
    ],
)
def test_an_organisation_that_cannot_be_is_refused(
    organisation: str, branches: tuple[Branch, ...], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        Organisation(organisation, branches)


def test_file_describes_an_organisation(tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text(TREE)
    assert load_organisation(path) == ACME


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file"),
        ("- acme", "the file"),
        ("a: [", "line 1 is not YAML"),
        ("organisation: acme", "`units`"),
        (TREE.replace("acme", "Acme"), "'Acme' is no name"),
        (TREE.replace("sealed", "open"), "branch`: input should be 'sealed' or 'supervised'"),
        (TREE.replace("1: 1,", "1: 0,"), "levels.1`: input should be greater than"),
        (TREE.replace("1: 1,", "1: 100001,"), "less than or equal to 100000"),
        (TREE.replace("1: 1,", "256: 1,"), "less than or equal to 255"),
        (TREE.replace("levels: {1: 1, 2: 3}", "levels: {}"), "at least 1"),
        (TREE.replace("levels: {1", "keys: 3, levels: {1"), "keys`: extra"),
        (
            TREE.replace("  warehouse:", "  procurement:"),
            "line 7 is not YAML: 'procurement' stands twice",
        ),
        (TREE.replace("1: 1, 2: 3", "2: 1, 2: 3"), "'2' stands twice"),
        (TREE.replace("procurement", "unit-10416").replace("warehouse", "unit-66217"), "share"),
    ],
)
def test_file_that_describes_none_is_refused_with_the_reason(
    tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=re.escape(words)) as caught:
        load_organisation(path)
    assert str(path) in str(caught.value)
    assert str(caught.value).endswith(".")


def test_file_that_is_missing_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_organisation(tmp_path / "nowhere.yaml")
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    with pytest.raises(InputError, match="UTF-8"):
        load_organisation(tmp_path / "binary")
