"""The host's settings, written by the role backup_client as one JSON file; an unknown or missing key is refused."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .problem import Problem

DEFAULT_PATH = Path("/etc/ganyun-backup/config.json")


@dataclass(frozen=True)
class Database:
    """A PostgreSQL cluster whose base backups and WAL go to the vault."""

    cluster: str
    data: Path
    binaries: Path
    spool: Path
    spool_group: str
    samples: Path
    archive_seconds: int


@dataclass(frozen=True)
class Files:
    """Folders that are backed up as files."""

    paths: tuple[Path, ...]
    exclude: tuple[str, ...]


@dataclass(frozen=True)
class Config:
    """Everything a job needs to know."""

    client: str
    vault: str
    authority: Path
    credential: Path
    key: Path
    state: Path
    cache: Path
    max_age_seconds: dict[str, int]
    shrink_percent: int
    database: Database | None
    files: Files | None


def load(path: Path = DEFAULT_PATH) -> Config:
    """Read the settings; every mistake names the file and the key."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Problem("config", f"缺少配置文件 {path}", f"configuration {path} is missing") from None
    except json.JSONDecodeError as error:
        raise Problem("config", f"{path} 不是有效的 JSON", f"{path} is not valid JSON", str(error)) from None
    return _build(path, raw)


def _build(path: Path, raw: dict[str, Any]) -> Config:
    database, files = raw.get("database"), raw.get("files")
    values = _known(path, "", Config, raw)
    for key in ("authority", "credential", "key", "state", "cache"):
        values[key] = Path(values[key])
    if database is not None:
        parts = _known(path, "database.", Database, database)
        for key in ("data", "binaries", "spool", "samples"):
            parts[key] = Path(parts[key])
        values["database"] = Database(**parts)
    if files is not None:
        parts = _known(path, "files.", Files, files)
        values["files"] = Files(paths=tuple(map(Path, parts["paths"])), exclude=tuple(parts["exclude"]))
    return Config(**values)


def _known(path: Path, prefix: str, shape: type[Any], raw: dict[str, Any]) -> dict[str, Any]:
    names = {field.name for field in dataclasses.fields(shape)}
    if wrong := sorted(names ^ set(raw)):
        keys = ", ".join(prefix + name for name in wrong)
        raise Problem("config", f"{path} 中缺少或多余的键：{keys}", f"missing or unknown keys in {path}: {keys}")
    return dict(raw)
