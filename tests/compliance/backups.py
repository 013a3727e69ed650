"""What the host's backups (role backup_client) did last, by their own records; and which hosts have any."""

from __future__ import annotations

import json
from typing import Any

from tests.compliance.audit import Audit
from tests.compliance.probes import probe

# One line per job: its name, a space, its record. The settings hold no secret.
RUNS = probe(
    "cd /var/lib/ganyun-backup 2>/dev/null || exit 0; for file in *.json; do if [ -e $file ]; then"
    " printf '%s ' ${file%.json}; tr -d '\\n' < $file; echo; fi; done"
)
CONFIG = probe("[ ! -e /etc/ganyun-backup/config.json ] || cat /etc/ganyun-backup/config.json")


def client(audit: Audit) -> bool:
    """Whether the plan has this host's data backed up."""
    return bool({"database", "web_node"} & set(audit.host.groups))


def runs(audit: Audit) -> dict[str, dict[str, Any]]:
    """The last run of each job."""
    lines = (line.partition(" ") for line in audit.text(RUNS).splitlines())
    return {name: json.loads(text) for name, _, text in lines if text.startswith("{")}


def limits(audit: Audit) -> dict[str, float]:
    """Seconds after which the last success of each job is too old."""
    found: dict[str, float] = json.loads(audit.text(CONFIG) or "{}").get("max_age_seconds", {})
    return found


def age(audit: Audit, job: str) -> float | None:
    """Seconds since the job last succeeded; none when it never did."""
    succeeded = runs(audit).get(job, {}).get("succeeded_at")
    return audit.answers.ended.timestamp() - float(succeeded) if succeeded else None


def late(audit: Audit) -> list[str]:
    """Jobs whose last success is too old; the daily reading back is judged by itself."""
    found = []
    for job, limit in limits(audit).items():
        seconds = age(audit, job)
        if job != "check" and (seconds is None or seconds > limit):
            found.append(f"{job} {'从未成功' if seconds is None else f'{seconds:.0f} 秒前'}（≤{limit:.0f}）")
    return found


def judge_read_back(audit: Audit) -> None:
    """The point on backups that were read back from the vault, whole; it is made daily."""
    title = "备份每日回读校验"
    seconds, limit = age(audit, "check"), limits(audit).get("check", 0)
    if runs(audit) and "check" not in runs(audit):
        audit.leave_open("read-back", title, "尚未到首次回读的时间 (not due yet: backups are read back daily)", RUNS)
        return
    said = "从未成功" if seconds is None else f"{seconds / 3600:.1f} 小时前"
    audit.judge("read-back", title, seconds is not None and seconds <= limit, said, RUNS, CONFIG)
