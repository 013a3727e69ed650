"""What the host's own checks by timer (role host_watch) found last, and whether they still run."""

from __future__ import annotations

import json
from dataclasses import dataclass

from tests.compliance.audit import Audit
from tests.compliance.probes import probe
from tests.compliance.test_8_1_4_3 import blocks

NAMES = ("malware", "integrity", "intrusion", "vulnerabilities")
TIMERS = probe(
    f"systemctl show -p Id,ActiveState,UnitFileState {' '.join(f'ganyun-watch@{name}.timer' for name in NAMES)}"
)
RESULTS = probe(
    f"for name in {' '.join(NAMES)}; do file=/var/lib/ganyun/watch/$name.json;"
    " if [ -e $file ]; then printf '%s ' $name; tr -d '\\n' < $file; echo; fi; done"
)


@dataclass(frozen=True)
class Watch:
    """The last run of one check; `minutes` is its age, none when it never ran."""

    minutes: float | None
    findings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


def last(audit: Audit, name: str) -> Watch:
    """The last run of this check."""
    for line in audit.text(RESULTS).splitlines():
        found, _, text = line.partition(" ")
        if found == name:
            run = json.loads(text)
            age = (audit.answers.ended.timestamp() - float(run["ran_at"])) / 60
            return Watch(age, tuple(run["findings"]), tuple(run["errors"]))
    return Watch(None)


def judge_running(audit: Audit, name: str, title: str, minutes: int) -> Watch:
    """Two points: the timer is on, and the last run is young enough and could look at everything."""
    timer = blocks(audit.text(TIMERS)).get(f"ganyun-watch@{name}.timer", {})
    on = timer.get("activestate") == "active" and timer.get("unitfilestate") == "enabled"
    shown = f"{timer.get('activestate', '不存在')}，{timer.get('unitfilestate') or '未启用'}"
    audit.judge(f"{name}-timer", f"{title}定时执行", on, shown, TIMERS)
    watch = last(audit, name)
    young = watch.minutes is not None and watch.minutes <= minutes
    said = "从未执行" if watch.minutes is None else f"{watch.minutes:.0f} 分钟前（≤{minutes}）"
    wrong = f"，未能完成：{'；'.join(watch.errors[:3])}" if watch.errors else ""
    audit.judge(f"{name}-run", f"{title}近期完成", young and not watch.errors, said + wrong, RESULTS)
    return watch
