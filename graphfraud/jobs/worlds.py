"""Verbs that begin with a made-up world: synth writes one, demo takes one all the way to a page."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphfraud.errors import QuestionError, SourceError
from graphfraud.jobs import rings, steps
from graphfraud.jobs.plan import Outcome, Place, Progress

if TYPE_CHECKING:
    from graphfraud.synthetic.dialects import Written
    from graphfraud.synthetic.world import World

MARK = ".graphfraud-demo"
"""A folder with this file was made by the demo, which may then make it anew."""


def synth(
    *,
    progress: Progress,
    out: Place,
    scheme: str | None = None,
    config: Place | None = None,
    transactions: int | None = None,
    mess: str = "usual",
    rng_seed: int = 0,
) -> Outcome:
    """Write a made-up world: raw files under ``raw/``, and under ``truth/`` who did what and what loading must come to."""
    from graphfraud.synthetic.config import read_config
    from graphfraud.synthetic.dialects import write_files
    from graphfraud.synthetic.world import make_scheme, make_world

    if sum(choice is not None for choice in (scheme, config, transactions)) > 1:
        raise QuestionError(
            "synth", "more than one of --scheme, --config and --transactions", "one of them", "Put sizes into the config."
        )
    progress("making the world", 0, 2)
    if scheme is not None:
        world = make_scheme(scheme, rng_seed=rng_seed)
    else:
        world = make_world(read_config(config) if config else None, rng_seed=rng_seed, transactions=transactions)
    progress("writing its files", 1, 2)
    folder = Path(out)
    written = write_files(world, folder / "raw", mess=mess, rng_seed=rng_seed)
    _write_truth(world, written, folder / "truth")
    return Outcome(
        {
            "n_transactions": world.transactions.height,
            "n_accounts": world.accounts.height,
            "cases": sorted(world.cases["case_id"].unique()),
            "files": [str(path) for path in written.paths],
        }
    )


def _write_truth(world: World, written: Written, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    frames = {name: getattr(world.truth, name) for name in ("transactions", "shares", "lots", "accounts", "victims", "sims")}
    for name, frame in {**frames, "audit": written.audit, "rows": written.rows}.items():
        frame.write_parquet(folder / f"{name}.parquet")


def demo(
    *,
    progress: Progress,
    folder: Place,
    store: Place | None = None,
    language: str = "en",
    rng_seed: int = 0,
) -> Outcome:
    """From raw files to a page: make a city, load what its banks and police desks wrote, trace a case, find the rings."""
    from graphfraud.synthetic.config import demo_config
    from graphfraud.synthetic.dialects import write_files
    from graphfraud.synthetic.world import make_world

    home = _fresh(Path(folder), keep_store=store is not None)
    progress("making a city", 0, 8)
    world = make_world(demo_config(), rng_seed=rng_seed)
    progress("writing its files", 1, 8)
    written = write_files(world, home / "raw", rng_seed=rng_seed)
    target = store or str(home / "store")

    def loading(what: str, done: int, total: int) -> None:
        progress(f"loading {what}", 2 * total + done, 8 * total)

    loaded = steps.load(progress=loading, store=target, files=[str(path) for path in written.paths])
    files: Any = loaded.facts["files"]
    for row in files:
        if "error" in row:
            raise SourceError(
                str(row["file"]), str(row["error"]), "a file that loads", "This is a fault of the demo.", exit_code=1
            )
    case = _largest_case(world)
    progress("tracing", 3, 8)
    traced = steps.trace(progress=_quiet, store=target, case=case, out=str(home / "answer"))
    progress("drawing", 4, 8)
    page = steps.draw(progress=_quiet, answer=str(home / "answer"), to=str(home / "trace.html"), language=language)
    progress("exporting", 5, 8)
    tables = steps.export(progress=_quiet, answer=str(home / "answer"), to="csv", out=str(home / "tables"))
    progress("finding rings", 6, 8)
    bound = rings.rings(progress=_quiet, store=target, out=str(home / "rings"))
    progress("finding two-card rings", 7, 8)
    held = rings.two_card(progress=_quiet, store=target, out=str(home / "two_card"))
    outcomes = ("read", "kept", "duplicate", "mirrored", "reversed", "failed", "rejected")
    return Outcome(
        {
            "n_files": len(files),
            "load": {name: sum(row[name] for row in files) for name in outcomes},
            "trace": traced.facts,
            "rings": bound.facts,
            "two_card": held.facts,
            "raw": str(home / "raw"),
            "store": target,
            "answer": str(home / "answer"),
            "page": page.facts["page"],
            "tables": str(home / "tables"),
            "n_tables": len(tables.answer),
        },
        traced.answer,
        truncated=traced.truncated,
    )


def _fresh(home: Path, *, keep_store: bool) -> Path:
    """Make the demo's folder anew, but never empty a folder that is somebody else's."""
    if home.exists() and not (home / MARK).is_file() and (not home.is_dir() or any(home.iterdir())):
        raise SourceError(
            str(home),
            "a folder or file that is not the demo's",
            "an empty or new folder",
            "Name another folder: graphfraud demo DIR.",
        )
    home.mkdir(parents=True, exist_ok=True)
    (home / MARK).touch()
    for part in ("raw", "answer", "tables", "rings", "two_card", *(() if keep_store else ("store",))):
        if (home / part).exists():
            shutil.rmtree(home / part)
    return home


def _largest_case(world: World) -> str:
    """Name the case with the most reported victims, the first of them by number."""
    counted = world.cases.group_by("case_id").len().sort(["len", "case_id"], descending=[True, False])
    return str(counted["case_id"][0])


def _quiet(_what: str, _done: int, _total: int) -> None:
    """Show no progress of a step inside a step."""
