"""Draws a trace as one offline HTML page that an investigator can open, search, filter and print."""

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from graphfraud.errors import QuestionError
from graphfraud.findings.trace import Trace
from graphfraud.report.picture.case import Case, case_of
from graphfraud.report.picture.content import edges_content, listed_nodes, listed_rows, names_of, nodes_content, page_content
from graphfraud.report.picture.fold import Fold, fold
from graphfraud.report.picture.layout import heights
from graphfraud.report.place import put

LANGUAGES = ("zh", "en")
_PAGE = Path(__file__).resolve().parent / "page"
# The empty name is the script of what is drawn: trace or ring.
_SCRIPTS = ("words", "model", "", "icons", "stage", "panel", "controls", "exports", "start")


def draw(
    trace: Trace,
    path: str | Path,
    *,
    citations: pl.DataFrame | None = None,
    accounts: pl.DataFrame | None = None,
    title: str | None = None,
    language: str = "zh",
    top: int = 300,
    unmask: bool = False,
) -> Path:
    """Write the money-flow page of one traced case: a single HTML file that asks the network for nothing.

    Equal inputs give equal bytes, whatever the locale. Unless ``unmask`` is set no account number and no holder's name is
    in the file in full, in any encoding.

    Parameters
    ----------
    trace : Trace
    path : str or Path
        The file to write; replaced in one step if it exists.
    citations : polars.DataFrame, optional
        What :func:`graphfraud.cite` gives for this trace: ``transaction_id, side, file, row, sha256`` are used.
    accounts : polars.DataFrame, optional
        The accounts table: ``account_id`` and any of ``kind, bank, holder_name, status``.
    title : str, optional
        Heading of the page; without it the case numbers.
    language : str
        ``"zh"`` or ``"en"``: the language the page opens in; the reader can switch.
    top : int
        Accounts drawn one by one at most; the others are folded into "and N more accounts".
    unmask : bool
        Keep identifiers in full in the file, behind a switch.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    QuestionError
        If the trace holds no victim payment, an argument is out of range, or the file cannot be written.
    """
    check_language(language)
    if top < 1:
        raise QuestionError("draw, top", str(top), "a number from 1", "Draw at least one account.")
    if trace.seeds.is_empty():
        raise QuestionError("draw", "a trace without victim payments", "at least one", "Trace a case that names payments.")
    html = _page_text(trace, citations, accounts, title, language, top, unmask).encode("utf-8")
    return put(Path(path), lambda beside: beside.write_bytes(html))


def check_language(language: str) -> None:
    """Refuse a language the page does not speak.

    Raises
    ------
    QuestionError
        If it is neither zh nor en.
    """
    if language not in LANGUAGES:
        raise QuestionError("draw, language", repr(language), "zh or en", "Choose one of the two.")


def _page_text(
    trace: Trace,
    citations: pl.DataFrame | None,
    accounts: pl.DataFrame | None,
    title: str | None,
    language: str,
    top: int,
    unmask: bool,
) -> str:
    case = case_of(trace)
    folded = fold(case, top)
    listed = listed_nodes(case, folded)
    rows = listed_rows(case, folded, listed)
    names = names_of(case, listed, rows, accounts, unmask)
    drawn = nodes_content(case, folded, listed, names)
    edges, lists = edges_content(case, rows, names, citations)
    place = heights({node["id"]: node["column"] for node in drawn}, _pulls(folded, case))
    page = page_content(trace, case, title, unmask) | lists
    return render(drawn, edges, place, page, language)


def _pulls(folded: Fold, case: Case) -> list[tuple[int, int, float]]:
    """Edges pull by the square root of their money: large flows run straight without silencing the small ones."""
    return [(a, b, float(fen) ** 0.5) for a, b, fen, _ in folded.edges(case.rows).iter_rows() if a != b]


def render(
    drawn: list[dict[str, Any]],
    edges: list[dict[str, Any]],
    place: Mapping[int, float],
    page: dict[str, Any],
    language: str,
    *,
    kind: str = "trace",
) -> str:
    """Put nodes, edges and figures into the page; ``kind`` names the script that knows what is said of them."""
    # pyvis brings IPython with it; nobody who draws nothing should wait for that.
    import pyvis.network
    from jinja2 import Environment, FileSystemLoader
    from markupsafe import Markup

    net = pyvis.network.Network(directed=True, cdn_resources="in_line")
    for node in drawn:
        net.add_node(node["id"], label=node["label"], x=node["column"], y=round(place[node["id"]], 4), **_rest(node))
    for edge in edges:
        net.add_edge(edge["from"], edge["to"], value=edge["value"], parts=edge["parts"])
    library = Path(pyvis.network.__file__).parent / "lib" / "vis-9.1.2" / "vis-network.min.js"
    vis = "\n".join(line for line in _text(library).split("\n") if not line.startswith("//# sourceMappingURL"))
    script = "\n".join(
        ["(function () {", '"use strict";', *(_text(_PAGE / f"{name or kind}.js") for name in _SCRIPTS), "})();"]
    )
    style = _text(_PAGE / "page.css")
    net.set_template_dir(str(_PAGE), "page.html")
    # The environment pyvis makes does not escape.
    net.templateEnv = Environment(loader=FileSystemLoader(str(_PAGE), encoding="utf-8"), autoescape=True, newline_sequence="\n")
    net.templateEnv.filters["inert"] = lambda value: Markup(_inert(value))  # noqa: S704
    net.templateEnv.globals.update(
        page=page,
        language=language,
        vis=Markup(vis),  # noqa: S704
        script=Markup(script),  # noqa: S704
        style=Markup(style),  # noqa: S704
        policy=_policy([vis, script], style),
    )
    html: str = net.generate_html()
    return html.replace("\r\n", "\n")


def _rest(node: dict[str, Any]) -> dict[str, Any]:
    """What pyvis hands through unread; a group keeps it from adding a colour of its own."""
    return {"group": node["role"]} | {
        name: value for name, value in node.items() if name not in {"id", "label", "role", "column"}
    }


def _text(path: Path) -> str:
    return path.read_text("utf-8").replace("\r\n", "\n")


def _inert(value: object) -> str:
    """JSON that stays data inside a script element, whatever its texts say."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _policy(scripts: list[str], style: str) -> str:
    def digest(text: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii") + "'"

    return "; ".join(
        [
            "default-src 'none'",
            "script-src " + " ".join(digest(script) for script in scripts),
            f"style-src {digest(style)}",
            "img-src data: blob:",
            "connect-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
