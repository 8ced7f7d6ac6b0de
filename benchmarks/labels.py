"""Measures how labels are made and printed and prints one JSON object.

`commission` is a whole batch on a devnet, by default of 1,000,000 items: serials, one-time keys,
leaves, signatures, tree, files and transaction, on all CPUs. With `csv`, its serials come from a
file in no order, otherwise from a count. `limit` is what cannot be saved, with
nothing around it: of an item one public key, one signature and six calls of keccak (address, leaf
twice, struct, digest, one node of the tree), one after the other. `tree` is the tree alone over
leaves that are there. `print` is a PDF of labels, each checked, with both codes.

Rates are per CPU second, because other load slows the clock's; limits are measured before and after
and the better one counts. `python benchmarks/labels.py [ITEMS [csv]]`.
"""

import json
import os
import re
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from multiprocessing import active_children
from pathlib import Path
from time import perf_counter, process_time

from coincurve import PrivateKey, PublicKey
from sha3 import keccak_256

from entrepot.core import merkle
from entrepot.services import commission as batches
from entrepot.services import devnets, office
from entrepot.services.batch_folder import BatchFolder
from entrepot.services.deploy import producer_key_name
from entrepot.services.label_sheets import print_labels
from entrepot.services.office import Acting
from entrepot.services.progress import Silent
from entrepot.services.signers import KeyRing
from entrepot.services.workspace import Workspace

ITEMS = 1_000_000
PRINTED = 2_000
TURNS, SECONDS = 5, 0.3
KECCAKS = 6
HIGH_WATER = re.compile(r"VmHWM:\s+(\d+) kB")
STEP, MODULUS = 7_368_787, 10**9 + 7
GTIN, EXPIRES = 9506000134352, date(2049, 1, 31)


def limits() -> dict[str, float]:
    """Bare calls per CPU second."""
    secret, digest, pair = b"\x01" * 32, b"\x02" * 32, b"\x03" * 64
    private = PrivateKey(secret)
    return {
        "public_key": best(lambda: PublicKey.from_valid_secret(secret).format(compressed=False)),
        "signature": best(lambda: private.sign_recoverable(digest, hasher=None)),
        "keccak": best(lambda: keccak_256(pair).digest()),
    }


def best(operation: Callable[[], object]) -> float:
    """Operations per CPU second of the best turn."""
    rates = []
    for _ in range(TURNS):
        start, done = process_time(), 0
        while process_time() - start < SECONDS:
            for _ in range(200):
                operation()
            done += 200
        rates.append(done / (process_time() - start))
    return max(rates)


@contextmanager
def deployed(folder: Path) -> Iterator[tuple[office.Office, Acting]]:
    """A devnet with the demo producer's line."""
    try:
        devnets.deploy(folder, None)
        with office.sending(Workspace(folder), None) as found:
            acting = Acting(KeyRing(str), None)
            batches.register(found, acting, GTIN, "Benchmark")
            yield found, acting
    finally:
        devnets.down(folder)


class Memory(Silent):
    """Looks whenever progress is told at the most that this process and its workers have held.

    `getrusage` would say of a worker what its parent held when it was started.
    """

    peak_kib = 0

    def advance(self, count: int) -> None:
        """Looks."""
        processes = [os.getpid(), *(each.pid for each in active_children())]
        found = [HIGH_WATER.search(Path(f"/proc/{each}/status").read_text()) for each in processes]
        self.peak_kib = max(self.peak_kib, sum(int(each[1]) for each in found if each))


def cpu_seconds() -> float:
    """Of this process and those that it has waited for."""
    found = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in found)


def source(items: int, file: Path, *, is_listed: bool) -> Callable[[], Iterator[bytes]]:
    """Serials 1 to `items`, or as many of 20 characters from a file that is written first."""
    if not is_listed:
        return batches.counted(items)
    with file.open("w") as rows:
        rows.write("serial\n")
        rows.writelines(f"{i * STEP % MODULUS:020}\n" for i in range(1, items + 1))
    return batches.listed(file)


def measure(
    items: int = ITEMS, printed: int = PRINTED, *, is_listed: bool = False
) -> dict[str, object]:
    """All rates, and ours as a share of the limits."""
    bare = limits()
    with (
        tempfile.TemporaryDirectory(prefix="entrepot-") as name,
        deployed(Path(name) / "chain") as (found, acting),
    ):
        folder = Path(name) / "batch"
        serials = source(items, Path(name) / "serials.csv", is_listed=is_listed)
        asked = batches.Asked(GTIN, "BENCH", EXPIRES, serials, items)
        wall, cpu = perf_counter(), cpu_seconds()
        memory = Memory()
        batches.commission(found, acting, folder, asked, memory)
        wall, cpu = perf_counter() - wall, cpu_seconds() - cpu
        leaves = (folder / "leaves.bin").read_bytes()
        start = process_time()
        merkle.root(leaves)
        tree = items / (process_time() - start)
        start = process_time()
        print_labels(
            BatchFolder(folder), acting.ring.key(producer_key_name()), range(min(printed, items)),
            Path(name) / "labels.pdf", Silent(), kind="pdf", grid="3x8",
        )  # fmt: skip
        sheets = min(printed, items) / (process_time() - start)
    bare = {kind: max(rate, bare[kind]) for kind, rate in limits().items()}
    limit = 1 / (1 / bare["public_key"] + 1 / bare["signature"] + KECCAKS / bare["keccak"])
    return {
        "items": items,
        "limit_per_cpu_second": {kind: round(rate) for kind, rate in bare.items()}
        | {"item": round(limit)},
        "commission": {
            "seconds": round(wall, 1),
            "cpus": len(os.sched_getaffinity(0)),
            "per_second": round(items / wall),
            "per_cpu_second": round(items / cpu),
            "to_limit": round(items / cpu / limit, 2),
            "peak_mib": round(memory.peak_kib / 1024),
        },
        "tree": {
            "leaves_per_cpu_second": round(tree),
            "to_keccak": round(tree / bare["keccak"], 2),
        },
        "print": {"labels_per_cpu_second": round(sheets)},
    }


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else ITEMS
    print(json.dumps(measure(size, is_listed=sys.argv[2:] == ["csv"]), indent=2))
