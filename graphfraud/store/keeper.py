"""Lets a program live only as long as the process that asked for it: ``python keeper.py OWNER COMMAND...``.

The keeper is the parent of the program and a child of the owner. When the owner is gone, however it went, the keeper has
another parent and ends its process group, the program with it. (A pipe would not tell: forked children of the owner keep
it open.) Run by path, it needs nothing but Python's own library.
"""

import ctypes
import os
import signal
import subprocess
import sys

LOOKS_EVERY_S = 0.5
_SET_PARENT_DEATH_SIGNAL = 1  # prctl(2), Linux


def _end_with_keeper(keeper: int) -> None:
    """Have the program killed if the keeper alone is killed, where the system can do that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != keeper:
        os._exit(1)


def main(owner: int, command: list[str]) -> int:
    """Run the command until it ends or the owner does; return its exit code. The keeper must lead its process group."""
    signal.signal(signal.SIGTERM, lambda *_: None)  # sent to the whole group: the program decides how to end
    keeper = os.getpid()
    if os.getppid() != owner:
        return 1
    # One thread, so no lock can be held over the fork.
    program = subprocess.Popen(command, preexec_fn=lambda: _end_with_keeper(keeper))  # noqa: PLW1509
    while os.getppid() == owner:
        try:
            return program.wait(LOOKS_EVERY_S)
        except subprocess.TimeoutExpired:
            continue
    os.killpg(keeper, signal.SIGKILL)
    return 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
