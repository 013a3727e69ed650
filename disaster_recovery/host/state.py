"""What the last runs said: one JSON file per job for people and guards, one metrics file for the node exporter."""

from __future__ import annotations

import dataclasses
import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .config import Config
from .problem import Problem

METRICS_FILE = "ganyun_backup.prom"


@dataclass(frozen=True)
class Run:
    """The last run of one job; `succeeded_at` and the figures survive later failures."""

    job: str
    ran_at: float
    ok: bool
    code: str = ""
    message: str = ""
    succeeded_at: float = 0.0
    snapshot: str = ""
    files: int = 0
    bytes: int = 0
    seconds: float = 0.0
    facts: dict[str, str] = field(default_factory=dict)


def read(config: Config, job: str) -> Run | None:
    """Return the last run of the job, None before the first."""
    path = config.state / f"{job}.json"
    return Run(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


def write(config: Config, run: Run) -> None:
    """Record a run and refresh the metrics of all jobs."""
    replace(config.state / f"{run.job}.json", json.dumps(dataclasses.asdict(run), ensure_ascii=False, indent=1))
    runs = [one for job in config.max_age_seconds if (one := read(config, job))]
    replace(config.state / METRICS_FILE, metrics(config, runs))


def metrics(config: Config, runs: list[Run]) -> str:
    """Return the node exporter's text for these runs; a job that never succeeded shows time 0, so its age alarms."""
    families: dict[str, Callable[[Run], float]] = {
        "ganyun_backup_last_success_timestamp_seconds": lambda run: run.succeeded_at,
        "ganyun_backup_last_run_failed": lambda run: int(not run.ok),
        "ganyun_backup_max_age_seconds": lambda run: config.max_age_seconds[run.job],
        "ganyun_backup_source_bytes": lambda run: run.bytes,
        "ganyun_backup_duration_seconds": lambda run: round(run.seconds, 3),
    }
    lines = []
    for name, value in families.items():
        lines.append(f"# TYPE {name} gauge")
        lines += [f'{name}{{client="{config.client}",job="{run.job}"}} {value(run)}' for run in runs]
    return "\n".join(lines) + "\n"


@contextmanager
def alone(config: Config, job: str, *, wait: bool = False) -> Iterator[None]:
    """Hold the job's lock: the kernel drops it with the process, so a killed run never blocks the next."""
    with (config.state / f"{job}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Problem("busy", f"任务 {job} 正在运行", f"job {job} is already running") from None
        yield


def replace(path: Path, text: str) -> None:
    """Write a file that others read, whole or not at all."""
    fresh = path.with_suffix(path.suffix + ".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(0o644)
    os.replace(fresh, path)  # noqa: PTH105 - the atomic form
