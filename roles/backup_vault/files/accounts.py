#!/usr/bin/python3 -W ignore::DeprecationWarning
"""Keep the vault's htpasswd in step with the accounts on stdin (JSON: name → password); says changed or unchanged.

An entry is only rewritten when its password differs, so that a second run changes nothing. The passwords are 40
random characters, so a low bcrypt cost gives nothing away, and restic makes hundreds of requests a backup.
"""

import crypt
import json
import shutil
import sys
from pathlib import Path

ROUNDS = 16


def main() -> None:
    """Write the file named first, readable by the group named second."""
    path, group = Path(sys.argv[1]), sys.argv[2]
    wanted: dict[str, str] = json.load(sys.stdin)
    lines = path.read_text(encoding="ascii").splitlines() if path.exists() else []
    present = dict(line.split(":", 1) for line in lines)
    entries = {name: _entry(password, present.get(name)) for name, password in sorted(wanted.items())}
    if entries == present:
        print("unchanged")
        return
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text("".join(f"{name}:{entry}\n" for name, entry in entries.items()), encoding="ascii")
    shutil.chown(fresh, "root", group)
    fresh.chmod(0o640)
    fresh.replace(path)
    print("changed")


def _entry(password: str, present: str | None) -> str:
    if present and crypt.crypt(password, present) == present:
        return present
    return crypt.crypt(password, crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=ROUNDS))  # noqa: S324 - bcrypt


if __name__ == "__main__":
    main()
