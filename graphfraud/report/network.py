"""A trace as graphml or gexf: accounts with their tiers, one edge per step."""

import re
from collections.abc import Iterable
from io import BytesIO
from xml.etree import ElementTree

import polars as pl

_NODE = (
    "tier",
    "n_victims",
    "received_fen",
    "passed_fen",
    "exited_fen",
    "resting_fen",
    "returned_fen",
    "unseen_fen",
    "beyond_fen",
    "first_us",
    "last_us",
    "statement_held",
)
_EDGE = ("step", "transaction_id", "seed", "hop", "channel", "amount_fen", "traced_fen", "at_us")
_TYPES = {pl.Int64: "long", pl.String: "string", pl.Boolean: "boolean"}
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_GRAPHML = "http://graphml.graphdrawing.org/xmlns"
_GEXF = "http://www.gexf.net/1.2draft"


def graphml(steps: pl.DataFrame, tiers: pl.DataFrame) -> bytes:
    """Write accounts and steps as GraphML; identifiers as the frames have them.

    Returns
    -------
    bytes
        UTF-8. Nodes ``n0``, ``n1``, ... with ``label`` and the columns of ``tiers`` (absent for accounts without a tier), edges
        ``e0``, ``e1``, ... with the columns of ``steps``.
    """
    root = ElementTree.Element("graphml", xmlns=_GRAPHML)
    fields = [("node", "label", "string"), *_fields("node", tiers, _NODE), *_fields("edge", steps, _EDGE)]
    key = {(what, name): f"d{n}" for n, (what, name, _) in enumerate(fields)}
    for what, name, kind in fields:
        ElementTree.SubElement(root, "key", {"id": key[what, name], "for": what, "attr.name": name, "attr.type": kind})
    graph = ElementTree.SubElement(root, "graph", id="trace", edgedefault="directed")

    def add(parent: ElementTree.Element, what: str, values: Iterable[tuple[str, object]]) -> None:
        for name, value in values:
            ElementTree.SubElement(parent, "data", key=key[what, name]).text = _text(value)

    place, nodes = _nodes(steps, tiers)
    for n, (label, values) in enumerate(nodes):
        add(ElementTree.SubElement(graph, "node", id=f"n{n}"), "node", [("label", label), *values])
    for n, (payer, payee, values) in enumerate(_edges(steps, place)):
        add(ElementTree.SubElement(graph, "edge", id=f"e{n}", source=f"n{payer}", target=f"n{payee}"), "edge", values)
    return _bytes(root)


def gexf(steps: pl.DataFrame, tiers: pl.DataFrame) -> bytes:
    """Write accounts and steps as GEXF 1.2; nodes and edges as :func:`graphml` has them.

    Returns
    -------
    bytes
        UTF-8.
    """
    root = ElementTree.Element("gexf", xmlns=_GEXF, version="1.2")
    graph = ElementTree.SubElement(root, "graph", defaultedgetype="directed", mode="static")
    key: dict[tuple[str, str], str] = {}
    for what, fields in (("node", _fields("node", tiers, _NODE)), ("edge", _fields("edge", steps, _EDGE))):
        listed = ElementTree.SubElement(graph, "attributes", {"class": what, "mode": "static"})
        for n, (_, name, kind) in enumerate(fields):
            key[what, name] = str(n)
            ElementTree.SubElement(listed, "attribute", id=str(n), title=name, type=kind)

    def add(parent: ElementTree.Element, what: str, values: Iterable[tuple[str, object]]) -> None:
        listed = ElementTree.SubElement(parent, "attvalues")
        for name, value in values:
            ElementTree.SubElement(listed, "attvalue", {"for": key[what, name], "value": _text(value)})

    place, nodes = _nodes(steps, tiers)
    under = ElementTree.SubElement(graph, "nodes")
    for n, (label, values) in enumerate(nodes):
        add(ElementTree.SubElement(under, "node", id=f"n{n}", label=_text(label)), "node", values)
    under = ElementTree.SubElement(graph, "edges")
    for n, (payer, payee, values) in enumerate(_edges(steps, place)):
        add(ElementTree.SubElement(under, "edge", id=f"e{n}", source=f"n{payer}", target=f"n{payee}"), "edge", values)
    return _bytes(root)


def _fields(what: str, frame: pl.DataFrame, names: tuple[str, ...]) -> list[tuple[str, str, str]]:
    return [(what, name, _TYPES[type(frame.schema[name])]) for name in names]


def _nodes(steps: pl.DataFrame, tiers: pl.DataFrame) -> tuple[dict[str, int], list[tuple[str, list[tuple[str, object]]]]]:
    """Return each account's number, in the order of ids, and its label and values."""
    ids = sorted({*steps["payer_id"], *steps["payee_id"], *tiers["account_id"]})
    values = {row["account_id"]: [(name, row[name]) for name in _NODE] for row in tiers.iter_rows(named=True)}
    return {value: n for n, value in enumerate(ids)}, [(value, values.get(value, [])) for value in ids]


def _edges(steps: pl.DataFrame, place: dict[str, int]) -> Iterable[tuple[int, int, list[tuple[str, object]]]]:
    for row in steps.iter_rows(named=True):
        yield place[row["payer_id"]], place[row["payee_id"]], [(name, row[name]) for name in _EDGE]


def _text(value: object) -> str:
    """Text an XML file may hold; a control character becomes the replacement character."""
    return str(value).lower() if isinstance(value, bool) else _NOT_XML.sub("\ufffd", str(value))


def _bytes(root: ElementTree.Element) -> bytes:
    ElementTree.indent(root)
    out = BytesIO()
    ElementTree.ElementTree(root).write(out, encoding="utf-8", xml_declaration=True)
    return out.getvalue()
