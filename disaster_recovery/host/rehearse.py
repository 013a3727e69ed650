"""Prove a backup without touching the live database: restore apart, start on a private socket, ask, drop."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

from . import restore
from .config import Config, Database
from .problem import Problem

START_SECONDS = 300
SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{place}'
archive_mode = off
hot_standby = off
ssl = off
shared_buffers = 32MB
hba_file = '{place}/hba.conf'
ident_file = '{place}/ident.conf'
restore_command = 'gunzip -c {place}/wal/%f.gz > %p'
"""


def rehearse(config: Config, cluster: Database, name: str, sql: str) -> str:
    """Restore the newest backup apart and return what `sql` says in its database `name`."""
    place = cluster.data.parent / "rehearsal"
    try:
        restore.fetch(config, cluster, place)
        _prepare(place)
        _as_postgres(cluster, "pg_ctl", "-D", str(place / "base"), "-w", "-t", str(START_SECONDS), "start",
                     "-o", f"-c config_file={place}/postgresql.conf", "-l", str(place / "log"))  # fmt: skip
        try:
            return _ask(cluster, place, name, sql)
        finally:
            _as_postgres(cluster, "pg_ctl", "-D", str(place / "base"), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _prepare(place: Path) -> None:
    (place / "base" / "recovery.signal").touch()
    (place / "postgresql.conf").write_text(SETTINGS.format(place=place), encoding="utf-8")
    (place / "hba.conf").write_text("local all postgres peer\n", encoding="utf-8")
    (place / "ident.conf").touch()
    restore.own(place)
    (place / "base").chmod(0o700)


def _ask(cluster: Database, place: Path, name: str, sql: str) -> str:
    """Ask once the whole log is replayed: until then a cluster without hot standby answers nobody."""
    options = ["--no-psqlrc", "-Atq", "-v", "ON_ERROR_STOP=1", "-h", str(place), "-d", name]
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return _as_postgres(cluster, "psql", *options, "-c", sql)
        except Problem as problem:
            if "not accepting connections" not in problem.detail or time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def _as_postgres(cluster: Database, program: str, *arguments: str) -> str:
    command = ["runuser", "-u", restore.OWNER, "--", str(cluster.binaries / program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-1500:]
        raise Problem("rehearsal", f"恢复演练中 {program} 失败", f"{program} failed in the rehearsal", said)
    return done.stdout.strip()
