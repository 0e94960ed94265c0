"""graphfraud: from raw files to stolen money traced to the fen, every figure with its file and row.

Public names are resolved on first use, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "open_store": "graphfraud.store.open",
    "load": "graphfraud.intake.load",
    "flow_graph": "graphfraud.graph.flows",
    "link_graph": "graphfraud.graph.links",
    "seeds": "graphfraud.analysis.trace",
    "trace": "graphfraud.analysis.trace",
    "spread": "graphfraud.analysis.trace",
    "paths": "graphfraud.analysis.paths",
    "arrivals": "graphfraud.analysis.paths",
    "cycles": "graphfraud.analysis.cycles",
    "patterns": "graphfraud.analysis.patterns",
    "communities": "graphfraud.analysis.communities",
    "bonds": "graphfraud.analysis.communities",
    "rings": "graphfraud.analysis.rings",
    "reported_payments": "graphfraud.analysis.rings",
    "matched": "graphfraud.analysis.ring_matching",
    "two_card": "graphfraud.analysis.two_card",
    "draw": "graphfraud.report.picture.draw",
    "cite": "graphfraud.report.cite",
    "cite_evidence": "graphfraud.report.cite",
    "read_answer": "graphfraud.report.answer",
    "read_frames": "graphfraud.report.answer",
    "export": "graphfraud.report.export",
    "make_world": "graphfraud.synthetic.world",
    "write_files": "graphfraud.synthetic.dialects",
}

__all__ = ["__version__", *_HOME]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'graphfraud' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
