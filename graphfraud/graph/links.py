"""Who shares what: dated ties between accounts, holders, SIMs, devices and the rest, as frozen arrays."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from graphfraud.errors import TableError
from graphfraud.graph.index import encode, text_bytes
from graphfraud.tables import ENTITY_KINDS, LINK_KINDS, TABLES, check
from graphfraud.units import NONE

UNDATED_US = np.iinfo(np.int64).min
"""Stands for an unknown first or last time."""


@dataclass(frozen=True, eq=False)
class LinkGraph:
    """Entities and the dated ties between them; every array is read-only and C-contiguous.

    Attributes
    ----------
    entity_kind : int8[n_entities]
        Index in :data:`graphfraud.tables.ENTITY_KINDS`.
    entity_id : polars.Series, String
        With its kind it names the entity; entities ascend by (kind, id), so positions do not depend on the order of rows.
    kind : int8[n_links]
        Index in :data:`graphfraud.tables.LINK_KINDS`; links are sorted by (kind, a_ix, b_ix), which no two share.
    a_ix, b_ix : int32[n_links]
        Positions of entities; the tie reads from a to b as its kind says.
    first_us, last_us : int64[n_links]
        First and last seen, :data:`UNDATED_US` where unknown.
    n_seen : int64[n_links]
    record : int64[n_links]
        Record that says so, -1 unknown.
    start : int64[n_entities + 1]
    neighbour_ix : int32[2 * n_links]
    link_ix : int64[2 * n_links]
        Adjacency in both directions: entity ``e`` has its ties at ``start[e]:start[e + 1]``, in the order of the links.
    """

    entity_kind: npt.NDArray[np.int8]
    entity_id: pl.Series
    kind: npt.NDArray[np.int8]
    a_ix: npt.NDArray[np.int32]
    b_ix: npt.NDArray[np.int32]
    first_us: npt.NDArray[np.int64]
    last_us: npt.NDArray[np.int64]
    n_seen: npt.NDArray[np.int64]
    record: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    neighbour_ix: npt.NDArray[np.int32]
    link_ix: npt.NDArray[np.int64]

    @property
    def n_entities(self) -> int:
        """Number of entities."""
        return len(self.entity_kind)

    @property
    def n_links(self) -> int:
        """Number of links."""
        return len(self.kind)

    @cached_property
    def digest(self) -> str:
        """Sha256 over arrays and ids: equal rows give equal digests; record numbers stay out of it."""
        digest = hashlib.sha256(b"graphfraud link graph 1")
        for name in ("entity_kind", "kind", "a_ix", "b_ix", "first_us", "last_us", "n_seen"):
            array = getattr(self, name)
            digest.update(f"|{name} {array.dtype.str} {len(array)}|".encode())
            digest.update(array.astype(array.dtype.newbyteorder("<"), copy=False))
        for block in text_bytes(self.entity_id):
            digest.update(block)
        return digest.hexdigest()

    def __repr__(self) -> str:
        return f"LinkGraph({self.n_links} links between {self.n_entities} entities)"


def link_graph(links: pl.DataFrame) -> LinkGraph:
    """Freeze links as a graph.

    Parameters
    ----------
    links : polars.DataFrame
        Rows of table ``links``, in any order.

    Returns
    -------
    LinkGraph

    Raises
    ------
    TableError
        If the frame breaks the requirements of its table.
    """
    links = check(links, "links")
    ends = [f"{ENTITY_KINDS.index(kind)}" for kind in ENTITY_KINDS]
    assert all(len(end) == 1 for end in ends), "the kind is one character before the id, so that order is by (kind, id)"
    named = links.select(
        pl.col(f"{side}_kind").replace_strict(ENTITY_KINDS, ends, return_dtype=pl.String) + pl.col(f"{side}_id")
        for side in "ab"
    )
    (a_ix, b_ix), entity = encode(named["a_kind"], named["b_kind"])
    frame = links.select(
        pl.col("kind").replace_strict(LINK_KINDS, range(len(LINK_KINDS)), return_dtype=pl.Int8),
        pl.Series("a_ix", a_ix),
        pl.Series("b_ix", b_ix),
        pl.col("first_us", "last_us").fill_null(UNDATED_US),
        "n_seen",
        "record",
    ).sort("kind", "a_ix", "b_ix")
    columns = {name: _read_only(np.ascontiguousarray(frame[name].to_numpy())) for name in frame.columns}
    start, neighbour_ix, link_ix = _adjacency(columns["a_ix"], columns["b_ix"], len(entity))
    return LinkGraph(
        entity_kind=_read_only(entity.str.head(1).cast(pl.Int8).to_numpy().copy()),
        entity_id=entity.str.slice(1).alias("entity_id"),
        **columns,
        start=start,
        neighbour_ix=neighbour_ix,
        link_ix=link_ix,
    )


def links_of(graph: LinkGraph) -> pl.DataFrame:
    """Return the rows of table ``links`` a graph was made of, in the graph's order."""
    kind, entity = pl.Series(ENTITY_KINDS, dtype=pl.String), graph.entity_id
    frame = pl.DataFrame(
        {
            "kind": pl.Series(LINK_KINDS, dtype=pl.String).gather(graph.kind),
            "a_kind": kind.gather(graph.entity_kind[graph.a_ix]),
            "a_id": entity.gather(graph.a_ix),
            "b_kind": kind.gather(graph.entity_kind[graph.b_ix]),
            "b_id": entity.gather(graph.b_ix),
            "first_us": graph.first_us,
            "last_us": graph.last_us,
            "n_seen": graph.n_seen,
            "record": graph.record,
        },
        schema=TABLES["links"].schema,
    )
    dated = (pl.when(pl.col(name) != UNDATED_US).then(pl.col(name)).alias(name) for name in ("first_us", "last_us"))
    return frame.with_columns(dated)


def entity_position(graph: LinkGraph, kind: str, entity_id: str) -> int:
    """Return the position of an entity, -1 where the graph lacks it.

    Raises
    ------
    TableError
        If there is no such kind of entity.
    """
    if kind not in ENTITY_KINDS:
        raise TableError("entity kind", repr(kind), f"one of {', '.join(ENTITY_KINDS)}", "Choose one of them.")
    at = np.flatnonzero((graph.entity_id == entity_id).to_numpy() & (graph.entity_kind == ENTITY_KINDS.index(kind)))
    return int(at[0]) if len(at) else NONE


def _adjacency(
    a_ix: npt.NDArray[np.int32], b_ix: npt.NDArray[np.int32], n_entities: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Compressed rows over both directions; a tie of an entity with itself stands there twice."""
    here, there = np.concatenate([a_ix, b_ix]), np.concatenate([b_ix, a_ix])
    link = np.tile(np.arange(len(a_ix), dtype=np.int64), 2)
    order = np.lexsort((link, here))
    start = np.zeros(n_entities + 1, np.int64)
    np.cumsum(np.bincount(here, minlength=n_entities), out=start[1:])
    return _read_only(start), _read_only(there[order]), _read_only(link[order])


def _read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    array.setflags(write=False)
    return array
