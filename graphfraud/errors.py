"""Six errors with one wording: where, what was found, what is expected, what to do."""


class GraphFraudError(Exception):
    """Base of every error a user can cause or meet.

    Parameters
    ----------
    where : str
        The file and row, folder, option or question at fault, identifiers masked.
    found : str
        What is there.
    expected : str
        What should be there.
    remedy : str
        What the user can do, as one sentence.
    exit_code : int, optional
        Overrides the exit code of the type (the command line's contract).
    """

    exit_code = 2

    def __init__(self, where: str, found: str, expected: str, remedy: str, *, exit_code: int | None = None) -> None:
        super().__init__(f"{where}: found {found}; expected {expected}. {remedy}")
        self.where = where
        self.found = found
        self.expected = expected
        self.remedy = remedy
        if exit_code is not None:
            self.exit_code = exit_code


class LoaderError(GraphFraudError):
    """A map file under ``loaders/`` is wrong, or no loader or more than one fits a file."""


class SourceError(GraphFraudError):
    """A source file cannot be read."""


class TableError(GraphFraudError):
    """A frame breaks the requirements of its table, or too many of a file's rows do (exit 3)."""


class StoreError(GraphFraudError):
    """A store cannot be reached, read, written or trusted."""

    exit_code = 4


class QuestionError(GraphFraudError):
    """A question cannot be asked of this data."""


class PlanError(GraphFraudError):
    """A job plan is wrong."""


EXIT_DONE = 0
EXIT_INTERNAL = 1
EXIT_USAGE = 2
EXIT_REJECTED = 3
EXIT_STORE = 4
EXIT_TRUNCATED = 5
EXIT_INTERRUPTED = 130
