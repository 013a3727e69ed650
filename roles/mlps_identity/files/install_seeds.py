"""Brings administrators' TOTP seeds to where PAM looks for them; runs on the host as root, seeds come through a pipe.

pam_google_authenticator keeps its own state in the same files (codes already used), so only a seed that differs is
written anew. Prints the accounts whose file differs; with `--check` it leaves them as they are.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

# A code is good once, and for a clock that is up to a minute and a half wrong. Lock-out is pam_faillock's work.
OPTIONS = '" WINDOW_SIZE 7\n" DISALLOW_REUSE\n" TOTP_AUTH\n'


def seed(path: Path) -> str | None:
    """The seed that a file holds in its first line."""
    return path.read_text(encoding="ascii").partition("\n")[0] if path.exists() else None


def install(folder: Path, seeds: dict[str, str], check: bool) -> list[str]:
    """Write what differs, remove what nobody owns any more; returns the accounts concerned."""
    stale = sorted({path.name for path in folder.glob("*")} - set(seeds))
    changed = sorted(name for name, wanted in seeds.items() if seed(folder / name) != wanted)
    if check:
        return stale + changed
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in stale:
        (folder / name).unlink()
    for name in changed:
        fresh = folder / f".{name}"
        fresh.touch(mode=0o600)
        fresh.write_text(f"{seeds[name]}\n{OPTIONS}", encoding="ascii")
        fresh.replace(folder / name)
    return stale + changed


if __name__ == "__main__":
    print(*install(Path(sys.argv[1]), json.load(sys.stdin), "--check" in sys.argv))
