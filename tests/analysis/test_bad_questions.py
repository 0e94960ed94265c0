"""Poor, odd and huge worlds put to every question: a clear answer or a clear refusal, and never long in coming."""

import numpy as np
import polars as pl
import pytest

from graphfraud.analysis.communities import bonds, communities
from graphfraud.analysis.cycles import cycles
from graphfraud.analysis.paths import paths
from graphfraud.analysis.patterns import patterns
from graphfraud.analysis.rings import reported_payments, rings
from graphfraud.analysis.two_card import two_card
from graphfraud.errors import QuestionError
from graphfraud.findings.communities import COMMUNITY_BOND_SCHEMA, COMMUNITY_METHODS
from graphfraud.findings.patterns import PATTERNS
from graphfraud.graph.flows import flow_graph
from graphfraud.graph.links import link_graph
from graphfraud.tables import CHANNELS, TABLES, conform, empty
from graphfraud.units import HOUR_US, SECOND_US
from tests.analysis.two_card_town import RING_STORY, links, tables, tie, town_links, transactions
from tests.ledger import DAY_1_US

AT_ONCE = "\n".join(f"09:00 n{a} -> n{b} {a + 1}.00" for a in range(6) for b in range(6) if a != b)


class World:
    """Payments and links as an investigator holds them."""

    def __init__(self, story: str = "", tied: pl.DataFrame | None = None) -> None:
        self.transactions = transactions(story)
        self.links = links() if tied is None else tied
        self.flows = flow_graph(self.transactions)
        self.linked = link_graph(self.links)

    @property
    def somebody(self) -> str:
        """An account of the world; a made-up one where it has none."""
        return self.flows.account_id[0] if self.flows.n_accounts else "nobody"

    def rings(self, **options):
        return rings(self.flows, self.linked, tables(), reported_payments(self.transactions), **options)

    def two_card(self, **options):
        return two_card(self.flows, self.linked, tables(), reported_payments(self.transactions), **options)


QUESTIONS = {
    "paths": lambda world, **options: paths(world.flows, from_ids=[world.somebody], **options),
    "cycles": lambda world, **options: cycles(world.flows, **options),
    "patterns": lambda world, **options: patterns(world.flows, **options),
    "communities": lambda world, **options: communities(world.flows, **options),
    "communities of links": lambda world, **options: communities(world.linked, **options),
    "rings": World.rings,
    "two_card": World.two_card,
}
INSTANCES = {
    "paths": "paths",
    "cycles": "cycles",
    "patterns": "patterns",
    "communities": "communities",
    "communities of links": "communities",
    "rings": "rings",
    "two_card": "rings",
}


def answer(name: str, world: World, **options):
    found = QUESTIONS[name](world, **options)
    return found, getattr(found, INSTANCES[name])


@pytest.mark.parametrize("name", QUESTIONS)
def test_of_nothing_there_is_nothing_to_tell(name):
    if name == "paths":  # they start from somebody, and there is nobody
        with pytest.raises(QuestionError, match="which has no transaction"):
            answer(name, World())
        return
    found, instances = answer(name, World())
    assert instances.is_empty() and not getattr(found, "truncated", False)


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize(
    ("story", "n_accounts"),
    [("09:00 a -> a 5.00", 1), ("09:00 a -> a 5.00\n09:00 b -> b 6.00\n10:00 a -> a 7.00", 2)],
    ids=["one account", "only self-transfers"],
)
def test_who_pays_himself_alone_deals_with_nobody(name, story, n_accounts):
    world = World(story, links(tie("holds", "holder:p", "account:a")))
    found, instances = answer(name, world)
    if name == "communities":
        assert instances["n_members"].to_list() == [1] * n_accounts and found.modularity == 0.0
        assert bonds(world.flows, found, 9).is_empty()
    elif name == "communities of links":
        assert instances["n_members"].to_list() == [2]
    else:
        assert instances.is_empty() and not getattr(found, "truncated", False)


@pytest.mark.parametrize("name", QUESTIONS)
def test_all_at_one_instant(name):
    found, instances = answer(name, World(AT_ONCE, links(tie("logged_in_on", "account:n0", "device:d"))))
    if name == "patterns":
        timed = {"probe", "staircase", "limit_hugging", "daily_limit_hugging", "awakening", "night"}
        assert not set(instances["kind"]) & timed
        assert instances.filter(pl.col("kind") == "fan_in").height == 6
        assert not found.truncated
    elif name == "communities":
        assert found.members.height == 6
    elif name == "communities of links":
        assert instances["n_members"].to_list() == [2]
    else:
        assert instances.is_empty()
    if name == "cycles":  # the total order of one instant is the bank's; whoever trusts it may say so
        assert cycles(World(AT_ONCE).flows, strict=False, length_max=3).cycles.height > 0
    if name == "paths":
        loose, tight = (paths(World(AT_ONCE).flows, from_ids=["n0"], to_ids=["n5"], n_paths_max=99, strict=s) for s in (0, 1))
        assert loose.ambiguities["tied_steps"] > 0 and tight.paths["n_transactions"].to_list() == [1]


@pytest.mark.parametrize("name", QUESTIONS)
def test_ids_that_stand_in_one_table_only(name):
    """Links name accounts that never paid, payments name accounts that no register and no link knows."""
    tied = links(
        tie("logged_in_on", "account:never-paid", "device:d"),
        tie("logged_in_on", "account:nor-this", "device:d"),
        tie("inserted_in", "sim:unregistered", "device:d"),
        tie("inserted_in", "sim:nor-this", "device:d"),
    )
    world = World("09:00 v -> a 10.00 seed\n09:05 a -> b 9.00", tied)
    found, instances = answer(name, world)
    if name == "communities":
        assert found.members["account_id"].to_list() == ["a", "b", "v"]
    elif name == "communities of links":
        assert instances["n_members"].to_list() == [5]
    else:
        assert instances.is_empty()
    for asked in ({"from_ids": ["never-paid"]}, {"from_ids": ["a"], "to_ids": ["never-paid"]}):
        with pytest.raises(QuestionError, match="which has no transaction"):
            paths(world.flows, **asked)


def test_registers_that_contradict_each_other():
    """One card of two holders, one SIM of two subscribers, another holder in the register: told, counted, and no ring lost."""
    contradicted = pl.concat(
        [
            town_links(),
            links(
                tie("holds", "holder:somebody-else", "account:c1"),
                tie("registered_with", "holder:one", "sim:15400000001"),
                tie("registered_with", "holder:another", "sim:15400000001"),
            ),
        ]
    )
    world = World(RING_STORY, contradicted)
    plain = World(RING_STORY, town_links())
    assert world.rings().rings["ring_id"].to_list() == plain.rings().rings["ring_id"].to_list()
    assert world.rings().ambiguities["accounts_with_several_holders"] == 1
    found = world.two_card()
    assert found.ambiguities["accounts_with_several_holders"] == found.ambiguities["sims_with_several_subscribers"] == 1
    assert found.rings["ring_id"].to_list() == plain.two_card().rings["ring_id"].to_list()
    apart = communities(world.linked, method="components")
    assert apart.members.height == communities(plain.linked).members.height + 3
    for question in ("paths", "cycles", "patterns", "communities"):  # of payments alone: no register has a say
        (_, one), (_, two) = (answer(question, which) for which in (world, plain))
        assert one.equals(two)


WINDOWS = ("0h", "-1h", "-0s", "", "h", "1.5h", "24", "soon")


@pytest.mark.parametrize("name", ["paths", "cycles", "rings", "two_card"])
@pytest.mark.parametrize("within", WINDOWS)
def test_a_window_of_no_length(name, within):
    with pytest.raises(QuestionError, match="a duration longer than zero"):
        answer(name, World(RING_STORY, town_links()), within=within)


@pytest.mark.parametrize("within", WINDOWS)
def test_a_wait_of_no_length(within):
    world = World(RING_STORY)
    with pytest.raises(QuestionError, match=r"gap: .*a duration longer than zero"):
        paths(world.flows, from_ids=["c1"], gap=within)
    for kind, name in (("chain", "gap"), ("fan_in", "within"), ("awakening", "dormant")):
        with pytest.raises(QuestionError, match=rf"{kind}, {name}: .*a duration longer than zero"):
            patterns(world.flows, [kind], settings={kind: {name: within}})


@pytest.mark.parametrize("name", ["paths", "cycles", "patterns"])
@pytest.mark.parametrize(
    ("since", "until"), [("2024-03-02", "2024-03-02"), ("2024-03-02", "2024-03-01"), (5, 5), (5, 4), (None, "tomorrow")]
)
def test_a_period_of_no_length(name, since, until):
    with pytest.raises(QuestionError, match="until"):
        answer(name, World(RING_STORY), since=since, until=until)


@pytest.mark.parametrize("name", ["paths", "cycles", "patterns"])
def test_a_period_without_payments_has_no_instance(name):
    assert answer(name, World(RING_STORY), since="2030-01-01")[1].is_empty()
    assert answer(name, World(RING_STORY), until="1999-01-01")[1].is_empty()


@pytest.mark.parametrize("name", ["paths", "cycles", "rings", "two_card"])
def test_a_window_longer_than_all_time_is_all_time(name):
    world = World(RING_STORY, town_links())
    assert answer(name, world, within="99999999999999999999d")[1].equals(answer(name, world, within="40000d")[1])


N = 1_000_000

in_one_place = pytest.mark.xdist_group("star")  # one worker makes the star, not each


def starred(at_us: np.ndarray) -> pl.DataFrame:
    """Half a million accounts that pay one, and half a million that it pays, once each."""
    inward, leaf = pl.Series(np.arange(N) < N // 2), leaves()
    return pl.DataFrame({"inward": inward, "leaf": leaf}).select(
        transaction_id=pl.lit("00000000000000ab:") + pl.int_range(pl.len()).cast(pl.String),
        payer_id=pl.when("inward").then("leaf").otherwise(pl.lit("hub")),
        payee_id=pl.when("inward").then(pl.lit("hub")).otherwise("leaf"),
        amount_fen=pl.Series(np.random.default_rng(1).integers(1, 10**7, N)),
        at_us=pl.Series(at_us),
        seq=pl.int_range(pl.len()).cast(pl.Int64),
        at_precision_us=pl.lit(SECOND_US, pl.Int64),
        channel=pl.lit("transfer", pl.Enum(CHANNELS)),
    )


def leaves() -> pl.Series:
    return pl.Series("leaf", "9900" + pl.Series(np.arange(N)).cast(pl.String).str.zfill(9))


@pytest.fixture(scope="module")
def star():
    print("star: rng_seed=1")
    at_us = DAY_1_US + np.sort(np.random.default_rng(1).integers(0, 720, N)) * HOUR_US
    return flow_graph(starred(at_us))


@pytest.fixture(scope="module")
def gateway():
    """A million accounts behind one address on the net."""
    frame = pl.DataFrame({"a_id": leaves(), "record": np.arange(N)}).with_columns(
        kind=pl.lit("logged_in_on"), a_kind=pl.lit("account"), b_kind=pl.lit("ip"), b_id=pl.lit("gateway"), n_seen=1
    )
    return link_graph(conform(frame.with_columns(pl.col("n_seen").cast(pl.Int64)), "links"))


@in_one_place
def test_a_star_of_a_million_paths_and_cycles(star):
    first, last = leaves()[0], leaves()[N - 1]
    found = paths(star, from_ids=[first], to_ids=[last], n_paths_max=3)
    assert found.steps["payee_id"].to_list() == ["hub", last] and not found.truncated
    assert paths(star, from_ids=[last], to_ids=[first]).paths.is_empty()
    many = leaves().head(1000).to_list()
    capped = paths(star, from_ids=many, to_ids=[last], best="widest", gap="700h", arrivals_max=10)
    assert capped.truncated  # more arrivals than are looked back at: said, not hidden
    assert cycles(star).cycles.is_empty()


@in_one_place
def test_a_star_of_a_million_patterns(star):
    found = patterns(star, [kind for kind in PATTERNS if kind not in ("gather_scatter", "pass_through")])
    tall = dict(
        found.patterns.filter(pl.col("account_id") == "hub").group_by("kind").agg(pl.col("n_transactions").max()).iter_rows()
    )
    assert tall["fan_in"] == tall["fan_out"] == N // 2
    assert not set(found.patterns["kind"]) & {"scatter_gather", "bipartite", "stack", "chain"}


@in_one_place
@pytest.mark.parametrize("method", COMMUNITY_METHODS)
def test_a_star_of_a_million_hangs_together(method, star, gateway):
    for graph in (star, gateway):
        assert communities(graph, method=method).communities["n_members"].to_list() == [N + 1]


@in_one_place
def test_what_binds_a_star(star):
    bound = bonds(star, communities(star, method="components"), 1)
    assert dict(bound.schema) == COMMUNITY_BOND_SCHEMA and bound.height == N + 1
    assert bound.row(0, named=True)["account_id"] == "hub"
    assert bound["inside_fen"].sum() == 2 * int(star.amount_fen.sum())


@in_one_place
@pytest.mark.parametrize("question", [rings, two_card])
def test_a_star_of_a_million_is_no_ring(question, star, gateway):
    found = question(star, gateway)
    assert found.rings.is_empty()
    assert found.ambiguities["accounts_in_one_table"] == 0


def test_the_schema_of_nothing_is_that_of_something():
    nobody = World()
    assert dict(bonds(nobody.flows, communities(nobody.flows), 5).schema) == COMMUNITY_BOND_SCHEMA
    assert dict(empty("transactions").schema) == TABLES["transactions"].schema
