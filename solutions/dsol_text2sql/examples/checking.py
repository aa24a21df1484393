"""Whether the queries of examples run, and which name it is where one doesn't."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from dsol import unknown
from dsol.records import Problems
from dsol_text2sql.databases.database import Database, QueryError
from dsol_text2sql.schema import Schema

_NAME_IN_ERROR = re.compile(
    r"(?:column:?|table:?|relation) [\"'`]?([^\"'`\n]+?)[\"'`]?(?: does not exist| doesn't|$| in )", re.IGNORECASE
)
_ALIAS_ERROR = re.compile(r"ambiguous|FROM-clause")


class Checked:
    """Run each query once; paraphrases share the verdict."""

    def __init__(self, databases: Mapping[str, Database], problems: Problems) -> None:
        self.databases = databases
        self.problems = problems
        self.verdicts: dict[tuple[str, str], str] = {}
        self.told: set[str] = set()

    def runs(self, name: str, queries: Sequence[str], origin: str) -> tuple[tuple[str, ...], str]:
        """Give the queries that run on the database `name`, else why; a name that isn't there is a problem instead."""
        database = self.databases[name]
        reasons = [self._verdict(database, query) for query in queries]
        good = tuple(query for query, reason in zip(queries, reasons, strict=True) if not reason)
        if good or not reasons[0].startswith("no "):
            return good, "" if good else reasons[0]
        told = f"{origin}: {reasons[0]}"
        if told not in self.told:
            self.problems.add(origin, f"sql: {reasons[0]}")
        self.told.add(told)
        return (), ""

    def _verdict(self, database: Database, query: str) -> str:
        key = (database.name, query)
        if key not in self.verdicts:
            try:
                database.execute(query, row_limit=1)
                self.verdicts[key] = ""
            except QueryError as error:
                self.verdicts[key] = _named(error, query, database.schema) or f"doesn't run: {error}"
        return self.verdicts[key]


def _named(error: QueryError, sql: str, schema: Schema) -> str:
    """Word a name that no table of the database has; "" for every other error, such as a wrong alias."""
    found = _NAME_IN_ERROR.search(str(error))
    name = found.group(1).rpartition(".")[2].strip() if found else ""
    if (
        not name
        or _ALIAS_ERROR.search(str(error))
        or re.search(rf"\bAS\s+[\"`]?{re.escape(name)}\b", sql, re.IGNORECASE)
    ):
        return ""
    if error.reason == "no_such_table" and schema.table(name) is None:
        return unknown("table", name, [table.name for table in schema.tables])
    columns = {column.name.lower(): column.name for _, column in schema.columns()}
    if error.reason == "no_such_column" and name.lower() not in columns:
        close = unknown("column", name, set(columns.values()))
        return re.sub(r" \(there is: .*", "", close) + f" in the database {schema.name!r}"
    return ""
