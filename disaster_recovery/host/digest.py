"""The sha256 list of folders, by the path that the live host uses: equal for the original and for its restored copy."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def of(folders: list[Path], below: Path) -> dict[str, str]:
    """Return path → sha256 of all regular files, path → target of all symbolic links."""
    found: dict[str, str] = {}
    for folder in folders:
        place = below / folder.relative_to(folder.anchor)
        for here, folders_here, names in os.walk(place):
            for name in [*names, *(one for one in folders_here if Path(here, one).is_symlink())]:
                path = Path(here, name)
                shown = f"/{path.relative_to(below)}"
                found[shown] = f"-> {path.readlink()}" if path.is_symlink() else _sha256(path)
    return found


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
