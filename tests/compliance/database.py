"""What the host's PostgreSQL says of itself, as its superuser sees it; nothing where there is none."""

# ruff: noqa: S608 - the questions are fixed text, without a value from outside
from __future__ import annotations

from tests.compliance.audit import Audit
from tests.compliance.probes import Probe, probe

PSQL = "runuser -u postgres -- psql --no-psqlrc -Atq"
DATABASES = "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate"
TABLES = "pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND c.relkind IN ('r', 'p', 'v', 'm')"
OURS = "n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'"


def on_cluster(sql: str) -> Probe:
    """A question to the cluster; hosts without one answer with nothing."""
    return probe(f'[ -d /etc/postgresql ] || exit 0; {PSQL} -c "{sql}"')


def on_databases(sql: str) -> Probe:
    """A question to each database."""
    each = f'for name in $({PSQL} -c "{DATABASES}"); do {PSQL} -d "$name" -c "{sql}"; done'
    return probe(f"[ -d /etc/postgresql ] || exit 0; {each}")


ACCESS = probe("[ -d /etc/postgresql ] || exit 0; grep -hEv '^ *(#|$)' /etc/postgresql/*/*/pg_hba.conf")
SETTINGS = on_cluster(
    "SELECT name || '=' || setting FROM pg_settings WHERE name IN ('ssl', 'ssl_min_protocol_version',"
    " 'password_encryption', 'data_checksums', 'archive_mode', 'log_statement')"
)
# role|super where it is|none, scram or weak password
ROLES = on_cluster(
    "SELECT rolname || '|' || CASE WHEN rolsuper THEN 'super' ELSE '' END || '|' || CASE WHEN rolpassword IS NULL"
    " THEN 'none' WHEN rolpassword LIKE 'SCRAM-SHA-256%' THEN 'scram' ELSE 'weak' END"
    " FROM pg_authid WHERE rolname NOT LIKE 'pg\\_%'"
)
# seconds since the log was archived last|whether the last attempt failed
ARCHIVER = on_cluster(
    "SELECT round(extract(epoch FROM now() - last_archived_time)) || '|' ||"
    " (coalesce(last_failed_time, '-infinity') > last_archived_time) FROM pg_stat_archiver"
)
# table|role or PUBLIC|whether it owns the table
RIGHTS = on_databases(
    "SELECT DISTINCT n.nspname || '.' || c.relname || '|' ||"
    " CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(g.grantee) END || '|' || (g.grantee = c.relowner)"
    f" FROM {TABLES} CROSS JOIN aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) g WHERE {OURS}"
)
# table|column|comment
COLUMNS = on_databases(
    "SELECT n.nspname || '.' || c.relname || '|' || a.attname || '|' || coalesce(col_description(c.oid, a.attnum), '')"
    f" FROM {TABLES} JOIN pg_attribute a ON a.attrelid = c.oid WHERE a.attnum > 0 AND NOT a.attisdropped AND {OURS}"
)


def rows(audit: Audit, question: Probe) -> list[list[str]]:
    """The answer, split."""
    return [line.split("|") for line in audit.text(question).splitlines() if "|" in line]
