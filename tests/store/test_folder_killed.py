"""A loading process is killed: nothing acknowledged is missing, nothing half there, and loading again completes the store."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from graphfraud.store.folder import FolderStore
from graphfraud.store.open import open_store
from tests.statements import several

N_RANDOM = 30

LOADING = """
import sys
from graphfraud.intake.load import load
from graphfraud.store.open import open_store
{before}
store = open_store(sys.argv[1])
print("ready", flush=True)
for path in sys.argv[2:]:
    load(path, store)
    print(path, flush=True)
"""

# Ends the process, as a power cut would, at the n-th of the calls by which something becomes durable. The calls are wrapped
# here, in the process that is to die; the program knows nothing of it.
DYING = """
import os, pathlib
count, last = 0, {last}
def dying(call):
    def wrapped(*args):
        global count
        count += 1
        if count == last: os._exit(9)
        done = call(*args)
        count += 1
        if count == last: os._exit(9)
        return done
    return wrapped
pathlib.Path.replace, os.fsync = dying(pathlib.Path.replace), dying(os.fsync)
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> list[Path]:
    return several(tmp_path_factory.mktemp("files"), n_files=4)


def start(store: Path, files: list[Path], before: str = "") -> subprocess.Popen:
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        [sys.executable, "-c", LOADING.format(before=before), store, *files],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env=os.environ | {"POLARS_MAX_THREADS": "2"},
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory, files) -> tuple[str, float]:
    """The digest of the full store, and how long loading takes once the process is ready."""
    store = tmp_path_factory.mktemp("whole") / "store"
    process = start(store, files)
    assert process.stdout.readline() == "ready\n"
    began = time.monotonic()
    rest, _ = process.communicate()
    assert rest.splitlines() == [str(f) for f in files]
    return open_store(store).digest(), time.monotonic() - began


def hold_up(where: Path, acknowledged: list[str], files: list[Path], digest: str) -> None:
    """Assert what must be true of a store whose writer was killed, then complete it."""
    store = FolderStore.open(where)
    assert not [p for p in store.check() if p.kind == "damage"]  # among others: every source with all of its rows
    there = store.read("sources")["name"].to_list()
    assert {Path(name).name for name in acknowledged} <= set(there)
    assert len(there) <= len(acknowledged) + 1  # at most the file whose acknowledgement was cut off
    from graphfraud.intake.load import load

    again = [load(path, store).already_loaded for path in files]
    assert again.count(True) == len(there)
    assert store.digest() == digest
    assert not list(where.rglob(".writing-*"))


@pytest.mark.parametrize("point", range(N_RANDOM))
def test_killed_at_a_random_point(tmp_path, files, whole, point):
    digest, seconds = whole
    delay = random.Random(20_240_301 + point).uniform(0, seconds)
    process = start(tmp_path / "store", files)
    assert process.stdout.readline() == "ready\n"
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        process.kill()
    acknowledged = process.communicate()[0].splitlines()
    hold_up(tmp_path / "store", acknowledged, files, digest)


@pytest.mark.parametrize("last", [1, 2, 3, 5, 6, 9, 14, 23, 38, 61, 62, 66, 67, 68, 69, 70, 71, 72, 73, 74])
def test_killed_around_what_makes_a_commit_durable(tmp_path, files, whole, last):
    """In the middle of the first and second load: before and after a sync, a rename, the manifest's own."""
    process = start(tmp_path / "store", files[:2], DYING.format(last=last))
    acknowledged = process.communicate()[0].splitlines()[1:]
    assert process.returncode in (0, 9)
    hold_up(tmp_path / "store", acknowledged, files, whole[0])


def test_two_processes_load_at_once(tmp_path, files):
    both = [start(tmp_path / "store", some) for some in (files[:2], files[2:])]
    done = [process.communicate()[0].splitlines()[1:] for process in both]
    assert done == [[str(f) for f in files[:2]], [str(f) for f in files[2:]]]
    store = open_store(tmp_path / "store")
    assert store.read("sources").height == len(files)
    assert not [p for p in store.check() if p.kind == "damage"]
