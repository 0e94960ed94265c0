"""Paths, cycles, patterns and communities by the commands a user types, on a made-up city loaded from its raw files."""

import itertools
import json
from pathlib import Path

import polars as pl
import pytest

from graphfraud.cli.communities import METHOD_NAMES
from graphfraud.cli.instances import PATTERN_NAMES, WORDS, span_text
from graphfraud.cli.main import main
from graphfraud.cli.questions import BEST_NAMES
from graphfraud.findings.communities import COMMUNITY_BOND_SCHEMA, COMMUNITY_METHODS
from graphfraud.findings.paths import BESTS, CYCLE_SCHEMA, PATH_SCHEMA
from graphfraud.findings.patterns import PATTERN_SCHEMA, PATTERNS
from graphfraud.findings.run import EVIDENCE_SCHEMA
from graphfraud.jobs.steps import load
from graphfraud.synthetic.config import WorldConfig
from graphfraud.synthetic.dialects import write_files
from graphfraud.synthetic.world import make_world


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the raw files of a little city and a store of them."""
    folder = tmp_path_factory.mktemp("questions")
    print("city: rng_seed=62")
    world = make_world(WorldConfig(n_transactions=6_000, n_background=250, days=40, victims=(4, 8)), rng_seed=62)
    written = write_files(world, folder / "raw", mess="plain", rng_seed=62)
    done = load(progress=lambda *_: None, store=str(folder / "store"), files=[str(path) for path in written.paths])
    assert done.exit_code == 0
    (folder / "case").write_text(world.cases["case_id"].min(), encoding="utf-8")
    return folder


def _run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    said = capsys.readouterr()
    return stop.value.code, said.out, said.err


def _asked(home: Path, name: str) -> tuple[object, ...]:
    case = (home / "case").read_text(encoding="utf-8")
    words = {
        "paths": ("--case", case, "--k", 2, "--within", "72h", "--retention", "50-100%"),
        "cycles": ("--length-max", 5, "--null-worlds", 2),
        "patterns": ("--null-worlds", 2),
        "communities": (),
    }
    return (name, home / "store", *words[name])


QUESTIONS = {
    "paths": ("paths", "steps", PATH_SCHEMA),
    "cycles": ("cycles", "steps", CYCLE_SCHEMA),
    "patterns": ("patterns", "transactions", PATTERN_SCHEMA),
    "communities": ("bonds", "bonds", COMMUNITY_BOND_SCHEMA),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_answer_leads_to_file_and_row(name: str, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, *_asked(home, name), "--out", tmp_path / "out")
    assert code == 0 and "led back to file and row" in out
    frame, payments, schema = QUESTIONS[name]
    rows = pl.read_parquet(tmp_path / "out" / f"{frame}.parquet")
    assert dict(rows.schema) == schema and rows.height
    paid = pl.read_parquet(tmp_path / "out" / f"{payments}.parquet")
    cited = pl.read_parquet(tmp_path / "out" / "citations.parquet")
    assert dict(cited.schema) == EVIDENCE_SCHEMA
    assert set(cited["id"]) == set(paid["transaction_id"])
    assert (cited["row"] >= 1).all()
    assert set(cited["file"]) <= {path.name for path in (home / "raw").iterdir()}
    facts = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert facts["run"]["question"] == name
    assert {file.stem for file in (tmp_path / "out").glob("*.parquet")} == set(facts["sha256"])


@pytest.mark.parametrize("name", ["paths", "communities", "rings"])
def test_an_answer_is_exported_and_cited(name: str, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = _asked(home, name) if name in QUESTIONS else (name, home / "store")
    links = ("--of", "links") if name == "communities" else ()
    assert _run(capsys, *words, *links, "--out", tmp_path / "out")[0] == 0
    code, cited, _ = _run(capsys, "cite", tmp_path / "out")
    assert code == 0 and "evidence" in cited.splitlines()[0]
    assert len(json.loads(_run(capsys, "cite", tmp_path / "out", "--json")[1])) == len(cited.splitlines()) - 2
    for words in (("cite", tmp_path / "out", "--step", 0), ("draw", tmp_path / "out", "--to", tmp_path / "x.html")):
        code, _, err = _run(capsys, *words)
        assert (code == 2 and f"an answer to {name}" in err) or (code == 0 and words[0] == "draw" and name == "rings")
    code, files, _ = _run(capsys, "export", tmp_path / "out", "--to", "csv", "--out", tmp_path / "tables")
    assert code == 0 and len(files.splitlines()) == len(list((tmp_path / "out").glob("*.parquet")))
    text = cited + "".join(Path(file).read_text(encoding="utf-8") for file in files.splitlines())
    for kind in ("account", "holder", "sim"):
        assert not [number for number in _ids(home, kind) if number in text]
    assert _run(capsys, "export", tmp_path / "out", "--to", "gexf", "--out", tmp_path / "tables")[0] == 2


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_identifier_in_full_unless_asked(name: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = {c for t in ("payer_id", "payee_id") for c in _transactions(home)[t] if not c.startswith("unknown:")}
    for words in ((), ("--language", "zh"), ("--json",)):
        code, out, _ = _run(capsys, *_asked(home, name), *words)
        assert code == 0
        assert not [number for number in store if number in out]
    full = _run(capsys, *_asked(home, name), "--unmask")[1]
    assert [number for number in store if number in full]


def _ids(home: Path, kind: str) -> set[str]:
    from graphfraud.store.open import open_store

    ids = open_store(str(home / "store"), create=False).read(f"{kind}s")[f"{kind}_id"]
    return {number for number in ids if not number.startswith("unknown:")}


def _transactions(home: Path) -> pl.DataFrame:
    from graphfraud.store.open import open_store

    return open_store(str(home / "store"), create=False).read("transactions")


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_same_question_gives_the_same_bytes(
    name: str, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for out in ("one", "two"):
        assert _run(capsys, *_asked(home, name), "--out", tmp_path / out)[0] == 0
    for file in (tmp_path / "one").glob("*.parquet"):
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes(), file.name


def test_paths_of_a_case_begin_with_its_victims(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = json.loads(_run(capsys, *_asked(home, "paths"), "--json", "--unmask", "--top", 999)[1])
    table = _transactions(home)
    seeds = set(table.filter(pl.col("case_id") == facts["case"])["transaction_id"])
    begun = [path["payments"][0]["transaction_id"] for path in facts["paths"]]
    assert set(begun) <= seeds and facts["n_seeds"] == len(seeds)
    assert facts["n_seeds_without"] == len(seeds - set(begun)) < len(seeds)
    assert max(begun.count(one) for one in begun) <= 2
    for path in facts["paths"]:
        assert path["payments"][-1]["channel"] != "transfer"
        amounts = [payment["amount_fen"] for payment in path["payments"]]
        assert all(2 * after >= before >= after for before, after in itertools.pairwise(amounts))
        assert path["end_us"] - path["begin_us"] <= 72 * 3600 * 10**6


def test_paths_between_accounts(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = json.loads(_run(capsys, *_asked(home, "paths"), "--json", "--unmask")[1])
    first, *_, last = facts["paths"][0]["payments"]
    words = ("paths", home / "store", "--from", first["payer_id"], "--to", last["payee_id"], "--json", "--unmask")
    for best in BEST_NAMES:
        found = json.loads(_run(capsys, *words, "--by", best, "--k", 3)[1])
        assert 1 <= found["n_paths"] <= 3 and found["best"] == best
        ends = {(path["first_account_id"], path["last_account_id"]) for path in found["paths"]}
        assert ends == {(first["payer_id"], last["payee_id"])}


def test_patterns_by_kind_with_limits_of_ones_own(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("patterns", home / "store", "--kind", "fan_in", "--null-worlds", 0, "--json", "--top", 9999)
    usual = json.loads(_run(capsys, *words)[1])
    assert {row["kind"] for row in usual["patterns"]} == {"fan_in"} and usual["kinds"] == [
        {"kind": "fan_in", "n": usual["n_patterns"]}
    ]
    fewer = json.loads(_run(capsys, *words, "--set", "fan_in.n_min=9", "--set", "fan_in.within=12h")[1])
    assert 0 < fewer["n_patterns"] < usual["n_patterns"]
    assert all(len({p["payer_id"] for p in row["payments"]}) >= 9 for row in fewer["patterns"] if len(row["payments"]) < 12)


def test_a_cap_is_said_and_strict_makes_it_an_exit_code(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ("cycles", home / "store", "--cycles-max", 1, "--null-worlds", 0),
        ("patterns", home / "store", "--kind", "scatter_gather", "--set", "scatter_gather.wedges_max=1", "--null-worlds", 0),
    ):
        code, out, _ = _run(capsys, *words)
        assert code == 0 and "A limit cut this answer short" in out
        assert _run(capsys, *words, "--strict")[0] == 5
    assert "scatter-gather" in out


def test_communities_of_links_and_by_every_method(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, "communities", home / "store", "--of", "links", "--out", tmp_path / "out", "--top", 3)
    assert code == 0 and "linked entities" in out
    bonds, cited = (pl.read_parquet(tmp_path / "out" / f"{name}.parquet") for name in ("bonds", "citations"))
    assert set(cited["record"]) == set(bonds["record"]) and set(bonds["community"]) == {0, 1, 2}
    for method in METHOD_NAMES:
        facts = json.loads(_run(capsys, "communities", home / "store", "--by", method, "--weight", "count", "--json")[1])
        sizes = [row["n_members"] for row in facts["communities"]]
        assert sizes == sorted(sizes, reverse=True) and facts["method"] == method and sizes[0] > 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("paths",), "--from and --case"),
        (("paths", "--from", "nobody"), "which has no transaction"),
        (("paths", "--case", "no such case"), "no victim payment"),
        (("paths", "--from", "a", "--retention", "100-80%"), "the smaller first"),
        (("paths", "--from", "a", "--retention", "most"), "80-100%"),
        (("paths", "--case", "{case}", "--gap", "0h"), "a duration longer than zero"),
        (("paths", "--case", "{case}", "--by", "nicest"), "--by"),
        (("cycles", "--window", "-1h"), "a duration longer than zero"),
        (("cycles", "--length-max", "1"), "--length-max"),
        (("cycles", "--since", "2024-03-02", "--until", "2024-03-01"), "a time after since"),
        (("patterns", "--kind", "octopus"), "--kind"),
        (("patterns", "--set", "fan_in"), "KIND.NAME=VALUE"),
        (("patterns", "--set", "octopus.n=1"), "octopus"),
        (("patterns", "--set", "fan_in.n=1"), "some of within, n_min"),
        (("patterns", "--set", "fan_in.within=-1h"), "a duration longer than zero"),
        (("communities", "--resolution", "0"), "a number above 0"),
        (("communities", "--of", "links", "--weight", "amount"), "no money"),
        (("communities", "--by", "infomap"), "--by"),
    ],
)
def test_what_cannot_be_asked_is_said(
    words: tuple[str, ...], says: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = (home / "case").read_text(encoding="utf-8")
    command, *rest = (word.format(case=case) for word in words)
    code, out, err = _run(capsys, command, home / "store", *rest)
    assert code == 2 and says in err and not out, err
    assert "Traceback" not in err


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_store_that_is_not_there(name: str, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command, _, *rest = _asked(home, name)
    code, _, err = _run(capsys, command, tmp_path / "nowhere", *rest)
    assert code == 4 and "expected" in err


def test_names_on_the_command_line_are_those_of_the_engine() -> None:
    assert BEST_NAMES == BESTS and tuple(PATTERN_NAMES) == PATTERNS and METHOD_NAMES == COMMUNITY_METHODS


@pytest.mark.parametrize(
    ("seconds", "says"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3_725, "1 h 2 min"), (86_400, "1 d"), (90_000, "1 d 1 h"), (86_459, "1 d")],
)
def test_a_stretch_of_time_in_words(seconds: int, says: str) -> None:
    assert span_text(seconds * 1_000_000, WORDS["en"]) == says
