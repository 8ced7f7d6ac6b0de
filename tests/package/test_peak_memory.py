"""What a process says of its memory."""

import subprocess
import sys

ASK = "import os; from entrepot.network import devnet; print(devnet.peak_memory_mb(os.getpid()))"


def test_memory_of_a_parent_is_not_counted_as_its_childs() -> None:
    held = b"\1" * 600_000_000
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    assert len(held) // 2**20 > 2 * int(done.stdout)
