"""The daily audit of the operator's machine: a timer of systemd that runs it, and tells only what changed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

NAME = "ganyun-audit"
SERVICE = """\
[Unit]
Description=赣云每日合规检查 daily compliance audit
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
WorkingDirectory={home}
ExecStart=/bin/bash -c 'source ./activate && exec python -m tests.compliance daily'
"""
TIMER = """\
[Unit]
Description=赣云每日合规检查 daily compliance audit

[Timer]
OnCalendar={calendar}
RandomizedDelaySec=10min
Persistent=true

[Install]
WantedBy=timers.target
"""


class NoSystemdError(Exception):
    """This machine has no systemd that could run a timer."""


def units(home: Path, calendar: str) -> dict[str, str]:
    """The two units by file name."""
    return {f"{NAME}.service": SERVICE.format(home=home), f"{NAME}.timer": TIMER.format(calendar=calendar)}


def install(home: Path, calendar: str, folder: Path) -> None:
    """Write the units for this user, and start the timer; run again it takes over another time of day."""
    _systemctl("show-environment")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in units(home, calendar).items():
        (folder / name).write_text(text, encoding="utf-8")
    _systemctl("daemon-reload")
    _systemctl("enable", "--now", f"{NAME}.timer")


def remove(folder: Path) -> None:
    """Stop the timer, and leave no unit behind."""
    _systemctl("disable", "--now", f"{NAME}.timer")
    for name in units(Path(), ""):
        (folder / name).unlink(missing_ok=True)
    _systemctl("daemon-reload")


def _systemctl(*words: str) -> None:
    if shutil.which("systemctl") is None:
        raise NoSystemdError("没有 systemctl · there is no systemctl")
    done = subprocess.run(["systemctl", "--user", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoSystemdError(done.stderr.strip() or f"systemctl --user {' '.join(words)}: {done.returncode}")
