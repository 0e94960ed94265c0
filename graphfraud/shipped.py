"""Finds the folders that ship beside the code: ``cypher`` and ``loaders``."""

from pathlib import Path

from graphfraud.errors import LoaderError

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """Return a shipped folder: inside the package (wheel), else one level up (checkout, editable install).

    Raises
    ------
    LoaderError
        If the installation lacks the folder.
    """
    for parent in (_PACKAGE, _PACKAGE.parent):
        if (parent / name).is_dir():
            return parent / name
    raise LoaderError(
        "this installation",
        f"no folder {name!r} beside the package",
        f"{name}/ inside the package or beside it",
        "Install graphfraud again from a complete wheel or checkout.",
    )
