"""Bring a database back from the vault into an empty place, and refuse everything that is damaged or incomplete."""

from __future__ import annotations

import dataclasses
import gzip
import json
import os
import pwd
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from . import database, state, wal
from .config import Config, Database
from .jobs import SYSTEM_TAG
from .problem import Problem
from .restic import Restic, Snapshot
from .state import Run

OWNER = "postgres"
NOTE = "restored.json"
# Debian keeps them in /etc, so a base backup has none; pg_createcluster adopts a cluster only with them.
SETTINGS = ("postgresql.conf", "pg_hba.conf", "pg_ident.conf")


@dataclass(frozen=True)
class Restored:
    """Which backup was put where."""

    base: str
    base_time: str
    wal: str
    wal_time: str
    system: str
    start: str
    newest: str


def choose(snapshots: list[Snapshot]) -> tuple[Snapshot, Snapshot]:
    """Return the newest base backup and the newest WAL of the same cluster."""
    bases = [one for one in snapshots if "base" in one.tags]
    if not bases:
        raise Problem("no-snapshot", "仓库中没有数据库基础备份", "the repository holds no base backup")
    system = bases[-1].tagged(SYSTEM_TAG)
    logs = [one for one in snapshots if "wal" in one.tags and one.tagged(SYSTEM_TAG) == system]
    if not logs:
        raise Problem("no-snapshot", "仓库中没有该数据库的归档日志", "the repository holds no WAL of this cluster")
    return bases[-1], logs[-1]


def fetch(config: Config, cluster: Database, staging: Path) -> Restored:
    """Restore base and WAL below `staging` (as `base` and `wal`) and verify both; nothing live is touched."""
    restic = Restic(config)
    base, log = choose(restic.snapshots())
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(mode=0o700, parents=True)
    with ThreadPoolExecutor() as pool:
        for done in [
            pool.submit(restic.restore, base.id, staging / "b"),
            pool.submit(restic.restore, log.id, staging / "w"),
        ]:
            done.result()
    (staging / "b" / _relative(config.state / "base")).rename(staging / "base")
    (staging / "w" / _relative(cluster.spool)).rename(staging / "wal")
    database.verify_base(cluster, staging / "base")
    start = wal.start_of((staging / "base" / "backup_label").read_text(encoding="utf-8"))
    present = wal.require_unbroken(staging / "wal", start)
    require_readable(staging / "wal")
    system = base.tagged(SYSTEM_TAG) or ""
    return Restored(base.id, base.time, log.id, log.time, system, start.name, present[-1].name)


def require_readable(spool: Path) -> None:
    """Unpack every archived file once: gzip's checksum shows what was damaged before it was backed up."""
    for path in sorted(spool.glob("*.gz")):
        try:
            with gzip.open(path) as stream:
                while stream.read(2**20):
                    pass
        except (OSError, EOFError) as error:
            raise Problem(
                "wal-damaged", f"归档日志 {path.name} 已损坏", f"archived WAL {path.name} is damaged", str(error)
            ) from None


def install(config: Config, cluster: Database, staging: Path, restored: Restored, *, replace: bool) -> None:
    """Move a fetched backup to where the cluster lives; never over a running one, nor over data unless asked."""
    if database.running(cluster):
        raise Problem("live", "数据库正在运行，拒绝覆盖", f"refused: a database runs in {cluster.data}")
    if cluster.data.exists() and any(cluster.data.iterdir()):
        if not replace:
            raise Problem(
                "not-empty",
                f"{cluster.data} 中已有数据；确认要替换请加 --replace（旧数据会改名保留）",
                f"{cluster.data} holds data; pass --replace to set it aside",
            )
        cluster.data.rename(cluster.data.with_name(f"{cluster.data.name}.before-restore-{int(time.time())}"))
    if cluster.data.exists():
        cluster.data.rmdir()
    (staging / "base" / "recovery.signal").touch()
    for name in SETTINGS:
        shutil.copyfile(cluster.samples / f"{name}.sample", staging / "base" / name)
    own(staging / "base")
    (staging / "base").rename(cluster.data)
    shutil.chown(cluster.data.parent, OWNER, OWNER)
    for path in (staging / "wal").iterdir():
        shutil.copy2(path, cluster.spool / path.name)
        shutil.chown(cluster.spool / path.name, OWNER, cluster.spool_group)
    shutil.rmtree(staging)
    facts = {"system": restored.system, "start": restored.start}
    state.write(config, Run("base", time.time(), ok=True, snapshot=restored.base, facts=facts))
    state.replace(config.state / NOTE, json.dumps(dataclasses.asdict(restored)))


def last(config: Config) -> Restored:
    """Return what was last put in place on this host."""
    path = config.state / NOTE
    if not path.exists():
        raise Problem("not-restored", "本机没有执行过恢复", "nothing was restored on this host")
    return Restored(**json.loads(path.read_text(encoding="utf-8")))


def own(tree: Path) -> None:
    """Hand a tree to PostgreSQL, private as it insists on."""
    account = pwd.getpwnam(OWNER)
    for folder, folders, files in os.walk(tree):
        for name in [*folders, *files]:
            os.lchown(Path(folder, name), account.pw_uid, account.pw_gid)
    os.chown(tree, account.pw_uid, account.pw_gid)
    tree.chmod(0o700)


def _relative(path: Path) -> Path:
    return path.relative_to(path.anchor)


def files(config: Config, into: Path | None) -> str:
    """Restore the newest snapshot of this host's folders below an empty folder."""
    if into is None or (into.exists() and any(into.iterdir())):
        raise Problem("not-empty", f"恢复目录 {into} 必须为空", f"{into} must be an empty folder")
    restic = Restic(config)
    found = restic.snapshots("files")
    if not found:
        raise Problem("no-snapshot", "仓库中没有文件快照", "the repository holds no snapshot of files")
    restic.restore(found[-1].id, into)
    return found[-1].id
