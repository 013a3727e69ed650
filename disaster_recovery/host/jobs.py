"""The jobs that timers start: WAL, base backup, files, read-back. Each ends in a recorded success or a Problem."""

from __future__ import annotations

import datetime
import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

from . import database, guard, state, wal
from .config import Config, Database
from .problem import Problem
from .restic import Restic
from .state import Run

SYSTEM_TAG = "system-"
READ_BACK_DAYS = 30


def run(config: Config, job: str, action: Callable[[Run | None], Run], *, wait: bool = False) -> Run:
    """Run one job under its lock and record how it ended; the figures of the last success outlive a failure."""
    started = time.time()
    with state.alone(config, job, wait=wait):
        before = state.read(config, job)
        try:
            result = action(before)
        except Problem as problem:
            kept = before or Run(job, started, ok=False)
            state.write(config, replace(kept, ran_at=started, ok=False, code=problem.code, message=str(problem)))
            raise
        good = replace(result, ran_at=started, succeeded_at=started, seconds=round(time.time() - started, 3))
        state.write(config, good)
    return good


def back_up_wal(config: Config, *, switch: bool) -> Run:
    """Send the spool: all WAL since the last base backup, so that one snapshot restores everything."""
    cluster = _database(config)

    def action(_: Run | None) -> Run:
        seen = database.archiver()
        database.require_healthy(seen, cluster)
        base = state.read(config, "base")
        if base is None or base.facts.get("system") != seen.system:
            raise Problem(
                "no-base",
                "该数据库尚无基础备份，单独的日志无法恢复",
                "this cluster has no base backup yet, and WAL alone restores nothing",
            )
        if switch:
            database.switch_and_wait(cluster)
        start = wal.Segment.parse(base.facts["start"])
        for path in wal.superfluous(cluster.spool, start):
            path.unlink()
        newest = wal.require_unbroken(cluster.spool, start)[-1]
        tags = ("wal", SYSTEM_TAG + seen.system)
        sent = Restic(config).backup((cluster.spool,), tags, exclude=(f"{cluster.spool}/.*",))
        facts = {"system": seen.system, "newest": newest.name}
        return Run("wal", 0, True, snapshot=sent.snapshot, files=sent.files, bytes=sent.bytes, facts=facts)

    return run(config, "wal", action, wait=switch)


def back_up_base(config: Config, *, accept_shrink: bool) -> Run:
    """Send a verified base backup; the next WAL job drops what it makes superfluous."""
    cluster = _database(config)

    def action(before: Run | None) -> Run:
        restic = Restic(config)
        seen = database.archiver()
        _require_same_system(restic, seen.system)
        staging = config.state / "base"
        shutil.rmtree(staging, ignore_errors=True)
        start = wal.start_of(database.base_backup(cluster, staging))
        size = guard.measure((staging,))
        guard.require_plausible(size, None if accept_shrink else before, config.shrink_percent)
        sent = restic.backup((staging,), ("base", SYSTEM_TAG + seen.system))
        shutil.rmtree(staging)
        facts = {"system": seen.system, "start": start.name}
        return Run("base", 0, True, snapshot=sent.snapshot, files=size.files, bytes=size.bytes, facts=facts)

    return run(config, "base", action)


def back_up_files(config: Config, *, accept_shrink: bool) -> Run:
    """Send the folders of this host, unless they look emptied."""
    files = config.files
    if files is None:
        raise Problem("config", "本机未配置文件备份", "this host has no files to back up")

    def action(before: Run | None) -> Run:
        size = guard.measure(files.paths, files.exclude)
        guard.require_plausible(size, None if accept_shrink else before, config.shrink_percent)
        sent = Restic(config).backup(files.paths, ("files",), exclude=files.exclude)
        return Run("files", 0, True, snapshot=sent.snapshot, files=size.files, bytes=size.bytes)

    return run(config, "files", action)


def read_back(config: Config, *, everything: bool) -> Run:
    """Read data back and verify it: all of it on request, else one thirtieth a day, so that rot shows in a month."""
    day = datetime.date.today().toordinal() % READ_BACK_DAYS + 1
    subset = "100%" if everything else f"{day}/{READ_BACK_DAYS}"

    def action(_: Run | None) -> Run:
        restic = Restic(config)
        if not restic.snapshots():
            raise Problem("no-snapshot", "仓库中没有任何快照", "the repository holds no snapshot")
        try:
            restic.check(subset)
        except Problem:
            _check_undisturbed(config, restic, subset)
        return Run("check", 0, True, facts={"subset": subset})

    return run(config, "check", action)


def _check_undisturbed(config: Config, restic: Restic, subset: str) -> None:
    """Repeat a failed check while no other job writes: a snapshot finished in between looks like damage."""
    with ExitStack() as locks:
        for job in ("wal", "base", "files"):
            locks.enter_context(state.alone(config, job, wait=True))
        restic.check(subset)


def _database(config: Config) -> Database:
    if config.database is None:
        raise Problem("config", "本机未配置数据库备份", "this host has no database to back up")
    return config.database


def _require_same_system(restic: Restic, system: str) -> None:
    """Refuse to mix a new, empty cluster into the backups of the one that was lost."""
    latest = restic.snapshots("base")
    if latest and (known := latest[-1].tagged(SYSTEM_TAG)) != system:
        raise Problem(
            "other-system",
            f"仓库属于另一个数据库集群（{known}），本机为 {system}；请先恢复，勿覆盖历史",
            f"the repository belongs to cluster {known}, this host runs {system}; restore first",
        )
