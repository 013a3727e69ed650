"""Run a check of this host, keep what it found, and tell the log centre and the monitor.

Usage: watch NAME

/etc/ganyun/watch.d/NAME.json names the steps: a command, which exit statuses are answers, which lines of its output
are findings, and which of those are none. A step that gives another status, or can't run, is an error and never
silence: whoever reads the result sees findings, errors and the time.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import syslog
import time
from pathlib import Path
from typing import Any

SETTINGS = Path(os.environ.get("GANYUN_WATCH_SETTINGS", "/etc/ganyun/watch.d"))
RESULTS = Path(os.environ.get("GANYUN_WATCH_RESULTS", "/var/lib/ganyun/watch"))
METRICS = Path(os.environ.get("GANYUN_WATCH_METRICS", "/var/lib/prometheus/node-exporter"))
NAMED = 20
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/"}


def take(step: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Findings and errors of one step."""
    try:
        done = subprocess.run(step["argv"], stdin=subprocess.DEVNULL, capture_output=True, check=False, env=ENVIRONMENT)
    except OSError as problem:
        return [], [str(problem)]
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    if done.returncode not in step["statuses"]:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or lines
        return [], [f"{step['argv'][0]}: {done.returncode}: {said[-1] if said else ''}"]
    ignored = step.get("ignore") or "(?!)"
    return [line for line in lines if re.search(step["finding"], line) and not re.search(ignored, line)], []


def replace(path: Path, text: str, mode: int) -> None:
    """Write a file that others read, whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(mode)
    fresh.replace(path)


def tell(name: str, findings: list[str], errors: list[str]) -> None:
    """One alarm a finding, and a line that says that the check was made."""
    syslog.openlog("ganyun-watch", 0, syslog.LOG_AUTHPRIV)
    for line in (*findings[:NAMED], *errors[:NAMED]):
        syslog.syslog(syslog.LOG_ALERT, f"{name}: {line}")
    syslog.syslog(syslog.LOG_INFO, f"{name}: {len(findings)} findings, {len(errors)} errors")


def metrics(name: str, now: float, findings: list[str], errors: list[str]) -> str:
    """The node exporter's text."""
    values = {"findings": len(findings), "errors": len(errors), "last_run_timestamp_seconds": int(now)}
    pairs = ((f"ganyun_watch_{key}", value) for key, value in values.items())
    return "".join(f'# TYPE {key} gauge\n{key}{{check="{name}"}} {value}\n' for key, value in pairs)


def main(name: str) -> None:
    """Take all steps, and end well whatever they found: the result tells it."""
    steps = json.loads((SETTINGS / f"{name}.json").read_text(encoding="utf-8"))["steps"]
    taken = [take(step) for step in steps]
    findings = [line for found, _ in taken for line in found]
    errors = [line for _, wrong in taken for line in wrong]
    now = time.time()
    RESULTS.mkdir(mode=0o750, parents=True, exist_ok=True)
    result = {"ran_at": now, "findings": findings, "errors": errors}
    replace(RESULTS / f"{name}.json", json.dumps(result, ensure_ascii=False, indent=1), 0o640)
    if METRICS.is_dir():
        replace(METRICS / f"ganyun_watch_{name}.prom", metrics(name, now, findings, errors), 0o644)
    tell(name, findings, errors)


if __name__ == "__main__":
    main(sys.argv[1])
