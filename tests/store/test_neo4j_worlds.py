"""Worlds nobody would think of: in a folder or on a server, the same digest, the same rows, the same graph of money."""

import polars as pl
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from graphfraud.errors import TableError
from graphfraud.graph.flows import flow_graph
from graphfraud.store import mapping
from graphfraud.store.contract import Batch
from graphfraud.store.open import open_store
from graphfraud.tables import CHANNELS, ENTITY_KINDS, LINK_KINDS, OUTCOMES, TABLES, check
from graphfraud.units import AMOUNT_FEN_MAX, TIME_US_MAX, TIME_US_MIN
from tests.neo4j_server import on_servers, wipe

TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), min_size=1, max_size=12)
ID = st.one_of(st.sampled_from(["hub", "6222029900000000001", "unknown:s:1", "张三", "\U0001f600", "a:1", "1:a"]), TEXT)
MAYBE = st.one_of(st.none(), st.just(""), TEXT)
TIME = st.one_of(st.sampled_from([1709254800_000_000, TIME_US_MIN, TIME_US_MAX]), st.integers(TIME_US_MIN, TIME_US_MAX))
FEN = st.one_of(st.sampled_from([1, AMOUNT_FEN_MAX]), st.integers(1, 10**9))
BIG = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))


def rows_of(table: str, **columns: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(st.fixed_dictionaries(columns), max_size=15).map(lambda rows: framed(table, rows))


def framed(table: str, rows: list[dict]) -> pl.DataFrame:
    schema = {c: t for c, t in TABLES[table].schema.items() if not rows or c in rows[0]}
    frame = pl.DataFrame(rows, schema=schema, orient="row").unique(subset=TABLES[table].key, keep="first", maintain_order=True)
    if table == "transactions":
        frame = frame.with_columns(seq=pl.int_range(pl.len(), dtype=pl.Int64) + 2 * frame["seq"].max()) if rows else frame
    return check(frame, table)


WORLDS = st.fixed_dictionaries(
    {
        "transactions": rows_of(
            "transactions",
            transaction_id=ID, payer_id=ID, payee_id=ID, amount_fen=FEN, at_us=TIME, seq=st.integers(0, 2**50),
            at_precision_us=st.just(1), channel=st.sampled_from(CHANNELS), memo=MAYBE,
            payer_balance_fen=BIG, payer_record=st.integers(0, 2**62), case_id=MAYBE,
        ),
        "accounts": rows_of("accounts", account_id=ID, bank=MAYBE, holder_id=MAYBE, balance_fen=BIG, record=st.integers(-1, 9)),
        "links": rows_of(
            "links",
            kind=st.sampled_from(LINK_KINDS), a_kind=st.sampled_from(ENTITY_KINDS), a_id=ID,
            b_kind=st.sampled_from(ENTITY_KINDS), b_id=ID, n_seen=st.integers(1, 5), first_us=st.one_of(st.none(), TIME),
        ),
        "records": rows_of(
            "records",
            record=st.integers(0, 3 * mapping.BLOCK), source_id=ID, row=st.integers(1, 10**6),
            outcome=st.sampled_from(OUTCOMES), message=MAYBE,
        ),
        "call_counts": rows_of(
            "call_counts",
            source_id=ID, sim_id=ID, n_calls=st.integers(1, 2**62), n_days=st.integers(1, 9), first_us=TIME, last_us=TIME,
            n_peers=BIG, place=MAYBE, woken_us=st.one_of(st.none(), TIME), record=st.integers(-1, 9),
        ),
        "cases": rows_of("cases", case_id=ID, victim_id=ID, brief=MAYBE),
        "judgements": rows_of(
            "judgements", judgement_id=ID, a_id=ID, b_id=ID, verdict=st.just("same"), by=TEXT, at_us=TIME, reason=MAYBE
        ),
    }
)  # fmt: skip


def paid(*rows: tuple[str, str, str, int, int]) -> pl.DataFrame:
    """Return transfers: id, payer, payee, amount, microseconds after one instant."""
    return framed(
        "transactions",
        [
            {
                "transaction_id": name, "payer_id": payer, "payee_id": payee, "amount_fen": fen,
                "at_us": 1_709_254_800_000_000 + later, "seq": 0, "at_precision_us": 1, "channel": "transfer",
                "payer_record": n,
            }
            for n, (name, payer, payee, fen, later) in enumerate(rows)
        ],
    )  # fmt: skip


CARD = "6222029900000000001"
NAMED = {
    "transactions": paid(
        ("self", CARD, CARD, 1, 0),
        ("parallel 1", CARD, "张三", 500, 0),
        ("parallel 2", CARD, "张三", 500, 0),
        ("parallel 3", CARD, "张三", 500, 1),
        ("back", "张三", CARD, 500, 0),
        ("nobody known", "unknown:s:1", CARD, AMOUNT_FEN_MAX, 2),
        ("to nobody known", CARD, "unknown:s:2", AMOUNT_FEN_MAX - 1, 2),
        *((f"\U0001f600 {n}", f"\U0001f600{n}", "hub", n + 1, 3) for n in range(200)),
        *((f"out {n}", "hub", f"{10**18 + n}", n + 1, 4) for n in range(200)),
    )
}
"""Self-transfer, parallel and simultaneous transfers, hub, unknown counterparties, Unicode and 19-digit ids, highest amount."""


@on_servers
@example(first=NAMED, second={"transactions": NAMED["transactions"].head(50)})
@settings(deadline=None, derandomize=True, max_examples=12, suppress_health_check=list(HealthCheck))
@given(first=WORLDS, second=WORLDS)
def test_any_world_rests_alike_in_both(place, tmp_path_factory, first, second) -> None:
    wipe(place)
    with open_store(place.uri) as shared:
        folder = open_store(tmp_path_factory.mktemp("folder") / "store")
        for store in (folder, shared):
            with store.writing():
                store.commit(Batch("first", first))
                store.commit(Batch("second", second, {name: rows.head(2) for name, rows in first.items()}))
        assert shared.digest() == folder.digest()
        assert shared.counts() == folder.counts()
        assert shared.next_record() == folder.next_record()
        for name, rows in first.items():
            key = TABLES[name].key[0]
            some = rows[key].head(4)
            assert (
                shared.find(name, key, some).sort(TABLES[name].key).equals(folder.find(name, key, some).sort(TABLES[name].key))
            )
        assert graph_or_refusal(shared.read("transactions")) == graph_or_refusal(folder.read("transactions"))


def graph_or_refusal(transactions: pl.DataFrame) -> str:
    """The graph's digest; where two worlds share a ``seq`` or sums leave int64, the words with which it is refused."""
    try:
        return flow_graph(transactions.filter(pl.col("amount_fen") < 10**9)).digest
    except TableError as refusal:
        return str(refusal)
