"""The verbs of the spine, each a function of named parameters to an :class:`~graphfraud.jobs.plan.Outcome`.

Rooms are imported inside the verbs: a job that loads files does not wait for the kernels to be compiled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from graphfraud.errors import GraphFraudError, QuestionError, SourceError
from graphfraud.jobs.flows import read_flows
from graphfraud.jobs.plan import Outcome, Place, Progress

if TYPE_CHECKING:
    from graphfraud.findings.trace import Trace
    from graphfraud.report.answer import Answer


MESSAGES = 5
"""Messages of rejected rows shown at once."""


def load(
    *,
    progress: Progress,
    store: Place,
    files: Sequence[Place],
    loader: str | None = None,
    max_rejected: str | None = None,
    rejected: Place | None = None,
) -> Outcome:
    """Load files one by one; a file that cannot be loaded is reported and the next one is tried.

    With ``rejected``, write the rejected rows of all files and their reasons there as csv.
    """
    from graphfraud.intake.load import load as load_file
    from graphfraud.store.open import open_store

    target = open_store(store)
    results: list[dict[str, object]] = []
    refused = []
    exit_code = 0
    paths = _expand(files)
    for n, path in enumerate(paths):
        progress(path.name, n, len(paths))
        try:
            intake = load_file(path, into=target, loader=loader, max_rejected=max_rejected)
        except GraphFraudError as error:
            if error.exit_code == 4:  # nothing further can be kept
                raise
            results.append({"file": path.name, "error": str(error)})
            exit_code = exit_code or error.exit_code
            continue
        results.append(
            {
                "file": path.name,
                "loader": ", ".join(sorted(set(intake.sources["loader"]))),
                "already_loaded": intake.already_loaded,
                "notices": list(intake.notices),
                **asdict(intake.audit),
            }
        )
        refused.append(intake.rejected)
    target.close()
    rows = pl.concat(refused) if refused else None
    if rejected is not None and rows is not None:
        from graphfraud.report.export import export as write

        write(rows, rejected, to="csv", unmask=True)
    messages = [] if rows is None else rows["message"].head(MESSAGES).to_list()
    return Outcome({"store": store, "files": results, "messages": messages}, rows, exit_code=exit_code)


def check(*, progress: Progress, store: Place) -> Outcome:
    """Verify a store; damage gives exit code 4, gaps are only listed."""
    from graphfraud.store.open import open_store

    opened = open_store(store, create=False)
    progress("checking", 0, 0)
    problems = opened.check()
    facts = {
        "store": store,
        "counts": opened.counts(),
        "digest": opened.digest(),
        "problems": [asdict(problem) for problem in problems],
    }
    opened.close()
    return Outcome(facts, problems, exit_code=4 if any(p.kind == "damage" for p in problems) else 0)


def trace(
    *,
    progress: Progress,
    store: Place,
    case: str,
    rule: str = "fifo",
    within: str | None = None,
    hops_max: int | None = None,
    until: str | None = None,
    out: Place | None = None,
) -> Outcome:
    """Trace a case's victim payments; with ``out``, keep the answer, its citations and its accounts there."""
    from graphfraud.analysis.trace import seeds
    from graphfraud.analysis.trace import trace as trace_flows
    from graphfraud.report.answer import Answer, write_answer
    from graphfraud.report.cite import cite as cite_trace
    from graphfraud.store.open import open_store

    opened = open_store(store, create=False)
    flows, reported = read_flows(opened, progress)
    progress("tracing", 2, 4)
    answer = trace_flows(flows, seeds(reported, case), rule=rule, within=within, hops_max=hops_max, until=until)
    progress("citing", 3, 4)
    whole = Answer(
        trace=answer,
        citations=cite_trace(answer, opened),
        accounts=opened.find("accounts", "account_id", answer.tiers["account_id"]),
    )
    opened.close()
    if out is not None:
        progress("writing", 4, 4)
        write_answer(whole, Path(out))
    return Outcome(_trace_facts(whole, case, out), whole, truncated=answer.truncated)


@wraps(trace, assigned=())
def tiers(*, progress: Progress, **parameters: object) -> Outcome:
    """Trace a case and hand over its accounts by tier."""
    return trace(progress=progress, **parameters)  # type: ignore[arg-type]


def draw(
    *,
    progress: Progress,
    answer: Place,
    to: Place,
    ring: str | None = None,
    top: int = 300,
    language: str = "zh",
    title: str | None = None,
    unmask: bool = False,
) -> Outcome:
    """Draw an answer folder as one page: a trace, or one ring of an answer to ``rings`` or ``two_card``."""
    from graphfraud.report.answer import read_answer
    from graphfraud.report.picture.draw import draw as draw_page
    from graphfraud.report.picture.ring import draw_ring
    from graphfraud.report.ring_answer import is_rings, read_rings

    progress("drawing", 0, 0)
    folder = Path(answer)
    if is_rings(folder):
        path = draw_ring(read_rings(folder), ring, Path(to), title=title, language=language, top=top, unmask=unmask)
        return Outcome({"page": str(path), "bytes": path.stat().st_size}, path)
    if ring is not None:
        raise QuestionError("draw", "a ring of an answer without rings", "an answer to rings or two-card", "Leave out --ring.")
    whole = read_answer(folder)
    path = draw_page(
        whole.trace,
        Path(to),
        citations=whole.citations,
        accounts=whole.accounts,
        title=title,
        language=language,
        top=top,
        unmask=unmask,
    )
    return Outcome({"page": str(path), "bytes": path.stat().st_size}, path)


def export(*, progress: Progress, answer: Place, to: str, out: Place, unmask: bool = False) -> Outcome:
    """Write an answer folder's tables in another format."""
    from graphfraud.report.answer import read_answer, read_frames
    from graphfraud.report.export import export as export_answer

    progress("writing", 0, 0)
    facts, frames = read_frames(Path(answer))
    of_trace = facts["run"]["question"] == "trace"
    written = export_answer(read_answer(Path(answer)) if of_trace else frames, Path(out), to=to, unmask=unmask)
    return Outcome({"files": [str(path) for path in written]}, written)


def cite(*, progress: Progress, answer: Place, step: int | None = None) -> Outcome:
    """Hand over the citations of an answer folder; of a trace, those of one step or of all."""
    from graphfraud.report.answer import read_answer, read_frames

    progress("reading", 0, 0)
    facts, frames = read_frames(Path(answer))
    question = facts["run"]["question"]
    if question != "trace" and step is None and "citations" in frames:
        return Outcome({"citations": frames["citations"].to_dicts()}, (facts, frames["citations"]))
    if question != "trace":
        found = "no citations" if step is None else f"step {step}"
        raise QuestionError(answer, f"{found} in an answer to {question}", "its citations as a whole", "Leave out --step.")
    whole = read_answer(Path(answer))
    rows = whole.citations
    if step is not None:
        if not 0 <= step < whole.trace.steps.height:
            raise QuestionError(
                answer, f"step {step}", f"a step from 0 to {whole.trace.steps.height - 1}", "See the steps of the answer."
            )
        rows = rows.filter(rows["step"] == step)
    return Outcome({"citations": rows.to_dicts()}, (whole, rows))


def loaders_list(*, progress: Progress) -> Outcome:
    """Name the loaders."""
    from graphfraud.intake.source_map import loaders

    progress("reading", 0, 0)
    rows = [{"name": m.name, "document": m.document, "title": m.title} for m in loaders().values()]
    return Outcome({"loaders": rows})


def loaders_show(*, progress: Progress, name: str) -> Outcome:
    """Hand over what a loader reads."""
    from graphfraud.intake.source_map import load_map

    progress("reading", 0, 0)
    found = load_map(name)
    return Outcome(
        {
            "name": found.name,
            "title": found.title,
            "document": found.document,
            "time_zone": found.time_zone,
            "columns": [
                {"field": c.field, "verb": c.verb, "required": c.required, "headings": list(c.headings)}
                for c in found.columns.values()
            ],
            "choices": {
                field: {value: list(signs) for value, signs in words.items()} for field, words in found.choices.items()
            },
        }
    )


def loaders_try(*, progress: Progress, name: str, file: Place, rows: int = 5) -> Outcome:
    """Read a file with one loader and hand over what becomes of its first rows; nothing is kept."""
    from graphfraud.intake.read import read_sources
    from graphfraud.intake.source_map import load_map
    from graphfraud.intake.validate import converted

    progress("reading", 0, 0)
    found = load_map(name)
    tried = []
    for raw in read_sources(file, [found]):
        done = converted(raw, found)
        frames = {kind: getattr(done, kind) for kind in ("legs", "accounts", "holders", "sims", "devices", "cases", "links")}
        tried.append(
            {
                "file": raw.name if raw.sheet is None else f"{raw.name}, {raw.sheet}",
                "encoding": raw.encoding,
                "header_row": raw.header_row,
                "n_read": done.n_read,
                "n_rejected": done.faults["row"].n_unique(),
                "frames": {kind: {"n": frame.height, "rows": frame.head(rows).to_dicts()} for kind, frame in frames.items()},
                "messages": done.faults["message"].head(rows).to_list(),
            }
        )
    return Outcome({"sources": tried})


def _expand(files: Sequence[str]) -> list[Path]:
    """Name every file: a folder gives the files in it; a pattern (Windows shells leave it to us) those that match."""
    paths: list[Path] = []
    for text in files:
        path = Path(text)
        if path.is_dir():
            found = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith((".", "~$")))
        elif any(c in path.name for c in "*?[") and not path.exists():
            found = sorted(path.parent.glob(path.name))
        else:
            found = [path]
        if not found:
            raise SourceError(text, "no file", "at least one file to load", "Check the folder or pattern.")
        paths += found
    return paths


def _trace_facts(whole: Answer, case: str, out: str | None) -> dict[str, object]:
    """Sum up a trace: each victim's fen is counted once."""
    found = whole.trace
    ended = found.lots.group_by("state", "channel").agg(pl.col("traced_fen").sum()).sort("state", "channel").rows()
    resting = found.tiers.filter(found.tiers["resting_fen"] > 0).sort("resting_fen", "account_id", descending=[True, False])
    banks = dict(whole.accounts.select("account_id", "bank").iter_rows())
    victims = set(found.seeds["payer_id"])
    return {
        "case": case,
        "rule": found.rule,
        "within": found.run.parameters.get("within"),
        "until_us": found.until_us,
        "n_victim_accounts": found.seeds["payer_id"].n_unique(),
        "n_payments": found.seeds.height,
        "lost_fen": found.seeds["amount_fen"].sum(),
        "mixed_fen": found.mixed_fen,
        "ended": [{"state": state, "channel": channel, "traced_fen": fen} for state, channel, fen in ended],
        "tiers": _by_tier(found),
        "resting": [
            {
                "account_id": row["account_id"],
                "bank": banks.get(row["account_id"]),
                "tier": row["tier"],
                "resting_fen": row["resting_fen"],
                "last_us": row["last_us"],
                "also_victim": row["account_id"] in victims,
            }
            for row in resting.iter_rows(named=True)
        ],
        "n_steps": found.steps.height,
        "n_citations": whole.citations.height,
        "assumptions": dict(found.assumptions),
        "ambiguities": dict(found.ambiguities),
        "truncated": found.truncated,
        "graph_digest": found.run.graph_digest,
        "out": out,
    }


def _by_tier(found: Trace) -> list[dict[str, object]]:
    sums = ("received_fen", "passed_fen", "exited_fen", "resting_fen", "returned_fen", "unseen_fen", "beyond_fen")
    by_tier = found.tiers.group_by("tier").agg(pl.len().cast(pl.Int64).alias("n_accounts"), pl.col(sums).sum()).sort("tier")
    return by_tier.to_dicts()
