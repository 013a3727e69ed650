"""Runs on the audited host: reads everything that was asked in one go and prints it as JSON.

It is sent through a pipe to `python3 -BI -`, so nothing of it is ever written to the host.
"""

from __future__ import annotations

import concurrent.futures
import datetime
import json
import os
import subprocess

SECONDS = 20
CHARACTERS = 200_000
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "HOME": "/", "SYSTEMD_PAGER": "", "TERM": "dumb"}


def read(command: str) -> dict[str, str | int]:
    """Run one command; one that hangs is cut off and says so."""
    now = datetime.datetime.now(datetime.UTC).isoformat()
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
            env=ENVIRONMENT,
        )
    except subprocess.TimeoutExpired:
        return {"command": command, "output": f"no answer within {SECONDS} s", "exit_status": 124, "read_at": now}
    output = done.stdout.decode("utf-8", "replace")[:CHARACTERS]
    return {"command": command, "output": output, "exit_status": done.returncode, "read_at": now}


def collect(commands: list[str]) -> None:
    """Read everything, a few commands at a time."""
    os.chdir("/")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        print(json.dumps(list(pool.map(read, commands))))
