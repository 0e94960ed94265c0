"""Movements written as transactions, and transactions taken apart into the legs they were made of: each other's inverse."""

import polars as pl

from graphfraud.intake.legs import INDEX, RECONCILE_SCHEMA, UNKNOWN, legs_at, legs_of_ends
from graphfraud.tables import empty
from graphfraud.units import NONE

_SIDE = pl.Struct(
    {
        "printed": pl.Boolean,  # the leg prints its counterparty's number; stands first, as `touched` looks for it there
        "seq": pl.Int64,
        "at_precision_us": pl.Int64,
        "channel": pl.String,
        "memo": pl.String,
        "own_name": pl.String,
        "cp_name": pl.String,
    }
)

_REPORT = pl.Struct(
    {
        "seq": pl.Int64,
        "at_us": pl.Int64,
        "at_precision_us": pl.Int64,
        "serial": pl.String,
        "channel": pl.String,
        "memo": pl.String,
        "own_id": pl.String,
        "own_name": pl.String,
        "cp_id": pl.String,
        "cp_name": pl.String,
    }
)

LEGS_DTYPE = pl.Struct({"payer": _SIDE, "payee": _SIDE, "report": _REPORT})
"""What stands as JSON in ``transactions.legs``."""

_OF_LEG = (INDEX, *RECONCILE_SCHEMA)


def transactions_of(kept: pl.DataFrame, good: pl.DataFrame) -> pl.DataFrame:
    """Write movements as rows of table ``transactions``."""
    n_legs = pl.sum_horizontal(pl.col("p", "q", "r").is_not_null())
    frames = []
    for end in ("p", "q", "r"):
        single = kept.filter((n_legs == 1) & pl.col(end).is_not_null()).get_column(end)
        if single.len():
            legs = good if single.len() == good.height else legs_at(good, single)
            frames.append(_written(_beside(legs, end), spoken=_spoken() if end == "r" else pl.lit(None, pl.String)))
    several = kept.filter(n_legs > 1)
    if several.height:
        for end in ("p", "q", "r"):
            legs = _beside(legs_of_ends(good, several, (end,)), end).drop(
                [f"{o}_{c}" for o in "pqr" if o != end for c in _OF_LEG]
            )
            several = several.join(legs, left_on=end, right_on=f"{end}_{INDEX}", how="left")
        frames.append(_written(several, spoken=_spoken()))
    return pl.concat(frames) if frames else empty("transactions")


def _beside(legs: pl.DataFrame, end: str) -> pl.DataFrame:
    """Rename a leg's columns to those of one end, the other ends' columns null."""
    schema: dict[str, type[pl.DataType]] = {INDEX: pl.UInt32, **RECONCILE_SCHEMA}
    return legs.select(
        pl.col(c).alias(f"{o}_{c}") if o == end else pl.lit(None, schema[c]).alias(f"{o}_{c}") for o in "pqr" for c in _OF_LEG
    )


def _first(column: str, order: str = "pqr") -> pl.Expr:
    return pl.coalesce(f"{o}_{column}" for o in order)


def _written(m: pl.DataFrame, spoken: pl.Expr) -> pl.DataFrame:
    """Write movements with columns ``p_*``, ``q_*``, ``r_*`` (what the legs say) as transactions."""
    name = pl.format("{}:{}", _first("source_id"), _first("row"))
    channels = [pl.when(pl.col(f"{o}_channel") != "transfer").then(f"{o}_channel") for o in "pqr"]
    payer = pl.coalesce("p_own_id", "q_cp_id", "r_own_id")
    payee = pl.coalesce("q_own_id", "p_cp_id", "r_cp_id")
    m = m.rechunk().with_columns(transaction_id=name, payer_id=payer, payee_id=payee)
    return m.select(
        "transaction_id",
        *(
            pl.col(end).fill_null(pl.format(UNKNOWN + "{}", "transaction_id"))
            if m.get_column(end).null_count()
            else pl.col(end)
            for end in ("payer_id", "payee_id")
        ),
        _first("amount_fen").alias("amount_fen"),
        _first("at_us").alias("at_us"),
        _first("seq").alias("seq"),
        _first("at_precision_us").alias("at_precision_us"),
        pl.coalesce(*channels, pl.lit("transfer")).alias("channel"),
        _first("memo").alias("memo"),
        pl.coalesce("p_own_name", "q_cp_name", "r_own_name").alias("payer_name"),
        pl.coalesce("q_own_name", "p_cp_name", "r_cp_name").alias("payee_name"),
        pl.col("p_at_us").alias("payer_at_us"),
        pl.col("q_at_us").alias("payee_at_us"),
        pl.col("p_balance_fen").alias("payer_balance_fen"),
        pl.col("q_balance_fen").alias("payee_balance_fen"),
        pl.col("p_serial").alias("payer_serial"),
        pl.col("q_serial").alias("payee_serial"),
        pl.col("p_record").fill_null(NONE).alias("payer_record"),
        pl.col("q_record").fill_null(NONE).alias("payee_record"),
        pl.col("r_record").fill_null(NONE).alias("report_record"),
        pl.col("r_case_id").alias("case_id"),
        spoken.alias("legs"),
    )


def _spoken() -> pl.Expr:
    """What the columns of a transaction would not give back of its legs, as JSON; null for nearly all."""

    def same(a: str, b: str) -> pl.Expr:
        return pl.col(a).eq_missing(pl.col(b))

    single = pl.col("r_record").is_null() & (pl.col("p_record").is_null() | pl.col("q_record").is_null())
    plain = (
        pl.col("r_record").is_null()
        & (pl.col("q_seq") == pl.col("q_record"))
        & pl.all_horizontal(same(f"p_{c}", f"q_{c}") for c in ("at_precision_us", "channel", "memo"))
        & same("p_own_name", "q_cp_name")
        & same("p_cp_name", "q_own_name")
        & pl.col("p_cp_id").is_not_null()
        & pl.col("q_cp_id").is_not_null()
    )
    sides = [
        pl.when(pl.col(f"{o}_record").is_not_null())
        .then(
            pl.struct(
                pl.col(f"{o}_cp_id").is_not_null().alias("printed"),
                *(pl.col(f"{o}_{f.name}").alias(f.name) for f in _SIDE.fields[1:]),
            )
        )
        .alias(end)
        for o, end in (("p", "payer"), ("q", "payee"))
    ]
    report = pl.when(pl.col("r_record").is_not_null()).then(
        pl.struct(pl.col(f"r_{f.name}").alias(f.name) for f in _REPORT.fields)
    )
    return pl.when(~single & ~plain.fill_null(False)).then(pl.struct(*sides, report=report).struct.json_encode())


def legs_of(transactions: pl.DataFrame, sources: pl.DataFrame) -> pl.DataFrame:
    """Take transactions apart: the legs they were made of, exactly; the inverse of :func:`reconcile`.

    Parameters
    ----------
    transactions : frame of table ``transactions``
    sources : frame of table ``sources``
        Those the transactions' records stand in.

    Returns
    -------
    frame of RECONCILE_SCHEMA
    """
    t = transactions.with_columns(
        spoken=pl.col("legs").str.json_decode(LEGS_DTYPE),
        bucket=pl.format("{}>{}", "payer_id", "payee_id"),
        own_payer=pl.col("payer_id"),
        own_payee=pl.col("payee_id"),
    ).with_columns(pl.when(~pl.col(end).str.starts_with(UNKNOWN)).then(end).alias(end) for end in ("payer_id", "payee_id"))
    legs = pl.concat([_side_legs(t, "payer", "payee"), _side_legs(t, "payee", "payer"), _report_legs(t)])
    places = sources.select("source_id", "record_first").sort("record_first")
    return (
        legs.sort("record")
        .join_asof(places, left_on="record", right_on="record_first", strategy="backward")
        .with_columns(row=pl.col("record") - pl.col("record_first") + 1)
        .select(*RECONCILE_SCHEMA)
    )


def _side_legs(t: pl.DataFrame, side: str, other: str) -> pl.DataFrame:
    said = pl.col("spoken").struct.field(side).struct
    has = pl.col("spoken").is_not_null()

    def told(field: str, column: str) -> pl.Expr:
        return pl.when(has).then(said.field(field)).otherwise(column).alias(field)

    leads = pl.col("payer_record") == NONE if side == "payee" else pl.lit(True)
    return t.filter(pl.col(f"{side}_record") > NONE).select(
        pl.col(f"{side}_record").alias("record"),
        pl.when(has).then(said.field("seq")).when(leads).then("seq").otherwise(f"{side}_record").alias("seq"),
        "bucket",
        pl.lit(side).alias("side"),
        pl.lit("ok").alias("state"),
        pl.col(f"own_{side}").alias("own_id"),
        told("own_name", f"{side}_name"),
        pl.when(~has | said.field("printed")).then(f"{other}_id").alias("cp_id"),
        told("cp_name", f"{other}_name"),
        "amount_fen",
        pl.col(f"{side}_balance_fen").alias("balance_fen"),
        pl.col(f"{side}_at_us").alias("at_us"),
        told("at_precision_us", "at_precision_us"),
        pl.col(f"{side}_serial").alias("serial"),
        told("channel", "channel"),
        told("memo", "memo"),
        pl.lit(None, pl.String).alias("case_id"),
    )


def _report_legs(t: pl.DataFrame) -> pl.DataFrame:
    said = pl.col("spoken").struct.field("report").struct
    return t.filter(pl.col("report_record") > NONE).select(
        pl.col("report_record").alias("record"),
        said.field("seq"),
        "bucket",
        pl.lit("report").alias("side"),
        pl.lit("ok").alias("state"),
        *(said.field(c) for c in ("own_id", "own_name", "cp_id", "cp_name")),
        "amount_fen",
        pl.lit(None, pl.Int64).alias("balance_fen"),
        *(said.field(c) for c in ("at_us", "at_precision_us", "serial", "channel", "memo")),
        "case_id",
    )
