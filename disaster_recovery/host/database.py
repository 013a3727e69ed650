"""What a job asks of the running PostgreSQL: identity, health of the archiver, a log switch, a base backup."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .config import Database
from .problem import Problem

ROLE = "backup"
ARCHIVER = """
SELECT json_build_object(
  'mode', current_setting('archive_mode'),
  'system', (SELECT system_identifier FROM pg_control_system())::text,
  'recovering', pg_is_in_recovery(),
  'last_wal', a.last_archived_wal,
  'age', extract(epoch FROM clock_timestamp()
                 - greatest(a.last_archived_time, a.stats_reset, pg_postmaster_start_time())),
  'failing', coalesce(a.last_failed_time > a.last_archived_time, a.last_failed_time IS NOT NULL),
  'failed_wal', a.last_failed_wal)
FROM pg_stat_archiver a
"""
STALE_FACTOR = 3


@dataclass(frozen=True)
class Archiver:
    """The archiver as PostgreSQL itself reports it."""

    mode: str
    system: str
    recovering: bool
    last_wal: str | None
    age: float
    failing: bool
    failed_wal: str | None


def query(sql: str) -> str:
    """Run one statement over the local socket as the backup role (peer authentication)."""
    command = ["psql", "--no-psqlrc", "-Atq", "-v", "ON_ERROR_STOP=1", "-U", ROLE, "-d", "postgres", "-c", sql]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise Problem("database", "无法访问数据库", "the database can't be reached", done.stderr.strip())
    return done.stdout.strip()


def archiver() -> Archiver:
    """Ask PostgreSQL about its archiver."""
    return Archiver(**json.loads(query(ARCHIVER)))


def require_healthy(seen: Archiver, database: Database) -> None:
    """Refuse a stopped, failing or lying archiver: the log it doesn't keep can't be restored."""
    if seen.mode != "on":
        raise Problem("archiver-off", "数据库归档未开启（archive_mode）", "archive_mode is off")
    if seen.failing:
        raise Problem(
            "archiver-failing",
            f"归档命令失败，卡在日志段 {seen.failed_wal}",
            f"the archive command fails at segment {seen.failed_wal}",
        )
    limit = STALE_FACTOR * database.archive_seconds
    if seen.age > limit:
        raise Problem(
            "archiver-stopped",
            f"归档已停止：{seen.age:.0f} 秒没有新的日志段（上限 {limit} 秒）",
            f"the archiver has stopped: no segment for {seen.age:.0f} s, the limit is {limit} s",
        )
    name = seen.last_wal
    if name and not (database.spool / f"{name}.gz").exists() and _is_segment(name):
        raise Problem(
            "archive-lost",
            f"数据库称已归档 {name}，但归档目录中没有该文件",
            f"PostgreSQL says that {name} was archived, but the spool does not hold it",
        )


def _is_segment(name: str) -> bool:
    return len(name) == 24


def switch_and_wait(database: Database) -> str:
    """Close the current segment and wait until the spool holds it; return its name."""
    name = query("SELECT pg_walfile_name(pg_switch_wal())")
    deadline = time.monotonic() + 30
    while not (database.spool / f"{name}.gz").exists():
        if time.monotonic() > deadline:
            require_healthy(archiver(), database)
            raise Problem("archiver-stopped", f"日志段 {name} 未被归档", f"segment {name} was not archived")
        time.sleep(0.1)
    return name


def running(database: Database) -> bool:
    """Say whether a server runs in the cluster's folder."""
    command = ["runuser", "-u", "postgres", "--", str(database.binaries / "pg_ctl"), "-D", str(database.data), "status"]
    return database.data.exists() and subprocess.run(command, capture_output=True, check=False).returncode == 0


def base_backup(database: Database, target: Path) -> str:
    """Copy the running cluster with its own checksums, verify the copy, and return its backup label."""
    copy: list[str | Path] = [database.binaries / "pg_basebackup", "-D", target, "-U", ROLE, "-Fp", "-X", "stream"]
    copy += ["-c", "fast", "--manifest-checksums=SHA256"]
    _tool("base-failed", "基础备份失败", "the base backup failed", copy)
    verify_base(database, target)
    return (target / "backup_label").read_text(encoding="utf-8")


def verify_base(database: Database, target: Path) -> None:
    """Check every file of a base backup against the manifest that PostgreSQL wrote into it."""
    command: list[str | Path] = [database.binaries / "pg_verifybackup", "--quiet", target]
    _tool("base-damaged", "基础备份与其校验清单不符", "the base backup does not match its own manifest", command)


def _tool(code: str, chinese: str, english: str, command: list[str | Path]) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Problem(code, chinese, english, done.stderr.strip()[-1500:])
