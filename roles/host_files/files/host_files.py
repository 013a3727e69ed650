"""Make files, links, folders and units what the JSON on stdin says, all in one round trip; prints what differed.

Usage: host_files.py [--check] < {"entries": [...], "tags": [...], "skipped": [...]}

An entry has a `path`, one of `content`, `link` (where it points) or `folder` (true), and, where they are not the usual
ones, `mode`, `owner` and `group`; or it is a `unit` that is to be enabled and to run. With `marker` the content is a
block between two marked lines, and what stands beside it stays: the block comes first where a line matches `before`,
else last, and goes again where it has no content. A text that the `validate` command refuses (its %s is a file with it)
is not put there. Where an entry names its control `items`, the run's tags decide whether it is meant. With --check
nothing is written; an account that does not exist yet is a difference.
"""

from __future__ import annotations

import difflib
import grp
import json
import os
import pwd
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Entry = dict[str, Any]


def text(path: Path) -> str:
    """What a file holds or a link points to; nothing where there is neither."""
    if path.is_symlink():
        return str(path.readlink())
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def chosen(entry: Entry, tags: set[str], skipped: set[str]) -> bool:
    """Whether the run's tags mean this entry; one without items is always meant."""
    items = set(entry.get("items", ()))
    return not items or (bool(tags & {"all", "tagged", *items}) and not items & skipped)


def whole(entry: Entry) -> str:
    """What the file is to hold: the content, or what is there already with the content as a marked block in it."""
    if "marker" not in entry:
        return str(entry["content"])
    begin, end = (f"# {word} {entry['marker']}" for word in ("BEGIN", "END"))
    lines = text(Path(entry["path"])).splitlines()
    block = [begin, *entry["content"].splitlines(), end] if entry["content"] else []
    if begin in lines and end in lines:
        lines[lines.index(begin) : lines.index(end) + 1] = block
    else:
        places = (at for at, line in enumerate(lines) if "before" in entry and re.search(entry["before"], line))
        at = next(places, len(lines))
        lines[at:at] = block
    return "".join(f"{line}\n" for line in lines)


def identifier(database: Any, name: str) -> int | None:
    """The number of an account or group; none while it does not exist."""
    try:
        return int(database(name)[2])
    except KeyError:
        return None


def unit_differences(unit: str) -> Iterator[str]:
    """Whether systemd runs the unit as its file says, now and at every start."""
    wanted = {"ActiveState": "active", "UnitFileState": "enabled", "NeedDaemonReload": "no"}
    command = ["systemctl", "show", "--property", ",".join(wanted), unit]
    shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    yield from (f"{unit}: {name}={found.get(name)}" for name, value in wanted.items() if found.get(name) != value)


def rights(entry: Entry) -> tuple[int, int | None, int | None]:
    """Mode, owner and group that are wanted."""
    mode = entry.get("mode", "0755" if entry.get("folder") else "0644")
    owner, group = entry.get("owner", "root"), entry.get("group", "root")
    return int(mode, 8), identifier(pwd.getpwnam, owner), identifier(grp.getgrnam, group)


def differences(entry: Entry) -> Iterator[str]:
    """What is not as it should be, line by line."""
    if "unit" in entry:
        yield from unit_differences(entry["unit"])
        return
    path = Path(entry["path"])
    if "link" in entry:
        if not path.is_symlink() or text(path) != entry["link"]:
            yield f"{path} -> {entry['link']}"
        return
    if "marker" in entry and not entry["content"] and not path.exists():
        return
    if "content" in entry:
        wanted = whole(entry)
        if path.is_symlink() or not path.is_file() or path.read_bytes() != wanted.encode():
            yield f"{path}: content"
            yield from list(difflib.unified_diff(text(path).splitlines(), wanted.splitlines(), lineterm=""))[2:]
    elif not path.is_dir():
        yield f"{path}: folder"
    if path.exists():
        state = path.stat()
        if (stat.S_IMODE(state.st_mode), state.st_uid, state.st_gid) != rights(entry):
            yield f"{path}: mode, owner or group"


def validate(entry: Entry, fresh: Path) -> None:
    """End with the words of the command that refuses the new text, and leave the old one as it is."""
    command = [word.replace("%s", str(fresh)) for word in entry.get("validate", ())]
    if command and (done := subprocess.run(command, capture_output=True, text=True, check=False)).returncode:
        fresh.unlink()
        sys.exit(f"{entry['path']}: {done.stdout}{done.stderr}")


def make(entry: Entry) -> None:
    """Put it there, whole or not at all; have a unit run."""
    if "unit" in entry:
        for words in (["daemon-reload"], ["enable", "--quiet", "--now", entry["unit"]]):
            subprocess.run(["systemctl", *words], check=True)
        return
    path = Path(entry["path"])
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    if "link" in entry:
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(entry["link"])
        fresh.replace(path)
        return
    mode, owner, group = rights(entry)
    if owner is None or group is None:
        sys.exit(f"{path}: 属主账户或组不存在 its account or group does not exist")
    target = path
    if "content" in entry:
        fresh.touch(mode=0o600)
        fresh.write_text(whole(entry), encoding="utf-8")
        validate(entry, fresh)
        target = fresh
    else:
        path.mkdir(exist_ok=True)
    os.chown(target, owner, group)
    target.chmod(mode)
    target.replace(path)


def main() -> None:
    """Compare, and write unless it is a check."""
    os.umask(0o022)
    asked = json.load(sys.stdin)
    tags, skipped = set(asked["tags"]), set(asked["skipped"])
    for entry in (one for one in asked["entries"] if chosen(one, tags, skipped)):
        if found := list(differences(entry)):
            print("\n".join(found))
            if "--check" not in sys.argv:
                make(entry)


if __name__ == "__main__":
    main()
