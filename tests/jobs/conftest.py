"""A little city whose files come in two nights, and its nightly plan."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from graphfraud.jobs.nightly import load_new
from graphfraud.synthetic.config import WorldConfig
from graphfraud.synthetic.dialects import write_files
from graphfraud.synthetic.world import make_world

PLAN = Path(__file__).parents[2] / "examples" / "jobs" / "two_card_nightly.toml"


def quiet(_what: str, _done: int, _total: int) -> None:
    """Show no progress."""


@dataclass(frozen=True)
class City:
    """Its home holds an inbox and a store with the first night's files; ``late`` are the files of the second night."""

    home: Path
    late: tuple[Path, ...]

    def copy(self, to: Path) -> Path:
        """Copy the home and put the nightly plan beside it, with fewer worlds of chance and pages."""
        shutil.copytree(self.home, to)
        text = PLAN.read_text(encoding="utf-8").replace('within = "24h"', 'within = "24h"\nnull_worlds = 19')
        (to / "nightly.toml").write_text(text.replace("top = 20", "top = 2"), encoding="utf-8")
        return to


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    folder = tmp_path_factory.mktemp("city")
    print("city: rng_seed=61")
    world = make_world(WorldConfig(n_transactions=2_500, n_background=120, days=30, victims=(3, 5)), rng_seed=61)
    written = write_files(world, folder / "raw", mess="plain", rng_seed=61).paths
    late = tuple(path for path in written if path.name.startswith(("北辰银行", "案件")))
    (folder / "home" / "inbox").mkdir(parents=True)
    for path in written:
        if path not in late:
            shutil.copy(path, folder / "home" / "inbox")
    done = load_new(progress=quiet, store=str(folder / "home" / "store"), inbox=str(folder / "home" / "inbox"))
    assert done.exit_code == 0 and done.facts["n_new"] == len(written) - 2
    return City(folder / "home", late)
