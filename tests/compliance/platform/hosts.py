"""What hosts contribute to the platform's items: the questions, and what of each answer tells."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from infra.plan.base import BOUNDARY
from infra.plan.plan import PlannedHostGroup
from tests.compliance.known import SAFE_CIPHER, SAFE_MAC
from tests.compliance.parse import refuses_by_default, settings
from tests.compliance.probes import probe
from tests.compliance.scope import HostScope
from tests.compliance.test_8_1_4_3 import RECORD

FORWARDING_SWITCH = probe("sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding")
PACKAGE_SOURCES = probe("cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | grep -Ev '^ *(#|$)'")
# One line a host: its newest and its oldest file; then the age at which the vault forgets.
VAULT = probe(
    "cd /var/log/vault 2>/dev/null && for host in *; do echo $host $(ls $host | tail -n 1) $(ls $host | head -n 1);"
    " done; grep -hs /var/log/vault /etc/tmpfiles.d/*.conf; true"
)
# One line a target: 1 where it answered within two minutes; one question that is lost makes no host unwatched.
WATCHED = probe(
    'python3 -BIc \'import json, urllib.request as web; api = "http://127.0.0.1:9090/api/v1/";'
    ' read = lambda name: json.load(web.urlopen(api + name, timeout=5))["data"];'
    ' [print("target", t["metric"].get("host") or t["metric"].get("website") or t["metric"]["job"], t["value"][1])'
    ' for t in read("query?query=max_over_time(up%5B2m%5D)")["result"]];'
    ' [print("alert", r["name"]) for g in read("rules?type=alert")["groups"] for r in g["rules"]]'
    "' 2>&1"
)
WIRELESS = probe("ls -d /sys/class/net/*/wireless /sys/class/ieee80211/* 2>/dev/null; true")
LONG_ENOUGH = 180
Look = Callable[[HostScope, str], tuple[bool, str]]
DETECTION = re.compile(r"^(suricata|snort|fail2ban|crowdsec|zeek)")
RADIO = re.compile(r"^(wpasupplicant|hostapd|iwd|bluez|wireless-tools)$")
SCANNERS = re.compile(r"^clam")


def at_the_edge(group: PlannedHostGroup) -> bool:
    """Hosts of the zones that the outside may reach."""
    return group.zone in BOUNDARY


def doing(function: str) -> Callable[[PlannedHostGroup], bool]:
    """Hosts of a function."""
    return lambda group: function in group.functions


def sound_macs(_: HostScope, text: str) -> tuple[bool, str]:
    """Integrity of log-ins: every algorithm that sshd offers."""
    return _offers(text, "macs", SAFE_MAC)


def sound_ciphers(_: HostScope, text: str) -> tuple[bool, str]:
    """Confidentiality of log-ins: every algorithm that sshd offers."""
    return _offers(text, "ciphers", SAFE_CIPHER)


def _offers(text: str, name: str, safe: re.Pattern[str]) -> tuple[bool, str]:
    offered = settings(text).get(name, "").split(",")
    weak = [one for one in offered if not safe.fullmatch(one)]
    return not weak, f"{name} 弱算法 {'、'.join(weak)}" if weak else f"{name} {','.join(offered)}"


def keys_alone(_: HostScope, text: str) -> tuple[bool, str]:
    """Log-in by key only."""
    found = settings(text)
    shown = {name: found.get(name, "") for name in ("pubkeyauthentication", "passwordauthentication")}
    return shown == {"pubkeyauthentication": "yes", "passwordauthentication": "no"}, str(shown)


def logs_over_tls(host: HostScope, text: str) -> tuple[bool, str]:
    """Logs leave by TLS, to a vault whose name is proved; the vault keeps its own."""
    if "log_vault" in host.groups:
        return True, "日志中心本身"
    named = re.search(r"streamDriverAuthMode=.x509/name", text) is not None
    return named and "omfwd" in text, f"streamDriverAuthMode {'x509/name' if named else '缺失'}"


def no_forwarding(_: HostScope, text: str) -> tuple[bool, str]:
    """No host passes packets between networks."""
    found = settings(text, "=")
    on = [name.strip() for name, value in found.items() if value != "0"]
    return bool(found) and not on, "、".join(on) or "ip_forward=0"


def denies_outgoing(_: HostScope, text: str) -> tuple[bool, str]:
    """The host's own firewall refuses what no flow asks for."""
    good = refuses_by_default(text, "output")
    return good, f"output policy {'drop' if good else '不是 drop'}"


def denies_both_ways(_: HostScope, text: str) -> tuple[bool, str]:
    """The host's own firewall refuses by default, in and out."""
    wrong = [hook for hook in ("input", "output") if not refuses_by_default(text, hook)]
    return not wrong, f"{'、'.join(wrong)} 未默认拒绝" if wrong else "input、output policy drop"


def runs(what: re.Pattern[str], title: str) -> Look:
    """A service of that kind is running."""

    def look(_: HostScope, text: str) -> tuple[bool, str]:
        found = [unit for unit in text.split() if what.match(unit)]
        return bool(found), "、".join(found) or f"未见{title}"

    return look


def guards_against_floods(_: HostScope, text: str) -> tuple[bool, str]:
    """Half-open connections don't fill the host's table."""
    on = "net.ipv4.tcp_syncookies = 1" in text
    return on, f"tcp_syncookies {'开启' if on else '未开启'}"


def has_records(_: HostScope, text: str) -> tuple[bool, str]:
    """Log-ins and commands were recorded, each line with its time."""
    lines = text.splitlines()
    bad = [line for line in lines if not RECORD.match(line)]
    return bool(lines) and not bad, f"{len(lines)} 条登录与提权记录，{len(bad)} 条不完整"


def connected(host: HostScope, text: str) -> tuple[bool, str]:
    """Lines are leaving for the vault right now; the vault keeps its own."""
    there = "log_vault" in host.groups or bool(text.strip())
    return there, f"到日志中心的连接{'已建立' if there else '不存在'}"


def in_time(started: datetime, ended: datetime, text: str, tolerance: float) -> tuple[bool, str]:
    """A clock that was read between two moments of ours."""
    clock = datetime.fromisoformat(text.strip())
    off = max(started - clock, clock - ended, timedelta(0)).total_seconds()
    return off <= tolerance, f"偏差 {off:.1f} 秒"


def copies_of(names: Sequence[str], day: datetime) -> Look:
    """The vault has lines of these hosts from this day or the one before."""
    since = f"{day - timedelta(days=1):%Y-%m-%d}"

    def look(_: HostScope, text: str) -> tuple[bool, str]:
        kept = vault_lines(text)
        missing = [name for name in names if kept.get(name, ("", ""))[0] < since]
        return not missing, f"缺 {'、'.join(missing)}" if missing else f"{len(names)} 台主机有当日或前一日日志"

    return look


def kept_long_enough(_: HostScope, text: str) -> tuple[bool, str]:
    """The vault forgets nothing for half a year."""
    found = re.search(r"m:(\d+)d", text)
    days = int(found[1]) if found else 0
    return days >= LONG_ENOUGH, f"保存 {days} 天" if days else "未说明保存时间"


def vault_lines(text: str) -> dict[str, tuple[str, str]]:
    """By host: newest and oldest day that the vault keeps."""
    rows = (line.split() for line in text.splitlines())
    return {row[0]: (row[1][:10], row[2][:10]) for row in rows if len(row) == 3 and row[1].endswith(".log")}


def watches(names: Sequence[str]) -> Look:
    """The monitor hears these hosts, and nothing that it asks is silent."""

    def look(_: HostScope, text: str) -> tuple[bool, str]:
        rows = [line.split() for line in text.splitlines() if line.startswith("target ")]
        up = {row[1] for row in rows if row[2:] == ["1"]}
        silent = [name for name in names if name not in up]
        return not silent, f"未监测 {'、'.join(silent)}" if silent else f"{len(rows)} 个目标均在线"

    return look


def warns(_: HostScope, text: str) -> tuple[bool, str]:
    """The monitor has rules that raise an alarm."""
    rules = [line.split()[1] for line in text.splitlines() if line.startswith("alert ")]
    return bool(rules), f"{len(rules)} 条告警规则：{'、'.join(rules[:6])}" if rules else "没有告警规则"


def one_source(url: str) -> Look:
    """Packages come from the platform's mirror alone."""

    def look(_: HostScope, text: str) -> tuple[bool, str]:
        other = [line for line in text.splitlines() if f" {url} " not in line]
        return bool(text.strip()) and not other, "、".join(other)[:120] or url

    return look


def others_than(names: Sequence[str]) -> Look:
    """The vault has lines of machines besides these: the cloud's own."""

    def look(_: HostScope, text: str) -> tuple[bool, str]:
        others = sorted(set(vault_lines(text)) - set(names))
        return bool(others), "、".join(others) or "日志中心没有云平台控制节点的日志"

    return look


def enabled(_: HostScope, text: str) -> tuple[bool, str]:
    """A unit that starts with the host."""
    return text.strip() == "enabled", text.strip() or "无"


def nothing(_: HostScope, text: str) -> tuple[bool, str]:
    """A search that is to find nothing."""
    found = text.split()
    return not found, "、".join(found) or "无"


def wired_alone(_: HostScope, text: str) -> tuple[bool, str]:
    """No package that speaks by radio."""
    found = [name for name in text.split() if RADIO.match(name)]
    return not found, "、".join(found) or "无"
