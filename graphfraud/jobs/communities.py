"""The verb on who belongs together: communities of accounts, or of linked entities, and what binds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from graphfraud.errors import QuestionError
from graphfraud.jobs.flows import read_flows
from graphfraud.jobs.plan import Outcome, Place, Progress
from graphfraud.jobs.questions import keep

if TYPE_CHECKING:
    from graphfraud.findings.communities import Communities

OF = ("flows", "links")
MEMBERS_TOLD = 3


def communities(
    *,
    progress: Progress,
    store: Place,
    of: str = "flows",
    by: str = "leiden",
    weight: str | None = None,
    resolution: float = 1.0,
    rng_seed: int = 0,
    top: int = 20,
    out: Place | None = None,
) -> Outcome:
    """Divide accounts (``of`` flows), or whatever links connect (``of`` links), into communities.

    The evidence kept and cited is that of the ``top`` largest: of each account its largest payment inside, or each link.
    """
    from graphfraud.store.open import open_store

    if of not in OF:
        raise QuestionError("of", repr(of), f"one of {', '.join(OF)}", "Choose one of them.")
    opened = open_store(store, create=False)
    asked = {"method": by, "weight": weight, "resolution": resolution, "rng_seed": rng_seed}
    found = _of_flows if of == "flows" else _of_links
    answer, bonds, reported = found(opened, asked, top, progress)
    shown = answer.communities.filter(pl.col("n_members") > 1).head(top)
    victims: dict[int, int] = dict(reported.iter_rows())
    leading = _leading(bonds, of)
    facts: dict[str, object] = {
        "of": of,
        "method": answer.method,
        "weight": answer.weight,
        "resolution": resolution,
        "modularity": answer.modularity,
        "n_members": answer.members.height,
        "n_communities": int((answer.communities["n_members"] > 1).sum()),
        "n_alone": int((answer.communities["n_members"] == 1).sum()),
        "communities": [
            {**row, "victim_fen": victims.get(row["community"], 0), "members": leading.get(row["community"], [])}
            for row in shown.iter_rows(named=True)
        ],
        "ambiguities": dict(answer.ambiguities),
    }
    frames = {"communities": answer.communities, "members": answer.members, "bonds": bonds}
    told = {
        "method": answer.method,
        "weight": answer.weight,
        "modularity": answer.modularity,
        "ambiguities": dict(answer.ambiguities),
        "bonds_of": top,
    }
    paid = bonds["transaction_id"] if of == "flows" else pl.Series("transaction_id", [], pl.String)
    facts |= keep(opened, answer.run, frames, told, paid, bonds if of == "links" else None, out, progress)
    opened.close()
    return Outcome(facts, answer)


Found = tuple["Communities", pl.DataFrame, pl.DataFrame]
"""The answer; what binds the members of its largest communities; what reported victims paid into each community."""


def _of_flows(opened: Any, asked: dict[str, Any], top: int, progress: Progress) -> Found:
    from graphfraud.analysis.communities import bonds, communities

    flows, reported = read_flows(opened, progress)
    progress("dividing", 2, 4)
    answer = communities(flows, **asked)
    paid = reported.select(account_id="payee_id", fen="amount_fen").join(answer.members, on="account_id")
    return answer, bonds(flows, answer, top), paid.group_by("community").agg(pl.col("fen").sum())


def _of_links(opened: Any, asked: dict[str, Any], top: int, progress: Progress) -> Found:
    from graphfraud.analysis.communities import communities
    from graphfraud.graph.links import link_graph, links_of

    progress("reading links", 0, 4)
    graph = link_graph(opened.read("links"))
    progress("dividing", 2, 4)
    answer = communities(graph, **asked)
    here = answer.members.filter(pl.col("community") < top)
    ends = [
        here.select("community", pl.col("entity_kind").alias(f"{side}_kind"), pl.col("entity_id").alias(f"{side}_id"))
        for side in "ab"
    ]
    bonds = links_of(graph).join(ends[0], on=["a_kind", "a_id"]).join(ends[1], on=["b_kind", "b_id", "community"])
    bonds = bonds.sort("community", "kind", "a_kind", "a_id", "b_kind", "b_id")
    return answer, bonds, pl.DataFrame(schema={"community": pl.Int64, "fen": pl.Int64})


def _leading(bonds: pl.DataFrame, of: str) -> dict[int, list[dict[str, object]]]:
    """Name some members of each community: those that deal most inside, or that most links of it meet in."""
    if of == "flows":
        first = bonds.group_by("community", maintain_order=True).head(MEMBERS_TOLD)
        rows = first.select("community", "account_id", "n_transactions", "inside_fen")
    else:
        ends = [
            bonds.select("community", pl.col(f"{side}_kind").alias("entity_kind"), pl.col(f"{side}_id").alias("entity_id"))
            for side in "ab"
        ]
        met = pl.concat(ends).group_by("community", "entity_kind", "entity_id").agg(n_links=pl.len())
        met = met.sort("community", "n_links", "entity_kind", "entity_id", descending=[False, True, False, False])
        rows = met.group_by("community", maintain_order=True).head(MEMBERS_TOLD)
    leading: dict[int, list[dict[str, object]]] = {}
    for row in rows.iter_rows(named=True):
        leading.setdefault(row.pop("community"), []).append(row)
    return leading
