"""The database that is asked: opened read-only, introspected once, queried within limits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsol import unknown
from dsol_text2sql.databases.descriptions import describe, read_descriptions
from dsol_text2sql.databases.introspect import server_shape, sqlite_shape, with_values
from dsol_text2sql.databases.sqlite_source import SqliteSource, quoted
from dsol_text2sql.query import DatabaseError, QueryError, Result
from dsol_text2sql.schema import Schema, Table
from dsol_text2sql.settings import Settings

if TYPE_CHECKING:
    from dsol_text2sql.databases.server_source import ServerSource

__all__ = ["Database", "DatabaseError", "QueryError", "Result", "open_database", "open_databases"]

PATIENCE = 10.0  # seconds for the values of one column
ENDINGS = (".sqlite", ".sqlite3", ".db", ".db3")


class Database:
    """One database behind its limits; safe to use from several threads.

    `schema` is read at first use and kept; only its tables can be queried.
    """

    def __init__(self, source: SqliteSource | ServerSource, settings: Settings) -> None:
        self._source = source
        self._settings = settings
        self.name = source.name
        self.dialect = source.dialect

    @cached_property
    def schema(self) -> Schema:
        """Introspect the tables that the settings allow, with descriptions and sample values."""
        source = self._source
        shape = sqlite_shape(source) if isinstance(source, SqliteSource) else server_shape(source)
        tables = shape.tables
        if not tables:
            raise DatabaseError(f"the database {self.name!r} has no tables; nothing can be asked of it")
        if self._settings.tables:
            tables = self._allowed(tables)
        if alike := _alike(tables):
            raise DatabaseError(f"database {self.name!r}: {'; '.join(alike)}")
        if self._settings.descriptions is not None:
            path = self._settings.descriptions
            tables = describe(tables, read_descriptions(path), path)
        tables = tuple(with_values(table, source, self.quote) for table in tables)
        names = {table.name for table in tables}
        keys = tuple(key for key in shape.foreign_keys if key.table in names and key.other in names)
        schema = Schema(self.name, self.dialect, tables, keys)
        source.allow(frozenset(name.lower() for name in names))
        return schema

    @property
    def file(self) -> Path | None:
        """The SQLite file behind it; None for a server."""
        return self._source.path if isinstance(self._source, SqliteSource) else None

    def execute(self, sql: str, *, row_limit: int | None = None, timeout: float | None = None) -> Result:
        """Run one query read-only and return at most `row_limit` rows within `timeout` seconds, or raise QueryError.

        Both default to the settings. The statement need not have passed the guard.
        """
        _ = self.schema  # the first use sets what may be read
        limit = self._settings.row_limit if row_limit is None else row_limit
        seconds = self._settings.timeout if timeout is None else timeout
        return self._source.query(sql, limit=limit, seconds=seconds)

    def values(self, table: str, column: str, limit: int = 1000) -> list[Any]:
        """List up to `limit` distinct values of a column, in order; NULL is left out.

        A column that can't be read within `PATIENCE` (one of a slow view, say) has none.
        """
        found = self.schema.table(table)
        if found is None:
            raise DatabaseError(unknown("table", table, [item.name for item in self.schema.tables]))
        member = found.column(column)
        if member is None:
            raise DatabaseError(unknown("column", column, [item.name for item in found.columns]))
        name = self.quote(member.name)
        sql = f"SELECT DISTINCT {name} FROM {self.quote(found.name)} WHERE {name} IS NOT NULL ORDER BY 1 LIMIT {limit}"
        try:
            return [row[0] for row in self._source.trusted(sql, seconds=PATIENCE)]
        except QueryError:
            return []

    def quote(self, identifier: str) -> str:
        """Quote an identifier in the database's own way."""
        if isinstance(self._source, SqliteSource):
            return quoted(identifier)
        # Colons and percent signs stay as they are: the statements run without parameters.
        mark = '"' if self.dialect == "postgres" else "`"
        return mark + identifier.replace(mark, mark * 2) + mark

    def data_version(self) -> str:
        """Fingerprint the data: a file's bytes; of a server, its address, tables and row counts."""
        if isinstance(self._source, SqliteSource):
            return self._source.fingerprint()
        from dsol_text2sql.databases.server_source import fingerprint

        return fingerprint(self._source.engine.url, repr(self.schema))

    def close(self) -> None:
        """Close the connections."""
        self._source.close()

    def _allowed(self, tables: tuple[Table, ...]) -> tuple[Table, ...]:
        """Pick the tables that the settings name: those spelled so, else those spelled so in other capitals."""
        picked: set[str] = set()
        for name in self._settings.tables:
            same = [table.name for table in tables if table.name.lower() == name.lower()]
            if not same:
                message = unknown("table", name, [table.name for table in tables], "correct `tables` in the settings")
                raise DatabaseError(f"database {self.name!r}: {message}")
            picked.update([name] if name in same else same)
        return tuple(table for table in tables if table.name in picked)


def open_database(url_or_path: str, *, settings: Settings, name: str = "") -> Database:
    """Open a SQLAlchemy URL or the path of a SQLite file, read-only; `name` defaults to the file's or database's."""
    if "://" not in url_or_path:
        path = _existing(Path(url_or_path).expanduser())
        if not path.is_file():
            raise DatabaseError(f"{path} is a folder; give a SQLite file of it")
        return _checked(Database(SqliteSource(path, name=name or path.stem), settings), settings)
    # SQLAlchemy takes long to import, and SQLite files don't need it.
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    from dsol_text2sql.databases.server_source import DRIVERS, ServerSource, server_engine

    try:
        url = make_url(url_or_path)
    except (ArgumentError, ValueError) as error:
        raise DatabaseError(
            "the database URL can't be read; write dialect://user:password@host:port/database,"
            " such as postgresql://me:secret@localhost:5432/shop"
        ) from error
    dialect = url.drivername.partition("+")[0]
    if dialect == "sqlite":
        if not url.database or url.database == ":memory:":
            raise DatabaseError("an in-memory SQLite database is empty; give a file: sqlite:///path/to/file.sqlite")
        return open_database(url.database, settings=settings, name=name)
    if dialect not in DRIVERS:
        raise DatabaseError(unknown("kind of database", dialect, ["sqlite", *DRIVERS]))
    if not url.database:
        raise DatabaseError(f"the database URL {url.render_as_string(hide_password=True)} names no database at its end")
    engine = server_engine(url, settings.timeout)
    return _checked(Database(ServerSource(engine, name=name or url.database), settings), settings)


def open_databases(settings: Settings) -> dict[str, Database]:
    """Open what `settings.database` names, by name: the demo, a URL, a SQLite file, or a folder of them."""
    place = settings.database
    if place == "demo":
        path = Path(str(files("dsol_text2sql"))) / "demo" / "chinook" / "chinook.sqlite"
        return {"chinook": open_database(str(path), settings=settings, name="chinook")}
    if "://" in place:
        database = open_database(place, settings=settings)
        return {database.name: database}
    path = _existing(Path(place).expanduser())
    if path.is_file():
        database = open_database(str(path), settings=settings)
        return {database.name: database}
    found: dict[str, Path] = {}
    entries = sorted(path.iterdir())
    named = [
        file for folder in entries if folder.is_dir() for file in sorted(folder.iterdir()) if file.stem == folder.name
    ]
    for file in (*entries, *named):
        if file.is_file() and file.suffix.lower() in ENDINGS:
            if file.stem in found:
                raise DatabaseError(f"two databases are named {file.stem!r}: {found[file.stem]} and {file}; rename one")
            found[file.stem] = file
    if not found:
        raise DatabaseError(f"no SQLite file ({', '.join(ENDINGS)}) in the folder {path}, nor in <name>/<name>.sqlite")
    return {name: open_database(str(file), settings=settings, name=name) for name, file in found.items()}


def _alike(tables: Sequence[Table]) -> list[str]:
    """Name tables, and columns of one, that differ in capitals only: neither questions nor models tell them apart."""
    problems = [
        f"the tables {names} differ in capitals only; name one of them, spelled so, as `tables` in the settings"
        for names in _same_folded(table.name for table in tables)
    ]
    return problems + [
        f"the columns {names} of the table {table.name!r} differ in capitals only; leave it out by `tables` in the "
        "settings, or put a view with other names in its place"
        for table in tables
        for names in _same_folded(column.name for column in table.columns)
    ]


def _same_folded(names: Iterable[str]) -> list[str]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[name.lower()].append(name)
    return [" and ".join(map(repr, some)) for some in groups.values() if len(some) > 1]


def _existing(path: Path) -> Path:
    """Find the path, if need be with letters in another case; else say what is there."""
    if path.exists():
        return path
    folder = path.parent
    if not folder.is_dir():
        raise DatabaseError(f"no database at {path}: there is no folder {folder}")
    names = sorted(item.name for item in folder.iterdir())
    same = [name for name in names if name.lower() == path.name.lower()]
    if len(same) == 1:
        return folder / same[0]
    files_there = [name for name in names if name.lower().endswith(ENDINGS)]
    raise DatabaseError(f"no database at {path}: {unknown('file', path.name, files_there)}")


def _checked(database: Database, settings: Settings) -> Database:
    if settings.dialect and settings.dialect != database.dialect:
        raise DatabaseError(
            f"the settings say dialect {settings.dialect!r}, but {database.name!r} is {database.dialect!r}; correct one"
        )
    return database
