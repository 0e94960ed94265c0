"""The laws of tracing, as programs: they hold whatever the rule."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .nasty import RULES, World, often, rows, worlds

EXACT = [rule for rule in RULES if rule != "poison"]
LEFT = 1


def _seeded(world: World) -> Counter:
    told: Counter = Counter()
    for seed, fen in zip(world.seed_of, world.amount_fen, strict=True):
        if seed >= 0:
            told[seed] += fen
    return told


def _ask(rule: str, world: World):
    return rows(RULES[rule][0](*world.arrays()))


@pytest.mark.parametrize("rule", RULES)
@given(world=worlds())
@often
def test_conservation(rule: str, world: World) -> None:
    """Seeds and what was mixed in are what rests, left, or went beyond: per seed where nothing is mixed."""
    _, lots, totals = _ask(rule, world)
    found: Counter = Counter()
    for _, seed, _, _, _, fen in lots:
        assert fen > 0
        found[seed] += fen
    assert found.total() == _seeded(world).total() + totals[0]
    if rule in EXACT:
        assert totals[0] == 0
        assert found == _seeded(world)


@pytest.mark.parametrize("rule", EXACT)
@given(world=worlds())
@often
def test_causality(rule: str, world: World) -> None:
    """At every transaction the payer had, of each seed and hop, what it sends on; money at a hop came by the hop before."""
    steps, _, _ = _ask(rule, world)
    held: Counter = Counter()
    for tx, seed, hop, fen in steps:
        payer, payee = world.payer_ix[tx], world.payee_ix[tx]
        if hop == 1:
            assert world.seed_of[tx] == seed
        else:
            held[payer, seed, hop - 1] -= fen
            assert held[payer, seed, hop - 1] >= 0
            assert hop <= world.hops_max
            assert world.at_us[tx] <= world.deadline_us[seed]
        if not world.is_exit[tx]:
            held[payee, seed, hop] += fen


@pytest.mark.parametrize("rule", RULES)
@given(world=worlds(), n=st.integers(0, 16))
@often
def test_prefix(rule: str, world: World, n: int) -> None:
    """What is known later does not change what was found earlier."""
    steps, lots, _ = _ask(rule, world)
    steps_n, lots_n, _ = _ask(rule, world.head(n))
    assert steps_n == [step for step in steps if step[0] < n]
    assert [lot for lot in lots_n if lot[3] == LEFT] == [lot for lot in lots if lot[3] == LEFT and lot[4] < n]


@pytest.mark.parametrize("rule", RULES)
@given(world=worlds(), data=st.data())
@often
def test_relabelling_accounts_permutes_the_answer(rule: str, world: World, data) -> None:
    n_accounts = len(world.opening_fen)
    new = data.draw(st.permutations(range(n_accounts)))
    moved = replace(
        world,
        payer_ix=[new[a] for a in world.payer_ix],
        payee_ix=[new[a] for a in world.payee_ix],
        opening_fen=[world.opening_fen[new.index(a)] for a in range(n_accounts)],
    )
    steps, lots, totals = _ask(rule, world)
    moved_steps, moved_lots, moved_totals = _ask(rule, moved)
    assert moved_steps == steps
    assert moved_totals == totals
    assert sorted(moved_lots) == sorted([new[account], *rest] for account, *rest in lots)


@pytest.mark.parametrize("rule", EXACT)
@given(world=worlds())
@often
def test_within_poison(rule: str, world: World) -> None:
    """Where a rule sees a seed's money move, poison sees it move too, by no more hops."""
    steps, lots, _ = _ask(rule, world)
    poison_steps, _, _ = _ask("poison", world)
    fewest = {(tx, seed): hop for tx, seed, hop, _ in poison_steps}
    assert all(fewest[tx, seed] <= hop for tx, seed, hop, _ in steps)
    assert {(seed, tx) for _, seed, _, _, tx, _ in lots} <= {(seed, tx) for tx, seed, _, _ in poison_steps}


@pytest.mark.parametrize("rule", EXACT)
@given(world=worlds())
@often
def test_no_transaction_carries_more_taint_than_its_amount(rule: str, world: World) -> None:
    steps, _, _ = _ask(rule, world)
    carried: Counter = Counter()
    for tx, _, _, fen in steps:
        assert fen > 0
        carried[tx] += fen
    assert all(fen <= world.amount_fen[tx] for tx, fen in carried.items())


@pytest.mark.parametrize("rule", RULES)
@given(world=worlds())
@often
def test_a_lot_names_the_step_that_made_it(rule: str, world: World) -> None:
    steps, lots, _ = _ask(rule, world)
    made = {(tx, seed, hop): (world.payer_ix[tx], world.payee_ix[tx]) for tx, seed, hop, _ in steps}
    for account, seed, hop, end, tx, _ in lots:
        payer, payee = made[tx, seed, hop]
        assert account == (payer if end == LEFT else payee)
