import numpy as np
import pytest

from graphfraud.errors import QuestionError
from graphfraud.synthetic.draws import Draws
from graphfraud.synthetic.schemes import SCHEMES
from graphfraud.synthetic.world import make_scheme

WIDTH, DEPTH, AMOUNT = 4, 3, 100_000


def moved(name):
    return SCHEMES[name](Draws(1, 1), WIDTH, DEPTH, AMOUNT, 1_709_222_400_000_000)


def shape(moves):
    return len(moves.payer), len(set(moves.payer.tolist())), len(set(moves.payee.tolist()))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("fan_in", (4, 4, 1)),
        ("fan_out", (4, 1, 4)),
        ("chain", (3, 3, 3)),
        ("cycle", (4, 4, 4)),
        ("scatter_gather", (8, 5, 5)),
        ("gather_scatter", (8, 5, 5)),
        ("bipartite", (16, 4, 4)),
        ("stack", (48, 12, 12)),
    ],
)
def test_a_scheme_has_its_shape(name, expected):
    assert shape(moved(name)) == expected


@pytest.mark.parametrize("name", SCHEMES)
def test_no_scheme_pays_out_more_than_came_in_or_before_it_came(name):
    moves = moved(name)
    order = np.argsort(moves.at_us, kind="stable")
    held = {}
    for payer, payee, fen in zip(moves.payer[order], moves.payee[order], moves.amount_fen[order], strict=True):
        if payer in held:
            held[payer] -= fen
            assert held[payer] >= 0
        held[payee] = held.get(payee, 0) + fen
    assert (moves.amount_fen > 0).all()


def test_a_cycle_ends_where_it_began_and_a_chain_does_not():
    cycle, chain = moved("cycle"), moved("chain")
    assert cycle.payee[-1] == cycle.payer[0]
    assert np.array_equal(chain.payee[:-1], chain.payer[1:])


@pytest.mark.parametrize("name", SCHEMES)
def test_a_bare_scheme_is_a_world_of_its_own(name):
    world = make_scheme(name, width=WIDTH, depth=DEPTH, amount_fen=AMOUNT, rng_seed=2)
    paid = world.transactions.filter(world.truth.transactions["victim_id"].is_not_null())["amount_fen"].sum()
    assert paid == world.truth.victims["paid_fen"].sum() == world.truth.lots["fen"].sum()
    assert world.truth.victims.height == (WIDTH if name in ("fan_in", "gather_scatter", "bipartite", "stack") else 1)
    assert world.cases.height == world.truth.victims.height


def test_an_unknown_scheme_and_an_impossible_size_are_named():
    with pytest.raises(QuestionError, match="stack"):
        make_scheme("pyramid")
    with pytest.raises(QuestionError, match="width"):
        make_scheme("stack", width=0)
