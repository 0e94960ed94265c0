"""The rule table of rings and two-card rings: parameters, points and sentences, versioned, beside the code that applies it."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

KIND_ZH = {"sim": "电话卡", "device": "设备", "holder": "户主", "ip": "IP地址", "batch": "开户批次"}
KIND_EN = {"sim": "phone card", "device": "device", "holder": "holder", "ip": "IP address", "batch": "batch of openings"}


@cache
def rule_table() -> Mapping[str, Any]:
    """Return the table shipped with the package: version, ties, rings, account, sim, law."""
    return tomllib.loads(Path(__file__).with_name("two_card_rules.toml").read_text(encoding="utf-8"))


def reason(family: str, rule: str, points: int | None = None, **figures: object) -> dict[str, Any]:
    """Write a rule's sentence in both languages; ``points`` are cut at the rule's most."""
    row = rule_table()[family][rule]
    told: dict[str, Any] = {"rule": rule, "fact": row["en"].format(**figures), "fact_zh": row["zh"].format(**figures)}
    if points is not None:
        told["points"] = min(points, row["points_max"])
    return told
