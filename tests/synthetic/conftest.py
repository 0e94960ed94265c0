import pytest

from graphfraud.synthetic.config import closed_config, demo_config
from graphfraud.synthetic.world import World, make_world


@pytest.fixture(scope="session")
def demo_world() -> World:
    return make_world(demo_config(), rng_seed=7)


@pytest.fixture(scope="session")
def closed_world() -> World:
    return make_world(closed_config(10_000), rng_seed=3)
