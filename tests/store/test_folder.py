"""The folder store: damage is named, nothing is half there, one writes and many read."""

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from graphfraud.errors import StoreError
from graphfraud.graph.flows import flow_graph
from graphfraud.store import encoding, folder, manifest, parts
from graphfraud.store.contract import Batch
from graphfraud.store.digest import content_digest
from graphfraud.store.folder import FolderStore
from graphfraud.store.open import open_store
from graphfraud.tables import TABLES, empty


@pytest.fixture
def held(tmp_path, every_column) -> Path:
    """A store with all tables in it, opened by nobody."""
    store = open_store(tmp_path / "store")
    put(store, "all", every_column)
    return tmp_path / "store"


def put(store, batch_id, rows=None, removed=None):
    with store.writing():
        store.commit(Batch(batch_id, rows or {}, removed or {}))


def part(where: Path, table: str) -> Path:
    found = sorted((where / "parts").glob(f"{table}-*.parquet"))
    assert len(found) == 1
    return found[0]


# --- opening


def test_a_folder_becomes_a_store_with_the_first_write(tmp_path):
    store = open_store(tmp_path / "a" / "b")
    assert store.read("accounts").height == 0
    assert not (tmp_path / "a").exists()
    with store.writing():
        pass
    assert (tmp_path / "a" / "b" / "MANIFEST.json").is_file()


def test_no_store_where_one_is_asked_for(tmp_path):
    with pytest.raises(StoreError, match="no store") as caught:
        open_store(tmp_path / "nothing", create=False)
    assert caught.value.exit_code == 4


def test_a_folder_of_other_things_is_refused(tmp_path):
    (tmp_path / "letter.txt").write_text("not a store")
    with pytest.raises(StoreError, match="other things"):
        open_store(tmp_path)


def test_an_unknown_kind_of_address(tmp_path):
    with pytest.raises(StoreError, match="unknown kind"):
        open_store("postgres://somewhere")


@pytest.mark.parametrize("key", ["format", "schema"])
def test_a_store_of_a_newer_version_is_refused(held, key):
    path = held / "MANIFEST.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), key: 99}))
    with pytest.raises(StoreError, match="newer graphfraud"):
        open_store(held)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"\x00\xff" * 50])
def test_a_manifest_that_cannot_be_read(held, damage):
    (held / "MANIFEST.json").write_bytes(damage)
    with pytest.raises(StoreError, match=r"MANIFEST\.json"):
        open_store(held)


def test_a_manifest_that_was_edited(held):
    path = held / "MANIFEST.json"
    body = json.loads(path.read_text())
    body["parts"] = body["parts"][1:]
    path.write_text(json.dumps(body))
    with pytest.raises(StoreError, match="checksum"):
        open_store(held)


def test_a_manifest_that_is_missing(held):
    (held / "MANIFEST.json").unlink()
    with pytest.raises(StoreError, match=r"parts but no MANIFEST\.json"):
        open_store(held)


# --- damaged parts


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def swap(path: Path) -> None:
    path.write_bytes(part(path.parent.parent, "holders").read_bytes())


@pytest.mark.parametrize("harm", [flip, cut, swap, Path.unlink])
def test_a_damaged_part_is_named(held, harm):
    harm(part(held, "accounts"))
    store = open_store(held, create=False)
    with pytest.raises(StoreError, match=r"parts/accounts-\d+\.parquet") as caught:
        store.read("accounts")
    assert "copy" in caught.value.remedy
    assert store.read("holders").height
    assert [(p.kind, p.table) for p in store.check()] == [("damage", "accounts")]


def test_a_checksum_is_computed_once_per_process(held, monkeypatch):
    computed = []
    original = parts.file_sha256
    monkeypatch.setattr(parts, "file_sha256", lambda path: computed.append(path.name) or original(path))
    parts._verified.clear()
    store = open_store(held)
    for _ in range(3):
        store.read("accounts")
        open_store(held).read("accounts")
    assert len(computed) == 1
    store.check()
    assert len(computed) == 1 + len(TABLES)  # check trusts nothing


# --- layout


def accounts(n: int, first: int = 0, bank: str = "b") -> pl.DataFrame:
    ids = [f"62220299{i:08d}" for i in range(first, first + n)]
    return pl.concat([empty("accounts"), pl.DataFrame({"account_id": ids, "bank": [bank] * n})], how="diagonal").with_columns(
        record=pl.lit(-1, pl.Int64)
    )


def test_small_parts_are_folded_into_the_next(tmp_path):
    store = open_store(tmp_path / "store")
    for n in range(6):
        put(store, str(n), {"accounts": accounts(3, 3 * n)})
    assert len(store._manifest.of("accounts")) == 1
    assert store.read("accounts")["account_id"].sort().to_list() == accounts(18)["account_id"].to_list()


def test_large_parts_stay_and_lose_rows_by_lists(tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "FOLD_ROWS", 10)
    store = open_store(tmp_path / "store")
    put(store, "a", {"accounts": accounts(100)})
    put(store, "b", {"accounts": accounts(3, 10, "newer")}, {"accounts": accounts(5, 50).select("account_id")})
    put(store, "c", {"accounts": accounts(20, 100)})
    assert [len(p.dead) for p in store._manifest.of("accounts")] == [1, 0]
    assert store.counts()["accounts"] == store.read("accounts").height == 115
    assert store.find("accounts", "account_id", accounts(5, 50)["account_id"]).height == 0
    assert store.find("accounts", "account_id", accounts(1, 10)["account_id"])["bank"].to_list() == ["newer"]
    put(store, "d", {"accounts": accounts(40, 0, "newest")})  # so many that the part is written anew
    assert store.counts()["accounts"] == store.read("accounts").height == 115
    assert [p.rows for p in store._manifest.of("accounts")] == [23, 95]


def test_one_column_at_a_time_gives_the_digest_of_whole_tables(tmp_path, monkeypatch, every_column):
    """On parts with lists of rows that no longer count too; the keys of links are ordered as their texts are."""
    monkeypatch.setattr("graphfraud.store.folder.FOLD_ROWS", 1)
    store = open_store(tmp_path / "s")
    put(store, "1", every_column)
    assert store.digest() == content_digest(store.read)
    put(store, "2", {}, {name: frame.head(2).select(TABLES[name].key) for name, frame in every_column.items()})
    assert any(part.dead for part in store._manifest.parts)
    assert store.digest() == content_digest(store.read)
    shuffled = {name: store.read(name).sample(fraction=1, shuffle=True, seed=1) for name in TABLES}
    assert store.digest() == content_digest(shuffled.__getitem__)


@pytest.mark.parametrize("span", [1, 3, 1000])
def test_rows_are_found_whatever_part_and_span_they_stand_in(tmp_path, monkeypatch, span):
    monkeypatch.setattr("graphfraud.store.folder.FOLD_ROWS", 1)
    monkeypatch.setattr("graphfraud.store.folder._SPAN_ROWS", span)
    store = open_store(tmp_path / "s")
    put(store, "1", {"accounts": accounts(10)})
    put(store, "2", {"accounts": accounts(4, first=8, bank="c")})
    whole = store.read("accounts")
    wanted = whole["account_id"].gather([0, 3, 7, 11])
    found = store.find("accounts", "account_id", wanted)
    assert found.sort("account_id").equals(whole.filter(pl.col("account_id").is_in(wanted.implode())).sort("account_id"))
    assert found.height == 4 and store.find("accounts", "bank", pl.Series(["c"])).height == 4


def test_compacting_keeps_the_content_and_drops_the_rest(tmp_path, monkeypatch, every_column):
    monkeypatch.setattr(folder, "FOLD_ROWS", 1)
    store = open_store(tmp_path / "store")
    put(store, "a", every_column)
    put(store, "b", {"accounts": every_column["accounts"].head(2).with_columns(bank=pl.lit("x"))})
    put(store, "c", {"accounts": accounts(4)})
    old, before = open_store(tmp_path / "store"), store.digest()
    assert store.compact() > 0
    assert store.digest() == before
    assert {p.name for p in (tmp_path / "store" / "parts").iterdir()} == store._manifest.files()
    with pytest.raises(StoreError, match="compacted"):
        old.read("accounts")
    assert store.compact() == 0


def test_transactions_rest_in_total_order(tmp_path, every_column):
    store = open_store(tmp_path / "store")
    put(store, "a", {"transactions": every_column["transactions"].reverse()})
    frame = store.read("transactions", columns=["at_us", "seq"])
    assert frame.rows() == sorted(frame.rows())


# --- codes


def decoded(store, **window):
    frame, ids = store.read_coded(**window)
    return frame.with_columns(ids.gather(frame[end]).alias(end) for end in ("payer_id", "payee_id"))


@pytest.mark.parametrize("fold", [1, 1000])
def test_codes_say_what_the_text_says(tmp_path, every_column, monkeypatch, fold):
    monkeypatch.setattr(folder, "FOLD_ROWS", fold)
    store = open_store(tmp_path / "store")
    assert store.read_coded()[0].height == 0
    transactions = every_column["transactions"]
    put(store, "a", {"transactions": transactions.head(16)})
    put(store, "b", {"transactions": transactions.tail(12)}, {"transactions": transactions.head(2).select("transaction_id")})
    until = transactions["at_us"].sort()[15]
    for _ in range(2):  # the first time makes the index, the second reads it
        for window in ({}, {"until_us": until}):
            expected = store.read("transactions", **window).sort("transaction_id")
            assert decoded(store, **window).sort("transaction_id").equals(expected)


@pytest.mark.parametrize("harm", [flip, cut, Path.unlink])
def test_a_damaged_index_is_made_anew(held, harm):
    store = open_store(held)
    expected = decoded(store).sort("transaction_id")
    for path in sorted((held / "index").iterdir()):
        encoding._good.clear()
        harm(path)
        assert decoded(store).sort("transaction_id").equals(expected)


# --- writers


def test_a_second_writer_waits_and_then_says_who_holds_the_store(held):
    code = (
        "import sys\nfrom graphfraud.store.folder import FolderStore\n"
        "with FolderStore.open(sys.argv[1]).writing():\n    print('in', flush=True); sys.stdin.read()\n"
    )
    other = subprocess.Popen([sys.executable, "-c", code, held], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert other.stdout.readline().strip() == b"in"
        store = FolderStore.open(held, lock_wait_s=0.05)
        with pytest.raises(StoreError, match=f"process {other.pid} since 20") as caught, store.writing():
            pass
        assert caught.value.exit_code == 4
        assert store.read("accounts").height  # readers never wait
    finally:
        other.kill()
        other.communicate()
    with store.writing():  # the claim died with its owner
        pass


def test_what_a_dead_writer_left_is_swept(held):
    (held / "parts" / f"{manifest.TEMPORARY}1-accounts-000009.parquet").write_bytes(b"half")
    (held / "parts" / "accounts-000009.parquet").write_bytes(b"never published")
    (held / f"{manifest.TEMPORARY}1-MANIFEST.json").write_bytes(b"{")
    store = open_store(held)
    with store.writing():
        pass
    names = {p.name for p in (held / "parts").iterdir()}
    assert names == store._manifest.files()
    assert not list(held.glob(f"{manifest.TEMPORARY}*"))


@pytest.mark.parametrize("where", ["parts", "MANIFEST.json"])
def test_an_interrupt_while_writing_leaves_the_store_as_it_was(held, every_column, monkeypatch, where):
    store = open_store(held)
    before, digest = store._manifest, store.digest()
    original = Path.replace

    def interrupted(self, target):
        if where in Path(target).parts:
            raise KeyboardInterrupt
        return original(self, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        put(store, "later", {"accounts": accounts(5)})
    monkeypatch.undo()
    fresh = open_store(held)
    assert fresh._manifest == before
    assert fresh.digest() == store.digest() == digest
    assert not list(held.rglob(f"{manifest.TEMPORARY}*"))
    put(store, "later", {"accounts": accounts(5)})
    assert store.counts()["accounts"] == every_column["accounts"].height + 5


def test_a_folder_under_a_file_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError) as caught:
        open_store(tmp_path / "file" / "store").writing().__enter__()
    assert caught.value.exit_code == 4


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_a_folder_without_permission_cannot_be_written(tmp_path):
    (tmp_path / "shut").mkdir(mode=0o500)
    store, root = open_store(tmp_path / "shut" / "store"), os.geteuid() == 0
    if root:  # whom modes do not stop
        os.seteuid(65534)
    try:
        with pytest.raises(StoreError, match="permissions") as caught, store.writing():
            pass
    finally:
        if root:
            os.seteuid(0)
    assert caught.value.exit_code == 4


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on the size of files")
@pytest.mark.parametrize("blocks", [1, 20])
def test_a_full_disk_leaves_the_store_as_it_was(held, blocks):
    """A limit on file size stands for the full disk: the same refusal in the middle of a write, on every machine."""
    code = (
        "import resource, sys\nimport polars as pl\nfrom graphfraud.errors import StoreError\n"
        "from graphfraud.store.contract import Batch\nfrom graphfraud.store.open import open_store\n"
        "from graphfraud.tables import conform\n"
        "store = open_store(sys.argv[1])\nlimit = int(sys.argv[2]) * 1024\n"
        "ids = pl.DataFrame({'account_id': [str(i * 7919) for i in range(50_000)]})\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))\n"
        "try:\n    with store.writing():\n        store.commit(Batch('big', {'accounts': conform(ids, 'accounts')}))\n"
        "except StoreError as error:\n    print(error.exit_code, error)\n"
    )
    store = open_store(held)
    before = store.digest()
    done = subprocess.run([sys.executable, "-c", code, held, str(blocks)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("4 "), done.stdout + done.stderr
    assert "no room left" in done.stdout
    assert open_store(held).digest() == before
    assert not list(held.rglob(f"{manifest.TEMPORARY}*"))


def test_a_graph_of_codes_is_the_graph_of_the_text(tmp_path, story):
    store = open_store(tmp_path / "store")
    put(store, "a", {"transactions": story})
    frame, ids = store.read_coded()
    assert flow_graph(frame, dictionary=ids).digest == flow_graph(store.read("transactions")).digest
