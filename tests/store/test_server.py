"""A server, and every program started for it, ends with the process that asked for it, however that went."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from graphfraud.store import keeper
from graphfraud.store.server import LINES, kept
from tests.neo4j_server import need

OWNER = """
import multiprocessing, sys, time
from pathlib import Path
from graphfraud.store import server
asked, folder = sys.argv[1], Path(sys.argv[2])
if asked == "server":
    ours = server.Server(folder / "home", server.LINES["5.26"], java_flags=server.SHORT_LIVED)
    ours.start()
    program = ours._process
else:
    program = server.kept(["sleep", "600"])
child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,))
child.start()
print(program.pid, child.pid, flush=True)
time.sleep(600)
"""


def group(leader: int) -> set[int]:
    """Return the processes of a group that run (Linux: /proc)."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, of = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(of) == leader and state != "Z":
            found.add(int(stat.parent.name))
    return found


def gone(leader: int, within_s: float = 20) -> bool:
    deadline = time.monotonic() + within_s
    while group(leader) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not group(leader)


linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@linux
@pytest.mark.parametrize(
    "asked", ["program", pytest.param("server", marks=[pytest.mark.server, pytest.mark.xdist_group("neo4j")])]
)
def test_it_ends_with_a_killed_owner_whose_forked_child_lives(asked, tmp_path) -> None:
    if asked == "server":
        need(LINES["5.26"])
    owner = subprocess.Popen([sys.executable, "-c", OWNER, asked, tmp_path], stdout=subprocess.PIPE, text=True)
    leader, child = map(int, owner.stdout.readline().split())
    try:
        deadline = time.monotonic() + 20
        while len(group(leader)) < 2 and time.monotonic() < deadline:  # keeper and program
            time.sleep(0.05)
        assert len(group(leader)) == 2
        owner.kill()  # and it stays a zombie, as where its parent does not care
        assert gone(leader)
        os.kill(child, 0)  # the child, with copies of all its files, is still there
    finally:
        os.kill(child, signal.SIGKILL)
        owner.kill()
        owner.communicate()


@linux
def test_it_ends_with_a_killed_keeper() -> None:
    keeper = kept(["sleep", "600"])
    deadline = time.monotonic() + 20
    while len(group(keeper.pid)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(keeper.pid, signal.SIGKILL)
    keeper.wait()
    assert gone(keeper.pid)


@linux
def test_nothing_is_started_for_an_owner_already_gone(tmp_path) -> None:
    done = subprocess.run([sys.executable, keeper.__file__, "1", "touch", tmp_path / "started"], check=False)
    assert done.returncode == 1
    assert not (tmp_path / "started").exists()
