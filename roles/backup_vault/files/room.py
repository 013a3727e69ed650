#!/usr/bin/python3
"""Write into each client's folder how much room the vault has left: restic itself only says "500" on a full disk.

Usage: vault-room FOLDER RESERVE_MIB
"""

import json
import os
import sys
import time
from pathlib import Path

SECONDS = 5


def main() -> None:
    """Measure every few seconds, for as long as the service runs."""
    vault, reserve = Path(sys.argv[1]), int(sys.argv[2]) * 2**20
    while True:
        space = os.statvfs(vault)
        free = space.f_bavail * space.f_frsize
        room = {"free_bytes": free, "reserve_bytes": reserve, "measured_at": time.time()}
        for client in vault.iterdir():
            if client.is_dir():
                _replace(client / "room.json", json.dumps(room))
        time.sleep(SECONDS)


def _replace(path: Path, text: str) -> None:
    """Write in place once the file exists: on a full disk a rename would leave clients with the old measurement."""
    with path.open("r+" if path.exists() else "w", encoding="ascii") as stream:
        stream.write(text.ljust(4000))


if __name__ == "__main__":
    main()
