from dataclasses import fields, replace

import pytest

from graphfraud.errors import PlanError
from graphfraud.synthetic.config import ScamKind, WorldConfig, demo_config, read_config, sized_config

TABLE = {  # rows of the domain table: payments, span h, first yuan, loss median/95 %, tier-1 accounts, tiers, delay s, fan-out
    "brushing": ((4, 32), (0.5, 48), (5, 200), 15_000, 200_000, (2, 8), (2, 4), 360, (1, 4)),
    "investment": ((3, 15), (7 * 24, 90 * 24), (1_000, 20_000), 120_000, 1_500_000, (3, 10), (3, 6), 900, (1, 6)),
    "shopping": ((1, 3), (0, 72), (200, 10_000), 3_000, 30_000, (1, 2), (1, 3), 1_800, (1, 2)),
    "service": ((1, 25), (0.25, 1.5), (1_000, 10_000), 20_000, 200_000, (1, 4), (2, 4), 240, (2, 6)),
    "authority": ((1, 16), (1, 72), None, 150_000, 1_200_000, (1, 5), (3, 5), 360, (2, 10)),
    "courier": ((0, 4), (24, 14 * 24), None, 100_000, 1_000_000, (0, 1), None, None, (1, 1)),
}
EXITS = {  # cash, merchant, crypto, wallet, cross-border in per cent
    "brushing": (15, 15, 45, 15, 10),
    "investment": (10, 10, 55, 5, 20),
    "shopping": (20, 20, 15, 35, 10),
    "service": (25, 15, 30, 20, 10),
    "authority": (20, 10, 45, 5, 20),
    "courier": (30, 60, 10, 0, 0),
}


@pytest.mark.parametrize("name", TABLE)
def test_defaults_are_the_table(name):
    kind, row = WorldConfig().kinds[name], TABLE[name]
    found = (
        kind.payments, kind.span_hours, kind.first_yuan, kind.loss_median_yuan, kind.loss_p95_yuan, kind.tier1_accounts,
        kind.tiers, kind.hop_delay_median_s, kind.fan_out,
    )  # fmt: skip
    assert [f for f, want in zip(found, row, strict=True) if want is not None and f != want] == []
    assert tuple(round(share * 100) for share in kind.exits) == EXITS[name]


def test_settings_come_from_toml(tmp_path):
    path = tmp_path / "world.toml"
    path.write_text("n_transactions = 5000\nvictims = [3, 5]\n[kinds.brushing]\nfan_out = [2, 3]\n", encoding="utf-8")
    config = read_config(path)
    assert (config.n_transactions, config.victims, config.kinds["brushing"].fan_out) == (5000, (3, 5), (2, 3))
    assert config.kinds["service"] == WorldConfig().kinds["service"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("n_transaction = 5", "n_transaction"),
        ("victims = 4", "victims"),
        ("victims = [9, 4]", "victims"),
        ('days = "ten"', "days"),
        ("days = 3", "days"),
        ("resting = 1.5", "resting"),
        ('rule = "lifo"', "rule"),
        ("decoys_per_culprit = 0.5", "decoys_per_culprit"),
        ("[kinds.brushing]\nfanout = [1, 2]", "fanout"),
        ("[kinds.new]\nfan_out = [1, 2]", "every setting"),
        ("n_transactions = ", "TOML"),
    ],
)
def test_wrong_settings_are_named(tmp_path, text, said):
    path = tmp_path / "world.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PlanError, match=said):
        read_config(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(PlanError, match=r"none\.toml"):
        read_config(tmp_path / "none.toml")


def test_a_kind_of_ones_own_needs_every_setting(tmp_path):
    whole = []
    for f in fields(ScamKind):
        value = getattr(WorldConfig().kinds["shopping"], f.name)
        whole.append(f"{f.name} = {list(value) if isinstance(value, tuple) else repr(value)}".replace("'", '"'))
    path = tmp_path / "world.toml"
    path.write_text("[kinds.rental]\n" + "\n".join(whole), encoding="utf-8")
    assert read_config(path).kinds["rental"] == WorldConfig().kinds["shopping"]


def test_sizes_are_in_proportion():
    assert sized_config(1_000_000).n_background > 20 * sized_config(40_000).n_background
    assert replace(demo_config(), n_cases=0).n_cases == 0
