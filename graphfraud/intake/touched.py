"""Which legs already in the store a new file's legs may change: they are taken out, and all are matched together again."""

from dataclasses import dataclass

import polars as pl

from graphfraud.intake import aliases
from graphfraud.intake.legs import CASHLIKE, RECONCILE_SCHEMA, UNKNOWN, ends, hashed
from graphfraud.intake.retelling import legs_of
from graphfraud.store.contract import Store
from graphfraud.tables import empty
from graphfraud.units import DAY_US, NONE

WAITING_CHECKS = ("reversed", "reversal_unmatched")
"""Rows set apart that a later file may still change; ``records.leg`` holds them whole."""

LEG_DTYPE = pl.Struct({c: RECONCILE_SCHEMA[c] for c in RECONCILE_SCHEMA if c not in ("record", "source_id", "row", "bucket")})
"""What stands as JSON in ``records.leg``."""

_SCAN = ["transaction_id", "payer_id", "payee_id", "amount_fen", "channel", "legs"]


@dataclass(frozen=True, slots=True)
class Touched:
    """Stored rows that are matched again.

    Attributes
    ----------
    transactions : frame of table ``transactions``
        They are replaced by what the matching gives.
    legs : frame of RECONCILE_SCHEMA
        Theirs, and those set apart; ids canonical.
    before : frame ``record``, ``outcome``
        What became of each of those legs so far.
    """

    transactions: pl.DataFrame
    legs: pl.DataFrame
    before: pl.DataFrame


def touched(store: Store, new: pl.DataFrame, names: pl.DataFrame, changed: pl.DataFrame, window_us: int) -> Touched:
    """Find the stored legs that matching together with ``new`` may change.

    Parameters
    ----------
    store : Store
    new : frame of RECONCILE_SCHEMA
        Legs of the file, ids canonical.
    names, changed : frames ``id``, ``canonical``
        All ids that are not canonical; those that were so until this load.
    window_us : int, microseconds
        Legs further apart in time than this never touch.
    """
    if not store.counts()["records"]:
        return Touched(empty("transactions"), new.clear(), pl.DataFrame(schema={"record": pl.Int64, "outcome": pl.String}))
    waiting = _waiting(store, names)
    old = changed.get_column("id")
    rekeyed = [store.find("transactions", end, old) for end in ("payer_id", "payee_id")] if old.len() else []
    found = pl.concat([empty("transactions"), *rekeyed]).unique("transaction_id")
    apart = waiting.clear()
    while True:
        legs = pl.concat([new, _taken_apart(found, store, names), apart])
        more_found = _touched_transactions(store, legs, changed, found, window_us)
        more_apart = _touched_waiting(waiting, legs, apart)
        if not more_found.height and not more_apart.height:
            break
        found, apart = pl.concat([found, more_found]), pl.concat([apart, more_apart])
    stored = legs.slice(new.height)
    return Touched(found, stored, _before(found, stored, store))


def _touched_transactions(
    store: Store, legs: pl.DataFrame, changed: pl.DataFrame, found: pl.DataFrame, window_us: int
) -> pl.DataFrame:
    """Return the stored transactions, not found yet, that share what matching goes by with one of ``legs``."""
    if not legs.height or not store.counts()["transactions"]:
        return found.clear()
    since, until = legs.select(since=pl.col("at_us").min() - window_us, until=pl.col("at_us").max() + window_us + 1).row(0)
    scan = store.read("transactions", since_us=since, until_us=until, columns=_SCAN)
    if not scan.height:
        return found.clear()
    scan = aliases.apply(scan, changed, "payer_id", "payee_id")  # ids at rest are canonical but for these
    known = scan.select(
        *(pl.when(~pl.col(e).str.starts_with(UNKNOWN)).then(e).alias(e) for e in ("payer_id", "payee_id")), "amount_fen"
    )
    told = legs.select("side", "state", "channel", "own_id", "amount_fen", *ends())
    hit = _among(known, told, "payer_id", "payee_id", "amount_fen")
    hit |= _meets_loose(scan, known, told)
    back = told.filter(pl.col("state") == "reversal").select("amount_fen", payer_id="own_id", payee_id="own_id")
    for end in ("payer_id", "payee_id") if back.height else ():
        hit |= _among(known, back, end, "amount_fen")
    ids = scan.filter(hit).get_column("transaction_id")
    if found.height:
        ids = ids.filter(~ids.is_in(found["transaction_id"].implode()))
    return store.find("transactions", "transaction_id", ids) if ids.len() else found.clear()


def _meets_loose(scan: pl.DataFrame, known: pl.DataFrame, told: pl.DataFrame) -> pl.Series:
    """Tell which transactions share one end with a leg that does not print the other, or the other way round."""
    cash = scan.get_column("channel").is_in(CASHLIKE)
    hit = pl.Series(cash & False)
    for end, other in (("payer_id", "payee_id"), ("payee_id", "payer_id")):
        side = end.removesuffix("_id")
        unprinted = scan.get_column("legs").str.contains(f'"{side}":{{"printed":false', literal=True).fill_null(False)
        loose = (known.get_column(other).is_null() & ~cash) | unprinted
        if loose.any():
            hit |= loose & _among(known, told, end, "amount_fen")
        asking = told.filter(pl.col(other).is_null() & ~pl.col("channel").is_in(CASHLIKE))
        if asking.height:
            hit |= _among(known, asking, end, "amount_fen")
    return hit


def _among(rows: pl.DataFrame, asked: pl.DataFrame, *columns: str) -> pl.Series:
    """Tell which rows agree with some row of ``asked`` in all columns (by a 64-bit hash: a row too many does no harm)."""
    return hashed(rows, *columns).is_in(hashed(asked, *columns).unique().implode())


def _touched_waiting(waiting: pl.DataFrame, legs: pl.DataFrame, apart: pl.DataFrame) -> pl.DataFrame:
    if not waiting.height:
        return waiting
    told = legs.select("amount_fen", *ends())
    either = pl.concat([told.select("amount_fen", id=end) for end in ("payer_id", "payee_id")]).drop_nulls().unique()
    its = waiting.select("record", "amount_fen", *ends())
    near = pl.concat([its.select("record", "amount_fen", id=end) for end in ("payer_id", "payee_id")]).drop_nulls()
    records = near.join(either, on=["amount_fen", "id"], how="semi").get_column("record")
    return waiting.filter(pl.col("record").is_in(records.implode()) & ~pl.col("record").is_in(apart["record"].implode()))


def _waiting(store: Store, names: pl.DataFrame) -> pl.DataFrame:
    """Return the legs set apart, ids canonical."""
    rows = store.find("records", "check", pl.Series(WAITING_CHECKS)).drop_nulls("leg")
    legs = rows.select("record", "source_id", "row", leg=pl.col("leg").str.json_decode(LEG_DTYPE)).unnest("leg")
    legs = legs.with_columns(bucket=pl.format("{}>{}", *ends(unknown="")))
    return aliases.apply(legs.select(*RECONCILE_SCHEMA), names, "own_id", "cp_id")


def _taken_apart(transactions: pl.DataFrame, store: Store, names: pl.DataFrame) -> pl.DataFrame:
    if not transactions.height:
        return legs_of(transactions, empty("sources"))
    return aliases.apply(legs_of(transactions, store.read("sources")), names, "own_id", "cp_id")


def _before(transactions: pl.DataFrame, legs: pl.DataFrame, store: Store) -> pl.DataFrame:
    """Say what became of the stored legs so far."""
    ends_of = [transactions.select("transaction_id", record=c) for c in ("payer_record", "payee_record", "report_record")]
    matched = pl.concat(ends_of).filter(pl.col("record") > NONE)
    first = pl.col("record") == pl.col("record").min().over("transaction_id")
    matched = matched.select("record", outcome=pl.when(first).then(pl.lit("kept")).otherwise(pl.lit("mirrored")))
    others = legs.filter(~pl.col("record").is_in(matched["record"].implode())).get_column("record")
    apart = store.find("records", "record", others).select("record", "outcome") if others.len() else matched.clear()
    return pl.concat([matched, apart])


def window_us(skew_us: int, report_tolerance_us: int, reversal_window_us: int) -> int:
    """Return how far apart in time two legs can be and still touch."""
    return max(skew_us, report_tolerance_us, reversal_window_us) + DAY_US
