"""Divisions into communities."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from graphfraud.findings.run import Run

COMMUNITY_METHODS = ("components", "label_propagation", "louvain", "leiden")

COMMUNITY_WEIGHTS = ("amount", "count")
"""What binds two members: the fen that went between them, in both directions; or how often, or by how many links."""

COMMUNITY_SCHEMA: dict[str, type[pl.DataType]] = {
    "community": pl.Int64,  # 0, 1, ... the largest first; of equal size the one with the smallest id
    "n_members": pl.Int64,
    "inside_weight": pl.Int64,  # between members, fen or counts
    "cut_weight": pl.Int64,  # between members and others
    "modularity": pl.Float64,  # its part of the whole
}

COMMUNITY_ACCOUNT_SCHEMA: dict[str, type[pl.DataType]] = {
    "account_id": pl.String,
    "community": pl.Int64,
    "n_members": pl.Int64,
}

COMMUNITY_ENTITY_SCHEMA: dict[str, type[pl.DataType]] = {
    "entity_kind": pl.String,
    "entity_id": pl.String,
    "community": pl.Int64,
    "n_members": pl.Int64,
}

COMMUNITY_BOND_SCHEMA: dict[str, type[pl.DataType]] = {
    "community": pl.Int64,
    "account_id": pl.String,
    "n_transactions": pl.Int64,  # with other members, in and out
    "inside_fen": pl.Int64,  # their sum
    "transaction_id": pl.String,  # the largest of them, of equal ones the first
    "amount_fen": pl.Int64,
    "at_us": pl.Int64,
}
"""What binds an account to its community: who deals most inside it stands first."""


@dataclass(frozen=True, slots=True)
class Communities:
    """A division of accounts, or of linked entities, into groups that deal more with each other than with others.

    Attributes
    ----------
    run : Run
    method : str
        One of :data:`COMMUNITY_METHODS`.
    weight : str
        One of :data:`COMMUNITY_WEIGHTS`.
    modularity : float
        Of the whole division, at the resolution asked; 0 where nothing binds anybody.
    communities : polars.DataFrame
        With :data:`COMMUNITY_SCHEMA`.
    members : polars.DataFrame
        With :data:`COMMUNITY_ACCOUNT_SCHEMA`, or :data:`COMMUNITY_ENTITY_SCHEMA` for a link graph; in the graph's order.
    ambiguities : Mapping[str, int]
        ``self_ties``: payments to the payer itself, or links of an entity with itself, which bind nobody and are left out.
    """

    run: Run
    method: str
    weight: str
    modularity: float
    communities: pl.DataFrame
    members: pl.DataFrame
    ambiguities: Mapping[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Communities({self.communities.height} of {self.members.height}, {self.method}, Q {self.modularity:.4f})"
