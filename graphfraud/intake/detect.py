"""Which loader a file is for: its headings decide, a tie is an error that names the candidates."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graphfraud.errors import LoaderError
from graphfraud.intake.source_map import NEEDED, SourceMap, clean_heading

SIGNATURE_SHARE = 0.5
"""A file with at least this share of a loader's signature, and a heading for all it needs, fits the loader."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Where the fields of a map stand in a file: field -> positions of its columns; and needed headings that are absent."""

    positions: Mapping[str, tuple[int, ...]]
    missing: tuple[str, ...]


def bind(headings: Sequence[str], source_map: SourceMap) -> Binding:
    """Find each field's columns: those of its headings that the file has, in the map's order of preference.

    A cell is taken from the first of them that is not blank in its row. A heading that stands twice counts where it stands
    first. ``missing`` names, for each group of fields of which one is needed, the headings it could have stood under.
    """
    place: dict[str, int] = {}
    for position, heading in enumerate(headings):
        place.setdefault(clean_heading(heading), position)
    positions = {
        field: tuple(place[h] for h in column.headings if h in place)
        for field, column in source_map.columns.items()
        if any(h in place for h in column.headings)
    }
    needed = list(NEEDED[source_map.document])
    needed += [
        (f,)
        for f, column in source_map.columns.items()
        if column.required and not any(f in g for g in NEEDED[source_map.document])
    ]
    missing = tuple(
        "|".join(dict.fromkeys(h for f in group if f in source_map.columns for h in source_map.columns[f].headings))
        for group in needed
        if not any(field in positions for field in group)
    )
    return Binding(positions, missing)


def choose(headings: Sequence[str], maps: Iterable[SourceMap], *, where: str = "the file") -> SourceMap:
    """Return the one loader the headings fit.

    Parameters
    ----------
    headings : sequence of str
        As the file prints them.
    maps : iterable of SourceMap
        The candidates.
    where : str
        How errors name the file.

    Raises
    ------
    LoaderError
        If none fits (naming the nearest and the headings it misses) or more than one does (naming them).
    """
    maps = list(maps)
    present = {clean_heading(h) for h in headings}
    share = {m.name: sum(h in present for h in m.signature) / len(m.signature) for m in maps}
    fitting = [m for m in maps if share[m.name] >= SIGNATURE_SHARE and not bind(headings, m).missing]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = ", ".join(m.name for m in fitting)
        raise LoaderError(
            where,
            f"headings that fit more than one loader ({names})",
            "headings of one",
            f"Choose one with --loader {fitting[0].name}.",
        )
    shown = ", ".join(h.strip() for h in headings[:12] if h.strip()) + (", ..." if len(headings) > 12 else "")
    nearest = max(maps, key=lambda m: (sum(h in present for h in m.headings) / max(len(m.columns), 1), share[m.name]))
    missing = bind(headings, nearest).missing or tuple(h for h in nearest.signature if h not in present)
    raise LoaderError(
        where,
        f"headings that fit no loader ({shown or 'none'})",
        f"those of {', '.join(m.name for m in maps)}; nearest is {nearest.name}, which misses {', '.join(missing)}",
        f"If it is one, name it with --loader {nearest.name}; else add a loader (CONTRIBUTING.md, add a source).",
    )
