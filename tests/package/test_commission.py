"""Batches are made whole, once, from wherever an earlier run was killed."""

import os
from datetime import date
from pathlib import Path

import pytest

from entrepot.core import merkle
from entrepot.core.digital_link import last_second_of
from entrepot.core.items import ItemMaker
from entrepot.core.keys import Wallet
from entrepot.core.labels import code
from entrepot.errors import InputError, SealError, TransactionReverted, WorkspaceError
from entrepot.network.bindings import Batch
from entrepot.services import commission
from entrepot.services.batch_folder import BATCH, DRAFT, BatchFile, BatchFolder
from entrepot.services.commission import MOST, Asked, counted, day_of, gtin_of, listed
from tests.package.deadly import Deadly, Killed
from tests.package.registry import KEY, SALT, Registry, acting, names

GTIN = 9506000134352
EXPIRES = date(2028, 1, 31)
SIZE = 50
FILES = {"batch.json", "serials.bin", "leaves.bin", "tree.bin", "signatures.bin"}
WIDTHS = {"serials.bin": 20, "leaves.bin": 32, "signatures.bin": 64}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks so small that a batch of 50 has many, made by one process."""
    monkeypatch.setattr(commission, "_CHUNK", 4)
    monkeypatch.setattr(commission, "_RECORDED", 3)
    monkeypatch.setattr(commission, "_TREE_CHUNK", 8)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})


def asked(size: int = SIZE, lot: str = "L1", expires: date | None = EXPIRES) -> Asked:
    return Asked(GTIN, lot, expires, counted(size), size)


def made(
    registry: Registry, folder: Path, wanted: Asked | None = None, moment: int = 10**9
) -> tuple[BatchFile, bool]:
    return commission.commission(
        registry.office, acting(), folder, wanted or asked(), Deadly(moment)
    )


def assert_whole(registry: Registry, folder: Path, size: int = SIZE) -> None:
    """The folder holds a batch with all its labels, which is the one that was committed once."""
    assert names(folder) == FILES
    batch = BatchFolder(folder)
    maker = ItemMaker(batch.secret(KEY), KEY, SALT, GTIN, code("L1"), EXPIRES)
    assert registry.batches == {(GTIN, code("L1")): batch.file.on_chain()}
    assert registry.sent == 1
    root = bytes.fromhex((batch.file.root or "")[2:])
    assert batch.file.on_chain() == Batch(root, size, last_second_of(EXPIRES))
    for index in range(size):
        assert batch.serial(index) == code(str(index + 1))
        label = batch.label(index)
        assert label.signer(SALT) == KEY.address
        assert maker.item(batch.serial(index), index) == (batch.leaf(index), label.signature)
        assert merkle.climbed(batch.leaf(index), batch.proof(index)) == root


def test_goes_on_from_every_moment_at_which_it_was_killed(tmp_path: Path) -> None:
    moment, stages = 0, set()
    while True:
        registry, folder = Registry(), tmp_path / str(moment)
        try:
            made(registry, folder, moment=moment)
            break
        except Killed:
            found = names(folder)
        assert BATCH not in found
        stages.add(frozenset(found))
        for name, width in WIDTHS.items():
            assert name not in found or (folder / name).stat().st_size == width * SIZE
        if found:
            with pytest.raises(WorkspaceError):
                BatchFolder(folder)
        made(registry, folder)
        assert_whole(registry, folder)
        moment += 1
    assert moment > 20
    assert len(stages) > 5


def test_goes_on_after_several_kills_with_what_was_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry()
    done: list[int] = []
    chunks = commission._Work.chunks
    monkeypatch.setattr(
        commission._Work,
        "chunks",
        lambda self, starts: (done.append(starts[0]), chunks(self, starts))[1],  # type: ignore[func-returns-value]
    )
    for _ in range(3):
        with pytest.raises(Killed):
            made(registry, tmp_path, moment=13)
    made(registry, tmp_path)
    assert done == [0, 12, 24, 36]
    assert_whole(registry, tmp_path)


@pytest.mark.parametrize("name", ["serials.bin", "leaves.bin", "signatures.bin", "tree.bin"])
def test_goes_on_when_killed_after_a_file_was_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    finish = commission._finish

    def die(folder: Path, finished: str) -> None:
        finish(folder, finished)
        if finished == name:
            raise Killed

    registry = Registry()
    with monkeypatch.context() as patch:
        patch.setattr(commission, "_finish", die)
        with pytest.raises(Killed):
            made(registry, tmp_path)
    made(registry, tmp_path)
    assert_whole(registry, tmp_path)


def test_takes_nothing_of_a_batch_whose_secret_is_gone(tmp_path: Path) -> None:
    registry = Registry()
    with pytest.raises(Killed):
        made(registry, tmp_path, moment=25)
    assert "leaves.bin" in names(tmp_path)
    (tmp_path / DRAFT).unlink()
    made(registry, tmp_path)
    assert_whole(registry, tmp_path)


@pytest.mark.parametrize("is_late", [False, True])
def test_looks_at_the_chain_when_killed_between_send_and_receipt(
    tmp_path: Path, is_late: bool
) -> None:
    def die() -> None:
        raise Killed

    registry = Registry(on_send=die, is_late=is_late)
    with pytest.raises(Killed):
        made(registry, tmp_path)
    batch, is_new = made(registry, tmp_path)
    assert (batch.block, is_new) == (9, True)
    assert_whole(registry, tmp_path)


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    registry = Registry()
    first, _ = made(registry, tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in FILES}
    assert made(registry, tmp_path) == (first, False)
    assert {name: (tmp_path / name).read_bytes() for name in FILES} == before
    assert_whole(registry, tmp_path)


def test_several_processes_make_the_same_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})
    registry = Registry()
    with pytest.raises(Killed):
        made(registry, tmp_path, moment=10)
    made(registry, tmp_path)
    assert_whole(registry, tmp_path)


def test_says_so_when_a_process_ends_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry()
    batch, _ = made(registry, tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    with (
        commission._labels(tmp_path / "without serials", batch, KEY, 0) as chunks,
        pytest.raises(WorkspaceError, match="was ended"),
    ):
        next(chunks)


@pytest.mark.parametrize("name", ["serials.bin", "batch.json"])
def test_a_second_run_brings_back_what_was_lost(tmp_path: Path, name: str) -> None:
    registry = Registry()
    first, _ = made(registry, tmp_path)
    if name == "batch.json":
        (tmp_path / BATCH).rename(tmp_path / DRAFT)
    else:
        (tmp_path / name).unlink()
    assert made(registry, tmp_path)[0] == first
    assert_whole(registry, tmp_path)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_makes_the_smallest_batches(tmp_path: Path, size: int) -> None:
    registry = Registry()
    made(registry, tmp_path, asked(size))
    assert_whole(registry, tmp_path, size)


def test_the_secret_is_in_no_file_and_opens_for_its_batch_and_key_only(tmp_path: Path) -> None:
    registry = Registry()
    made(registry, tmp_path / "a")
    made(registry, tmp_path / "b", asked(lot="L2"))
    batch = BatchFolder(tmp_path / "a")
    secret = batch.secret(KEY)
    for path in (tmp_path / "a").iterdir():
        content = path.read_bytes()
        assert secret not in content
        assert secret.hex().encode() not in content
    with pytest.raises(SealError, match="opens with the key of"):
        batch.secret(Wallet().key(3))
    other = BatchFolder(tmp_path / "b")
    assert other.secret(KEY) != secret
    other.file = other.file.model_copy(update={"secret": batch.file.secret})
    with pytest.raises(SealError, match="another batch"):
        other.secret(KEY)


@pytest.mark.parametrize("is_finished", [False, True])
@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (asked(SIZE + 1), "another size, serials"),
        (asked(lot="L2"), "another lot"),
        (asked(expires=None), "another expires"),
    ],
)
def test_refuses_another_batch_in_the_same_folder(
    tmp_path: Path, wanted: Asked, words: str, is_finished: bool
) -> None:
    registry = Registry()
    if is_finished:
        made(registry, tmp_path)
    else:
        with pytest.raises(Killed):
            made(registry, tmp_path, moment=12)
    before = {name: (tmp_path / name).read_bytes() for name in names(tmp_path)}
    with pytest.raises(WorkspaceError, match=words):
        made(registry, tmp_path, wanted)
    assert {name: (tmp_path / name).read_bytes() for name in names(tmp_path)} == before


def test_refuses_a_folder_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    with pytest.raises(WorkspaceError, match="something else"):
        made(Registry(), tmp_path)
    assert names(tmp_path) == {"letters.txt"}


def test_refuses_a_lot_that_was_committed_from_elsewhere(tmp_path: Path) -> None:
    registry = Registry()
    made(registry, tmp_path / "a")
    with pytest.raises(InputError, match="committed before"):
        made(registry, tmp_path / "b")
    assert DRAFT not in names(tmp_path / "b")


def test_refuses_a_lot_that_another_took_meanwhile(tmp_path: Path) -> None:
    registry = Registry()
    with pytest.raises(Killed):
        made(registry, tmp_path, moment=15)
    registry.batches[GTIN, code("L1")] = Batch(bytes(32), 1, 0)
    with pytest.raises(InputError, match="with other items"):
        made(registry, tmp_path)
    assert BATCH not in names(tmp_path)


def test_a_failed_transaction_leaves_the_batch_to_be_gone_on_with(tmp_path: Path) -> None:
    def fail() -> None:
        registry.batches.clear()
        raise TransactionReverted("out of gas")

    registry = Registry(on_send=fail)
    with pytest.raises(TransactionReverted):
        made(registry, tmp_path)
    assert BATCH not in names(tmp_path)
    registry.on_send, registry.sent = (lambda: None), 0
    made(registry, tmp_path)
    assert_whole(registry, tmp_path)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (asked(lot="A~B"), "no lot for a label"),
        (asked(lot="A B"), "no lot for a label"),
        (asked(lot=".."), "no lot for a label"),
        (asked(lot="x" * 21), "no lot for a label"),
        (asked(expires=date(2099, 1, 1)), "too far away"),
        (asked(expires=date(2027, 1, 1)), "is over"),
    ],
)
def test_refuses_what_labels_cannot_say(tmp_path: Path, wanted: Asked, words: str) -> None:
    with pytest.raises(InputError, match=words):
        made(Registry(), tmp_path / "a", wanted)
    assert not (tmp_path / "a").exists()


def test_refuses_a_line_that_is_not_registered(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="label register 09506000134352"):
        made(Registry(producer=0), tmp_path / "a")


def test_nobody_acts_by_default_off_a_devnet(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="who acts"):
        made(Registry(is_devnet=False), tmp_path / "a")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("serial\nA-1\nA-2\n", ["A-1", "A-2"]),
        ("\ufeffplace,Serial \n1,x.y\n2,z_\n", ["x.y", "z_"]),
        ("A-1\r\n\r\nA-2", ["A-1", "A-2"]),
    ],
)
def test_serials_of_a_csv(tmp_path: Path, text: str, expected: list[str]) -> None:
    file = tmp_path / "serials.csv"
    file.write_bytes(text.encode())
    assert list(listed(file)()) == [code(serial) for serial in expected]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"serial\nA\nA~B\n", "line 3: 'A~B' is no serial"),
        (b"serial\nA\n" + b"x" * 21, "line 3: 'x{21}' is no serial"),
        (b"serial,place\nA,1\n,2\n", "line 3: '' is no serial"),
        (b"place,serial\n1,A\n2\n", "line 3: '' is no serial"),
        (b"A\nB\nA\n", "line 3: A stands twice"),
        (
            b"".join(b"%d\n" % i for i in (*range(2_000), *range(1_999, -1, -1))),
            "line 2001: 1999 stands twice",
        ),
        (b"a,b\n1,2\n", "called `serial`"),
        (b'serial\n"A\nB', "line 3: it is no CSV"),
        (b"\xff\xfe", "not UTF-8"),
        (None, "Cannot read .*: no such file"),
    ],
)
def test_reports_the_line_of_a_csv_that_cannot_be_used(
    tmp_path: Path, text: bytes | None, words: str
) -> None:
    file = tmp_path / "serials.csv"
    if text is not None:
        file.write_bytes(text)
    with pytest.raises(InputError, match=words):
        made(Registry(), tmp_path / "a", Asked(GTIN, "L1", EXPIRES, listed(file)))
    assert not {BATCH, DRAFT, "serials.bin"} & names(tmp_path / "a")


def test_a_csv_without_serials_is_no_batch(tmp_path: Path) -> None:
    file = tmp_path / "serials.csv"
    file.write_text("serial\n")
    with pytest.raises(InputError, match="1 to 5,000,000 items, not 0"):
        made(Registry(), tmp_path / "a", Asked(GTIN, "L1", EXPIRES, listed(file)))


@pytest.mark.parametrize("count", [-1, 0, MOST + 1])
def test_refuses_too_few_or_too_many_items(count: int) -> None:
    with pytest.raises(InputError, match="1 to 5,000,000 items"):
        counted(count)


@pytest.mark.parametrize(
    "text", ["96385074", "036000291452", "4006381333931", "04006381333931", "09506000134352"]
)
def test_a_gtin_has_8_12_13_or_14_digits(text: str) -> None:
    assert gtin_of(text) == int(text)


@pytest.mark.parametrize(
    "text",
    ["", "9638507", "96385075", "9506000134352x", "095060001343529", "٩٦٣٨٥٠٧٤", "123456789"],
)
def test_refuses_what_is_no_gtin(text: str) -> None:
    with pytest.raises(InputError, match="no GTIN"):
        gtin_of(text)


def test_a_day_or_never() -> None:
    assert (day_of("2028-02-29"), day_of("never")) == (date(2028, 2, 29), None)
    for text in ("", "2027-02-29", "20270228", "2027-W01-1", "31.1.2028"):
        with pytest.raises(InputError, match="no day"):
            day_of(text)


def test_a_serial_is_found_by_its_name_alone(tmp_path: Path) -> None:
    file = tmp_path / "serials.csv"
    file.write_text("serial\n" + "1" * 20 + "\n11\n1\n")
    made(Registry(), tmp_path / "a", Asked(GTIN, "L1", EXPIRES, listed(file)))
    batch = BatchFolder(tmp_path / "a")
    assert [batch.index_of(serial) for serial in ("1" * 20, "11", "1")] == [0, 1, 2]
    for serial in ("111", "2", "A~B", "a b"):
        with pytest.raises(InputError):
            batch.index_of(serial)
