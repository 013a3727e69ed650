"""`ganyun-backup`: what timers, playbooks and operators call on a host. JSON on success; one clear line on failure."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from . import config as settings
from . import digest, jobs, recovered, rehearse, restore, state
from .config import Config, Database
from .problem import Problem
from .restic import Restic


def main() -> int:
    """Run one verb."""
    arguments = _parser().parse_args()
    try:
        config = settings.load(arguments.config)
        result = _act(config, arguments)
    except Problem as problem:
        print(f"{problem.code}: {problem}", file=sys.stderr)
        return 1
    print(json.dumps(result, ensure_ascii=False, indent=1 if sys.stdout.isatty() else None))
    return 0


def _act(config: Config, arguments: argparse.Namespace) -> Any:  # noqa: PLR0911 - one return per verb
    match arguments.verb:
        case "init":
            return {"created": Restic(config).initialise(), "repository": Restic(config).identity()}
        case "run":
            return dataclasses.asdict(_run(config, arguments))
        case "status":
            found = {job: state.read(config, job) for job in config.max_age_seconds}
            return {job: dataclasses.asdict(run) if run else None for job, run in found.items()}
        case "snapshots":
            return [dataclasses.asdict(one) for one in Restic(config).snapshots(arguments.tag)]
        case "restore":
            return _restore(config, arguments)
        case "recovered":
            note = restore.last(config)
            seen = recovered.wait_promoted(arguments.limit)
            recovered.require_complete(_database(config), seen, note.system, note.newest)
            return {**dataclasses.asdict(note), **dataclasses.asdict(seen)}
        case "rehearse":
            return json.loads(rehearse.rehearse(config, _database(config), arguments.name, sys.stdin.read()))
    return digest.of(arguments.folders, arguments.below)


def _run(config: Config, arguments: argparse.Namespace) -> state.Run:
    match arguments.job:
        case "wal":
            return jobs.back_up_wal(config, switch=arguments.switch)
        case "base":
            return jobs.back_up_base(config, accept_shrink=arguments.accept_shrink)
        case "files":
            return jobs.back_up_files(config, accept_shrink=arguments.accept_shrink)
    return jobs.read_back(config, everything=arguments.all)


def _restore(config: Config, arguments: argparse.Namespace) -> Any:
    if arguments.what == "files":
        return {"snapshot": restore.files(config, arguments.into)}
    cluster = _database(config)
    staging = cluster.data.parent / "restoring"
    restored = restore.fetch(config, cluster, staging)
    restore.install(config, cluster, staging, restored, replace=arguments.replace)
    return dataclasses.asdict(restored)


def _database(config: Config) -> Database:
    if config.database is None:
        raise Problem("config", "本机未配置数据库备份", "this host has no database")
    return config.database


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ganyun-backup", description=__doc__)
    parser.add_argument("--config", type=Path, default=settings.DEFAULT_PATH)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("init", help="make the repository unless it exists")
    verbs.add_parser("status", help="how the last run of each job ended")
    run = verbs.add_parser("run", help="run one job now")
    run.add_argument("job", choices=("wal", "base", "files", "check"))
    run.add_argument("--switch", action="store_true", help="wal: close the current segment first")
    run.add_argument("--accept-shrink", action="store_true", help="base, files: the source is meant to be smaller")
    run.add_argument("--all", action="store_true", help="check: read everything back, not the day's part")
    snapshots = verbs.add_parser("snapshots", help="list what the vault holds")
    snapshots.add_argument("--tag", default="")
    back = verbs.add_parser("restore", help="bring data back; verified, never over a running database")
    back.add_argument("what", choices=("database", "files"))
    back.add_argument("--into", type=Path, help="files: the empty folder to restore into")
    back.add_argument("--replace", action="store_true", help="database: set existing data aside")
    judged = verbs.add_parser("recovered", help="wait for promotion and judge the recovery")
    judged.add_argument("--limit", type=float, default=600)
    apart = verbs.add_parser("rehearse", help="restore apart and answer the query on stdin")
    apart.add_argument("name", help="the database to ask")
    listed = verbs.add_parser("digest", help="sha256 of every file below folders")
    listed.add_argument("folders", type=Path, nargs="+")
    listed.add_argument("--below", type=Path, default=Path("/"), help="where the restored tree begins")
    return parser


if __name__ == "__main__":
    sys.exit(main())
