"""Every verb a plan may use, by name."""

from collections.abc import Callable, Mapping

from graphfraud.jobs import changes, communities, nightly, queries, questions, rings, steps, worlds
from graphfraud.jobs.plan import Outcome

VERBS: Mapping[str, Callable[..., Outcome]] = {
    "load": steps.load,
    "check": steps.check,
    "trace": steps.trace,
    "tiers": steps.tiers,
    "draw": steps.draw,
    "export": steps.export,
    "cite": steps.cite,
    "loaders_list": steps.loaders_list,
    "loaders_show": steps.loaders_show,
    "loaders_try": steps.loaders_try,
    "copy": queries.copy,
    "queries_list": queries.queries_list,
    "queries_show": queries.queries_show,
    "query": queries.query,
    "synth": worlds.synth,
    "demo": worlds.demo,
    "paths": questions.paths,
    "cycles": questions.cycles,
    "patterns": questions.patterns,
    "communities": communities.communities,
    "rings": rings.rings,
    "two_card": rings.two_card,
    "load_new": nightly.load_new,
    "anything_new": nightly.anything_new,
    "ring_changes": changes.ring_changes,
    "flagged": nightly.flagged,
    "ring_pages": nightly.ring_pages,
}
"""Verb -> function."""
