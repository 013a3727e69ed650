"""Run restic so that a failure is short and says why: its own retries last a quarter of an hour and name no cause."""

from __future__ import annotations

import json
import os
import pwd
import re
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import vault
from .config import Config
from .problem import Problem

RETRY = re.compile(r"returned error, retrying after ")
RETRIES_ALLOWED = 3
PARTIAL = 3
GRACE_SECONDS = 5
DAMAGE = ("ciphertext verification failed", "does not match", "hash mismatch", "not found in index", "contains errors")


@dataclass(frozen=True)
class Snapshot:
    """One snapshot in the vault."""

    id: str
    time: str
    tags: tuple[str, ...]

    def tagged(self, prefix: str) -> str | None:
        """Return what follows `prefix` in the tag that has it, e.g. the cluster's identifier."""
        return next((tag.removeprefix(prefix) for tag in self.tags if tag.startswith(prefix)), None)


@dataclass(frozen=True)
class Summary:
    """What a backup run saw and sent."""

    snapshot: str
    files: int
    bytes: int
    added: int


class Restic:
    """This client's repository in the vault."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def initialise(self) -> bool:
        """Make the repository unless it exists; True when it was made."""
        if vault.knock(self._config):
            self.identity()
            return False
        self._run(["init"])
        return True

    def identity(self) -> str:
        """Return the repository's own identifier; fails on a wrong key."""
        return str(json.loads(self._run(["cat", "config", "--no-lock"]))["id"])

    def backup(self, paths: tuple[Path, ...], tags: tuple[str, ...], exclude: tuple[str, ...] = ()) -> Summary:
        """Send the paths as one snapshot; a partial one is a failure."""
        vault.require_room(self._config)
        arguments = ["backup", "--json", "--host", self._config.client, "--tag", ",".join(tags)]
        arguments += [f"--exclude={pattern}" for pattern in exclude]
        output = self._run([*arguments, "--", *map(str, paths)])
        last = json.loads(output.strip().splitlines()[-1])
        return Summary(
            snapshot=str(last["snapshot_id"]),
            files=int(last["total_files_processed"]),
            bytes=int(last["total_bytes_processed"]),
            added=int(last["data_added"]),
        )

    def snapshots(self, tag: str = "") -> list[Snapshot]:
        """Return the snapshots of this client, oldest first."""
        chosen = ["--tag", tag] if tag else []
        found: list[dict[str, Any]] = json.loads(self._run(["snapshots", "--json", "--no-lock", *chosen]) or "[]") or []
        shaped = [Snapshot(str(one["id"]), str(one["time"]), tuple(one.get("tags") or ())) for one in found]
        return sorted(shaped, key=lambda one: one.time)

    def restore(self, snapshot: str, target: Path) -> None:
        """Write one snapshot below `target`; restic checks every block that it decrypts."""
        self._run(["restore", snapshot, "--no-lock", "--target", str(target)])

    def check(self, subset: str) -> str:
        """Read back `subset` of the data (e.g. 3/30 or 100%) and the whole structure; return what restic said."""
        return self._run(["check", "--no-lock", "--read-data-subset", subset])

    def _run(self, arguments: list[str]) -> str:
        if not vault.knock(self._config) and arguments[0] != "init":
            raise Problem(
                "repository-missing",
                f"灾备保险库中没有客户端 {self._config.client} 的仓库",
                f"the vault holds no repository of {self._config.client}",
            )
        command = ["restic", "--cacert", str(self._config.authority), *arguments]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self._environment()
        ) as process:
            complaints: list[str] = []
            listener = threading.Thread(target=_listen, args=(process, complaints))
            listener.start()
            assert process.stdout is not None  # noqa: S101 - asked for above
            output = process.stdout.read()
            process.wait()
            listener.join()
        if process.returncode != 0:
            raise self._explain(process.returncode, "\n".join(complaints), output)
        return output

    def _environment(self) -> dict[str, str]:
        account = f"{self._config.client}:{vault.credential(self._config)}"
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "RESTIC_REPOSITORY": f"rest:https://{account}@{self._config.vault}/{self._config.client}/",
            "RESTIC_PASSWORD_FILE": str(self._config.key),
            # What root caches while it restores would be unreadable to the jobs.
            "RESTIC_CACHE_DIR": str(self._config.cache / pwd.getpwuid(os.getuid()).pw_name),
        }

    def _explain(self, code: int, complaints: str, output: str) -> Problem:
        vault.knock(self._config)
        if "wrong password" in complaints:
            return Problem("wrong-key", "备份密钥不符，无法解密仓库", "the backup key does not open the repository")
        if "already locked" in complaints:
            return Problem("locked", "仓库正被清理任务锁定", "the repository is locked by pruning", complaints)
        if code == PARTIAL:
            return Problem(
                "partial",
                "部分源文件无法读取，快照不完整，不计为成功",
                "some source files could not be read: the snapshot is partial and does not count",
                _shortened(complaints),
            )
        if RETRY.search(complaints) and (room := vault.fresh_room(self._config, time.time())) and room.full:
            return vault.full(room)
        return _damaged_or_other(code, complaints or output)


def _listen(process: subprocess.Popen[str], complaints: list[str]) -> None:
    """Collect what restic says and end it once it only repeats itself: SIGINT lets it remove its lock."""
    retries = 0
    for line in process.stderr or ():
        complaints.append(line.rstrip())
        retries += bool(RETRY.search(line))
        if retries == RETRIES_ALLOWED:
            process.send_signal(signal.SIGINT)
            threading.Timer(GRACE_SECONDS, process.kill).start()


def _shortened(complaints: str, lines: int = 5) -> str:
    """Return the first lines and how many more there are."""
    said = complaints.splitlines()
    return "\n".join(said[:lines] + ([f"… +{len(said) - lines}"] if len(said) > lines else []))


def _damaged_or_other(code: int, said: str) -> Problem:
    tail = "\n".join(said.strip().splitlines()[-12:])
    if any(sign in said for sign in DAMAGE):
        return Problem(
            "damaged",
            "备份数据已损坏，不得用于恢复",
            "the backup is damaged and must not be restored as good",
            tail,
        )
    return Problem("restic", f"restic 失败（退出码 {code}）", f"restic failed with exit code {code}", tail)
