#!/usr/bin/python3
"""Forget old snapshots of one client and free their space, on the vault's side; the key comes on stdin.

Usage: vault-prune REPOSITORY DAYS < key

What is kept counts back from the newest snapshot, so one dated in the future would make all others look old: a client
whose key was stolen could empty its repository that way. Such a repository isn't pruned at all.
"""

import datetime as dt
import json
import os
import subprocess
import sys
import time

WAL_DAYS = 2
SKEW = dt.timedelta(hours=1)
TRIES = 20


def main() -> int:
    """Prune, or say why not."""
    repository, days = sys.argv[1], int(sys.argv[2])
    environment = {**os.environ, "RESTIC_PASSWORD": sys.stdin.read().strip(), "RESTIC_REPOSITORY": repository}
    snapshots = json.loads(_restic(environment, "snapshots", "--json", "--no-lock") or "[]") or []
    limit = dt.datetime.now(dt.UTC) + SKEW
    future = [one["short_id"] for one in snapshots if dt.datetime.fromisoformat(one["time"]) > limit]
    if future:
        named = ", ".join(future)
        print(f"快照日期在未来，拒绝清理 snapshots dated in the future, not pruned: {named}", file=sys.stderr)
        return 1
    _restic(environment, "unlock")
    keep = ["--keep-within", f"{days}d"]
    log = ["--keep-within", f"{WAL_DAYS}d", "--keep-within-daily", f"{days}d"]
    _patiently(environment, "forget", "--tag", "wal", *log)
    for tag in ("base", "files"):
        _patiently(environment, "forget", "--tag", tag, *keep)
    _patiently(environment, "prune")
    print(f"{len(snapshots)} -> {len(json.loads(_restic(environment, 'snapshots', '--json', '--no-lock')) or [])}")
    return 0


def _patiently(environment: dict[str, str], *arguments: str) -> None:
    """Retry while a client holds its lock for the seconds of a backup."""
    for attempt in range(TRIES):
        try:
            _restic(environment, *arguments)
            return
        except subprocess.CalledProcessError as error:
            if "already locked" not in error.stderr or attempt == TRIES - 1:
                raise
            time.sleep(1)


def _restic(environment: dict[str, str], *arguments: str) -> str:
    command = ["restic", "--no-cache", *arguments]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as failed:
        sys.exit(f"清理失败 pruning failed: {failed.stderr.strip()}")
