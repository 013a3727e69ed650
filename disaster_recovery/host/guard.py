"""Refuse sources that can't be right: a backup of nothing succeeds everywhere, and that is how data is lost."""

from __future__ import annotations

import os
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from .problem import Problem
from .state import Run


@dataclass(frozen=True)
class Size:
    """How much a source holds."""

    files: int
    bytes: int


def measure(paths: tuple[Path, ...], exclude: tuple[str, ...] = ()) -> Size:
    """Count the regular files below the paths; a missing path is a problem, not an empty one."""
    files = total = 0
    for root in paths:
        if not root.is_dir():
            raise Problem("source-missing", f"备份源目录 {root} 不存在", f"the source {root} does not exist")
        for folder, _, names in os.walk(root):
            for name in names:
                path = Path(folder, name)
                if path.is_symlink() or any(fnmatch(str(path), pattern) for pattern in exclude):
                    continue
                files += 1
                total += path.stat().st_size
    return Size(files, total)


def require_plausible(size: Size, previous: Run | None, shrink_percent: int) -> None:
    """Refuse an empty source, and one that lost more than `shrink_percent` against the last good run."""
    if size.files == 0:
        raise Problem("source-empty", "备份源为空，不计为成功", "the source is empty: this never counts as a backup")
    if previous is None or previous.succeeded_at == 0:
        return
    keep = (100 - shrink_percent) / 100
    if size.files < previous.files * keep or size.bytes < previous.bytes * keep:
        now, before = f"{size.files} / {size.bytes} B", f"{previous.files} / {previous.bytes} B"
        raise Problem(
            "source-shrunk",
            f"备份源骤减：上次 {before}，本次 {now}；确属正常请加 --accept-shrink",
            f"the source shrank from {before} to {now}; pass --accept-shrink if that is right",
        )
