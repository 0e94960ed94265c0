import math

import numpy as np
import pytest

from graphfraud.synthetic.draws import Draws, exp


def test_draws_are_these_very_numbers_on_every_machine():
    draws = Draws(2024, 5)
    assert draws.integers(0, 10**9, 3).tolist() == [51045505, 528443729, 995066061]
    assert draws.pick([1, 2, 7], 6).tolist() == [2, 2, 2, 2, 2, 2]
    assert draws.yuan(15_000.0, 1.0, 3).tolist() == [1253000, 1194500, 364800]


def test_exp_is_close_to_the_exponential():
    x = np.linspace(-5, 5, 101)
    assert np.allclose(exp(x), np.exp(x), rtol=4e-3)


def test_lognormal_has_its_median_and_95_per_cent_point():
    sigma = math.log(200 / 15) / 1.6449
    drawn = Draws(1, 1).lognormal(15.0, sigma, 50_000)
    assert np.median(drawn) == pytest.approx(15, rel=0.03)
    assert np.quantile(drawn, 0.95) == pytest.approx(200, rel=0.06)


def test_parts_sum_to_the_whole_and_none_is_empty():
    draws = Draws(3, 1)
    amount, parts = draws.integers(50, 10**9, 500), draws.integers(1, 12, 500)
    parent, part = draws.split(amount, parts)
    assert np.array_equal(np.bincount(parent, minlength=500), parts)
    assert (part > 0).all()
    total = np.zeros(500, np.int64)
    np.add.at(total, parent, part)
    assert np.array_equal(total, amount)


def test_streams_do_not_disturb_each_other():
    assert Draws(1, 1).integers(0, 10**9, 5).tolist() != Draws(1, 2).integers(0, 10**9, 5).tolist()
