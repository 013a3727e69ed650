"""The independent manifest: what the live database held, asked of the database itself and never of a backup.

Rows are counted and summed up to the highest key of that moment, so rows written later don't disturb the comparison.
The checksum adds up hashes of whole rows: the order in which rows come back doesn't matter, one changed character does.
"""

# ruff: noqa: S608 - names of tables and columns are plain SQL names (facts.SqlName), bounds are integers
from collections.abc import Mapping

from disaster_recovery.facts import Database, Table
from disaster_recovery.objectives import Model

CANARY = Table(table="canary.heartbeat", key="number")
CANARY_WINDOW = 1000
SETTINGS = (
    "SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'iso_8601'; SET extra_float_digits = 3;\n"
)


class Rows(Model):
    """Count and checksum of the rows of one table between two keys."""

    low: int
    high: int
    count: int
    checksum: str


class Canary(Model):
    """The newest canary row."""

    number: int
    written_at: float


class Manifest(Model):
    """Everything by which a restored database is judged."""

    tables: dict[str, Rows]
    canary: Canary
    system: str
    log_position: str
    asked_at: float


class Difference(Model):
    """One way in which a restored database isn't the one that was lost."""

    what: str
    expected: str
    found: str


def tables_of(database: Database) -> tuple[Table, ...]:
    """Return the tables to judge by: those of the data, and the canaries themselves."""
    return (*database.verify, CANARY)


def bounds(manifest: Manifest) -> dict[str, tuple[int, int]]:
    """Return the keys between which the manifest counted."""
    return {name: (rows.low, rows.high) for name, rows in manifest.tables.items()}


def sql(database: Database, between: Mapping[str, tuple[int, int]] | None = None) -> str:
    """Return one statement that answers with a manifest as JSON; `between` repeats the bounds of an earlier one."""
    parts = [f"'{one.table}', ({_rows(one, between)})" for one in tables_of(database)]
    return (
        SETTINGS
        + f"""
SELECT json_build_object(
  'tables', json_build_object({", ".join(parts)}),
  'canary', ({newest_canary("true")}),
  'system', (SELECT system_identifier FROM pg_control_system())::text,
  'log_position', CASE WHEN pg_is_in_recovery() THEN '' ELSE pg_current_wal_lsn()::text END,
  'asked_at', extract(epoch FROM clock_timestamp())::float8)
"""
    )


def newest_canary(which: str) -> str:
    """Return the question for the newest canary row among those that `which` selects."""
    return (
        "SELECT json_build_object('number', number, 'written_at', extract(epoch FROM written_at)::float8) "
        f"FROM {CANARY.table} WHERE {which} ORDER BY number DESC LIMIT 1"
    )


def _rows(one: Table, between: Mapping[str, tuple[int, int]] | None) -> str:
    if between is None:
        high = f"(SELECT coalesce(max({one.key}), 0) FROM {one.table})"
        low = f"greatest({high} - {CANARY_WINDOW}, 0)" if one == CANARY else "0"
    else:
        low, high = (str(int(bound)) for bound in between[one.table])
    half = "(('x' || substr(md5(t::text), {start}, 16))::bit(64)::bigint)::numeric"
    return (
        f"SELECT json_build_object('low', {low}, 'high', {high}, 'count', count(*), 'checksum', "
        f"concat(coalesce(sum({half.format(start=1)}), 0), ':', coalesce(sum({half.format(start=17)}), 0))) "
        f"FROM {one.table} AS t WHERE t.{one.key} > {low} AND t.{one.key} <= {high}"
    )


def compare(expected: Manifest, found: Manifest) -> tuple[Difference, ...]:
    """Return every difference; an empty tuple is the only proof of a good restore."""
    differences = []
    if expected.system != found.system:
        differences.append(Difference(what="system identifier", expected=expected.system, found=found.system))
    for name, rows in expected.tables.items():
        other = found.tables.get(name)
        if other != rows:
            shown = f"{other.count} 行 rows, {other.checksum}" if other else "没有 absent"
            differences.append(Difference(what=name, expected=f"{rows.count} 行 rows, {rows.checksum}", found=shown))
    return tuple(differences)
