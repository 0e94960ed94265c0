"""Files put in place whole: a reader meets the old file or the new one, never a part."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from graphfraud.errors import QuestionError


def folder_at(path: Path) -> Path:
    """Make a folder unless it is there.

    Raises
    ------
    QuestionError
        If it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise _no_place(path, fault) from fault
    return path


def put(path: Path, fill: Callable[[Path], object]) -> Path:
    """Let ``fill`` write a file beside ``path``, then move it there.

    Parameters
    ----------
    path : pathlib.Path
        In a folder that exists.
    fill : callable
        Writes the file whose path it is given; the name keeps its suffix.

    Raises
    ------
    QuestionError
        If the place cannot be written or has no room; nothing is left behind.
    """
    beside: Path | None = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=path.suffix)
        os.close(handle)
        beside = Path(name)
        fill(beside)
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        beside.chmod(0o644)
        beside.replace(path)
    except OSError as fault:
        raise _no_place(path, fault) from fault
    finally:
        if beside is not None:
            beside.unlink(missing_ok=True)
    return path


def _no_place(path: Path, fault: OSError) -> QuestionError:
    return QuestionError(
        path.name,
        f"a place that cannot be written ({fault.strerror or fault})",
        "a folder that is writable and has room",
        "Choose another place.",
    )
