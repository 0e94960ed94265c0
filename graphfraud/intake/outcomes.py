"""What became of every row: rows of table ``records``, the audit's counts, and the list of rejected rows."""

import polars as pl

from graphfraud.intake.counted import with_pages
from graphfraud.intake.raw import RawSource
from graphfraud.intake.reconcile import Reconciled
from graphfraud.intake.touched import LEG_DTYPE, WAITING_CHECKS
from graphfraud.intake.validate import Converted, place
from graphfraud.store.contract import Store
from graphfraud.tables import OUTCOMES, TABLES, empty

_WHOLE = ("reversed", "failed", "rejected")
"""Outcomes whose rows are kept whole in ``records.raw``."""


class Outcomes:
    """The outcome of each row of the fresh sources, and of stored rows whose outcome changes."""

    def __init__(
        self,
        store: Store,
        sources: list[tuple[RawSource, Converted, int]],
        own: list[pl.DataFrame],
        legs: pl.DataFrame,
        answer: Reconciled,
        before: pl.DataFrame,
    ) -> None:
        self._sources = sources
        self._own = own
        self._legs = legs
        self._store = store
        self.n_read = sum(told.n_read for _, told, _ in sources)
        first = sources[0][2]
        matched = answer.outcomes
        self._changed = before.clear()
        if before.height:
            now = matched.filter(pl.col("record") < first)
            self._changed = now.join(before, on="record", suffix="_before").filter(
                pl.col("outcome") != pl.col("outcome_before")
            )
            matched = matched.filter(pl.col("record") >= first)
        self._apart = pl.concat([*self._faulty(), *self._failed(), *self._again(), self._matched_apart(matched)])
        self.counts = self._counts()
        self.alive = self._alive(matched)

    def _faulty(self) -> list[pl.DataFrame]:
        return [
            told.faults.unique("row", keep="first", maintain_order=True).select(
                (pl.col("row") + (first - 1)).alias("record"),
                pl.lit("rejected").alias("outcome"),
                "column",
                "value",
                "check",
                "message",
            )
            for _, told, first in self._sources
        ]

    def _failed(self) -> list[pl.DataFrame]:
        none = pl.lit(None, pl.String)
        return [
            legs.filter(pl.col("state") == "failed").select(
                "record", outcome=pl.lit("failed"), column=none, value=none, check=pl.lit("failed"), message=none
            )
            for legs in self._own
        ]

    def _again(self) -> list[pl.DataFrame]:
        """Return the calls that a row before, or a file before, tells of already."""
        none, word = pl.lit(None, pl.String), pl.lit("duplicate")
        return [
            (told.again + (first - 1))
            .alias("record")
            .to_frame()
            .select("record", outcome=word, column=none, value=none, check=word, message=none)
            for _, told, first in self._sources
        ]

    def _matched_apart(self, matched: pl.DataFrame) -> pl.DataFrame:
        """Return the outcomes other than kept; a reversal that takes nothing back says so in a sentence."""
        apart = matched.filter(pl.col("outcome") != "kept") if (matched["outcome"] != "kept").any() else matched.clear()
        none = pl.lit(None, pl.String)
        apart = apart.select("record", "outcome", column=none, value=none, check="check", message=none)
        if not (apart["outcome"] == "rejected").any():
            return apart
        names = pl.concat([pl.DataFrame({"source_id": raw.source_id, "place": place(raw)}) for raw, _, _ in self._sources])
        rows = self._legs.select("record", "source_id", "row").join(names, on="source_id")
        sentence = pl.format(
            "{} row {}: found a reversal, expected an earlier row of the same account and amount with its serial or "
            "counterparty. Kept in rejected; it is matched again when the file with that row is loaded.",
            "place",
            "row",
        )
        return apart.join(rows, on="record", how="left").select(
            *apart.columns[:-1], message=pl.when(pl.col("outcome") == "rejected").then(sentence)
        )

    def _counts(self) -> dict[str, int]:
        said = dict(self._apart.group_by("outcome").len().iter_rows())
        counts = {outcome: int(said.get(outcome, 0)) for outcome in OUTCOMES}
        assert self._apart["record"].is_unique().all(), "a row with two outcomes"
        counts["kept"] = self.n_read - self._apart.height
        return counts

    def _alive(self, matched: pl.DataFrame) -> pl.Series | None:
        """Return the records whose legs count; None where all do."""
        if (self._apart["outcome"] == "mirrored").all() and self._apart["record"].is_in(matched["record"].implode()).all():
            return None
        return matched.filter(pl.col("outcome").is_in(["kept", "mirrored"])).get_column("record")

    def records(self) -> pl.DataFrame:
        """Return the rows of table ``records`` to write."""
        frames = []
        for raw, told, first in self._sources:
            rows = pl.DataFrame({"row": pl.int_range(1, told.n_read + 1, eager=True)}).select(
                (pl.col("row") + (first - 1)).alias("record"), pl.lit(raw.source_id).alias("source_id"), "row"
            )
            mine = self._apart.filter(pl.col("record").is_between(first, first + told.n_read - 1))
            frames.append(with_pages(self._whole(rows, mine, told, first), told.pages))
        return pl.concat([*frames, self._stored()])

    def _whole(self, rows: pl.DataFrame, apart: pl.DataFrame, told: Converted, first: int) -> pl.DataFrame:
        schema = TABLES["records"].schema
        if not apart.height:
            kept = [pl.lit("kept" if c == "outcome" else None, schema[c]).alias(c) for c in list(schema)[3:]]
            return rows.with_columns(kept)
        whole = apart.filter(pl.col("outcome").is_in(_WHOLE)).get_column("record")
        raw = told.raw_json(whole - (first - 1)) if whole.len() else pl.DataFrame(schema={"row": pl.Int64, "raw": pl.String})
        raw = raw.select("raw", record=pl.col("row") + (first - 1))
        apart = apart.join(raw, on="record", how="left").join(self._as_json(apart), on="record", how="left")
        return rows.join(apart, on="record", how="left", maintain_order="left").select(
            pl.col(c).fill_null("kept") if c == "outcome" else pl.col(c) for c in schema
        )

    def _as_json(self, apart: pl.DataFrame) -> pl.DataFrame:
        """Return the legs among rows set apart that a later file may still change, as JSON."""
        waiting = apart.filter(pl.col("check").is_in(WAITING_CHECKS)).get_column("record")
        if not waiting.len():
            return pl.DataFrame(schema={"record": pl.Int64, "leg": pl.String})
        legs = self._legs.filter(pl.col("record").is_in(waiting.implode()))
        return legs.select("record", leg=pl.struct(f.name for f in LEG_DTYPE.fields).struct.json_encode())

    def _stored(self) -> pl.DataFrame:
        """Return stored rows whose outcome the new legs change."""
        if not self._changed.height:
            return empty("records")
        rows = self._store.find("records", "record", self._changed["record"]).drop("outcome", "check", "leg", "message")
        now = self._changed.select("record", "outcome", "check").join(self._as_json(self._changed), on="record", how="left")
        return rows.join(now, on="record").select(
            pl.lit(None, pl.String).alias(c) if c == "message" else pl.col(c) for c in TABLES["records"].schema
        )

    def rejected(self) -> pl.DataFrame:
        """Return every fault of every rejected row: ``source, row, column, value, check, message``."""
        frames = []
        for raw, told, first in self._sources:
            matched = self._apart.filter(
                (pl.col("check") == "reversal_unmatched") & pl.col("record").is_between(first, first + told.n_read - 1)
            ).with_columns(row=pl.col("record") - (first - 1))
            columns = ["row", "column", "value", "check", "message"]
            faults = pl.concat([told.faults.select(columns), matched.select(columns)]).sort("row", maintain_order=True)
            frames.append(faults.select(pl.lit(place(raw)).alias("source"), *columns))
        return pl.concat(frames)
