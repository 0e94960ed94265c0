"""The kernels mean the same as plain Python, and touch nothing outside their arrays.

Without the compiler every overflow warns, and a warning is an error; with bounds checks every stray index raises.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("mode", "n_examples"),
    [("NUMBA_DISABLE_JIT", 60), ("NUMBA_BOUNDSCHECK", 60)],
    ids=["as plain Python", "with bounds checks"],
)
def test_the_kernels_also_hold(mode: str, n_examples: int, tmp_path: Path) -> None:
    tests = [str(HERE / f"test_{name}.py") for name in ("twins", "muldiv", "order", "components", "reach", "communities")]
    environment = {**os.environ, mode: "1", "NUMBA_CACHE_DIR": str(tmp_path), "KERNEL_EXAMPLES": str(n_examples)}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests],
        cwd=HERE.parent.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
