"""What the host's services speak on the wire, tried on each port that others can reach."""

from __future__ import annotations

import re

from tests.compliance.audit import Audit
from tests.compliance.database import ACCESS, SETTINGS
from tests.compliance.parse import listeners, settings
from tests.compliance.probes import probe
from tests.compliance.test_8_1_4_1 import LISTENING
from tests.compliance.test_8_1_4_3 import FORWARDING

# Ports on which nothing confidential passes: redirections and signed packages, published pages, metrics.
PUBLIC_PORTS = {80: "重定向与签名软件包", 8080: "已公开网页", 9100: "运行指标"}
SSH_PORT = 22
VERSIONS = ("tls1", "tls1_1", "tls1_2", "tls1_3")
SAFE_VERSIONS = {"tls1_2", "tls1_3"}
CLIENT = "-cert /etc/ganyun/tls/host.crt -key /etc/ganyun/tls/host.key -cipher ALL:@SECLEVEL=0"
# port version accepted|refused, for each reachable port but those that need no TLS
HANDSHAKES = probe(
    "ss -Hltn | awk '{print $4}' | grep -vE '^(127\\.|\\[::1\\])'"
    " | sed -E 's/^(\\*|0\\.0\\.0\\.0|\\[::\\])(%[^:]*)?:/127.0.0.1:/'"
    f" | grep -vE ':({'|'.join(map(str, (SSH_PORT, *PUBLIC_PORTS)))})$' | sort -u | while read -r at; do"
    ' port=${at##*:}; how=; [ "$port" = 5432 ] && how="-starttls postgres";'
    f" for version in {' '.join(VERSIONS)}; do"
    f' if timeout 4 openssl s_client -connect "$at" $how -$version {CLIENT} </dev/null 2>/dev/null'
    " | grep -qE '^New, [^(]'; then echo $port $version accepted; else echo $port $version refused; fi; done; done"
)


def accepted(text: str) -> dict[int, set[str]]:
    """Versions of TLS that each port takes; an empty set means that it speaks something else."""
    found: dict[int, set[str]] = {}
    for port, version, answer in (line.split() for line in text.splitlines() if re.fullmatch(r"\d+ \S+ \S+", line)):
        taken = found.setdefault(int(port), set())
        if answer == "accepted":
            taken.add(version)
    return found


def judge_services(audit: Audit) -> None:
    """Points on every service of the host: TLS, none of it old, and clear text only where nothing is confidential."""
    spoken = accepted(audit.text(HANDSHAKES))
    old = [f"{port} {version}" for port, taken in spoken.items() for version in sorted(taken - SAFE_VERSIONS)]
    audit.refuse("old-tls", "对外服务不接受 TLS 1.2 以下版本", old, HANDSHAKES)
    reachable = {each.port: each.program for each in listeners(audit.text(LISTENING)) if each.protocol == "tcp"}
    plain = [
        f"{port} {program}"
        for port, program in reachable.items()
        if port != SSH_PORT and port not in PUBLIC_PORTS and not spoken.get(port)
    ]
    audit.refuse("plain", "涉及重要数据的对外服务均经 TLS 或 SSH", plain, LISTENING, HANDSHAKES)


def judge_logs(audit: Audit) -> None:
    """The point on log lines: sent over TLS, to the log centre alone."""
    if "log_vault" in audit.host.groups:
        return
    text = audit.text(FORWARDING)
    safe = re.search(r'streamDriver="gtls"', text) and re.search(r'streamDriverAuthMode="x509/name"', text)
    audit.judge("logs", "审计日志经双向验证的 TLS 传输", safe is not None, "gtls，x509/name", FORWARDING)


def judge_database(audit: Audit) -> None:
    """The point on the database, where there is one: no connection over the network without TLS."""
    if "database" not in audit.host.groups:
        return
    values = settings(audit.text(SETTINGS), "=")
    clear = [line for line in audit.text(ACCESS).splitlines() if line.split()[0] in ("host", "hostnossl")]
    safe = values.get("ssl") == "on" and values.get("ssl_min_protocol_version") in ("TLSv1.2", "TLSv1.3")
    shown = f"ssl={values.get('ssl')}，最低 {values.get('ssl_min_protocol_version')}，{len(clear)} 条非 TLS 规则"
    audit.judge("database-tls", "数据库只接受 TLS 连接", safe and not clear, shown, SETTINGS, ACCESS)
