"""Random small worlds as table ``transactions``, for properties that hold of any ledger."""

import polars as pl
from hypothesis import settings
from hypothesis import strategies as st

from graphfraud.tables import CHANNELS, check
from graphfraud.units import DAY_US, NONE, SECOND_US, time_us

often = settings(deadline=None, derandomize=True, max_examples=40)

CASE = "A-001"
_ACCOUNTS = ("6222029900000000001", "6222029900000000002", "unknown:00000000000000ab:7", "支付账户5", "b", "10")


@st.composite
def worlds(draw: st.DrawFn, least: int = 1, seeds: bool = True) -> pl.DataFrame:
    """Rows in a drawn order: ties, transfers to oneself, missing statements and balances, low precision, exits, seeds."""
    n = draw(st.integers(least, 14))
    rows = []
    for i in range(n):
        payer = draw(st.sampled_from(_ACCOUNTS))
        payee = draw(st.sampled_from([name for name in _ACCOUNTS if i or name != payer]))
        seed = seeds and payer != payee and (i == 0 or draw(st.integers(0, 3)) == 0)
        rows.append(
            {
                "transaction_id": f"{i % 3:016x}:{i}",
                "payer_id": payer,
                "payee_id": payee,
                "amount_fen": draw(st.integers(1, 9) | st.integers(1, 10**15)),
                "at_us": time_us("2024-03-01") + draw(st.integers(0, 6)) * SECOND_US,
                "seq": i,
                "at_precision_us": draw(st.sampled_from((SECOND_US, DAY_US))),
                "channel": draw(st.sampled_from(("transfer", "transfer", "transfer", *CHANNELS))),
                "payer_balance_fen": draw(st.none() | st.integers(0, 20)),
                "payee_balance_fen": draw(st.none() | st.integers(0, 20)),
                "payer_record": draw(st.sampled_from((NONE, 3 * i))),
                "payee_record": 3 * i + 1,
                "report_record": 3 * i + 2 if seed else NONE,
                "case_id": CASE if seed else None,
            }
        )
    frame = pl.DataFrame(draw(st.permutations(rows)), infer_schema_length=None)
    return check(
        frame.with_columns(pl.col("payer_balance_fen", "payee_balance_fen").cast(pl.Int64), pl.col("case_id").cast(pl.String)),
        "transactions",
    )
