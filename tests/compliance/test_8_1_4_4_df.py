"""8.1.4.4 入侵防范, the items that go beyond settings: input is checked, and a break-in raises an alarm."""

from __future__ import annotations

import pytest

from tests.compliance.audit import Audit
from tests.compliance.probes import probe
from tests.compliance.test_8_1_4_1 import LISTENING
from tests.compliance.test_8_1_4_3 import FORWARDED
from tests.compliance.watches import judge_running

APPLICATION = "本机不接收公众输入，由应用举证 (not applicable: the host takes no input of the public)"
# What the gateway answers to requests that no site expects; the site's name comes from its own settings.
ANSWERS = probe(
    "[ -e /etc/haproxy/haproxy.cfg ] || exit 0;"
    " site=$(sed -nE 's/.*var\\(txn\\.host\\) -m str ([^ ]+).*/\\1/p' /etc/haproxy/haproxy.cfg | head -n 1);"
    ' ask() { curl -sk -m 5 -o /dev/null -w "$1 %{http_code}\\n" --resolve "$2:443:127.0.0.1"'
    ' --path-as-is -X "$3" "https://$2$4"; };'
    ' ask read "$site" GET /; ask write "$site" POST /; ask delete "$site" DELETE /; ask trace "$site" TRACE /;'
    ' ask stranger unknown.invalid GET /; ask above "$site" GET /../../etc/passwd'
)
WANTED = {"write": "405", "delete": "405", "trace": "405", "stranger": "421"}
METRICS = probe(
    "grep -hs '^ganyun_watch_last_run' /var/lib/prometheus/node-exporter/ganyun_watch_*.prom;"
    " systemctl is-active prometheus-node-exporter"
)


@pytest.mark.control("8.1.4.4-d")
def test_input_is_checked_before_it_is_passed_on(audit: Audit) -> None:
    if "web_gateway" not in audit.host.groups:
        audit.not_applicable("requests", "输入内容的有效性检验", APPLICATION, LISTENING)
        return
    found = dict(line.split() for line in audit.text(ANSWERS).splitlines() if line.count(" ") == 1)
    wrong = [f"{name} {found.get(name)}" for name, status in WANTED.items() if found.get(name) != status]
    if found.get("above") in (None, "200"):
        wrong.append(f"above {found.get('above')}")
    if found.get("read") != "200":
        wrong.append(f"read {found.get('read')}")
    audit.refuse("requests", "网关只放行已知站点的读取请求（不符的应答）", wrong, ANSWERS)


@pytest.mark.control("8.1.4.4-f")
def test_a_break_in_raises_an_alarm(audit: Audit) -> None:
    watch = judge_running(audit, "intrusion", "入侵迹象检测", audit.limit("detection_minutes"))
    judge_running(audit, "integrity", "文件改动检测", audit.limit("compare_days") * 1440)
    told = audit.text(METRICS)
    delivered = all(f'check="{name}"' in told for name in ("intrusion", "integrity")) and told.split()[-1:] == [
        "active"
    ]
    shown = f"监控{'在' if delivered else '未'}采集检测结果，最近发现 {len(watch.findings)} 项"
    audit.judge("alarm", "检测结果送监控并告警", delivered, shown, METRICS)
    if "log_vault" not in audit.host.groups:
        audit.judge("reported", "检测结果送日志中心", bool(audit.text(FORWARDED).strip()), "日志中心连接", FORWARDED)
