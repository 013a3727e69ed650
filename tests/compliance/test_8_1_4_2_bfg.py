"""8.1.4.2 访问控制, the items that go beyond accounts: default accounts, single processes and tables, labels."""

from __future__ import annotations

import json

import pytest

from tests.compliance.audit import CONTAINER_REASON, Audit
from tests.compliance.database import ACCESS, RIGHTS, ROLES, rows
from tests.compliance.parse import NO_SHELL, accounts, settings, shadows
from tests.compliance.probes import probe
from tests.compliance.test_8_1_4_1 import PASSWD, SHADOW, SSHD
from tests.compliance.test_8_1_4_3 import CONTAINER, blocks, in_container

DEFAULT_ACCOUNTS = (
    *("admin", "centos", "cloud-user", "debian", "ec2-user", "fedora", "games", "guest", "irc", "kylin", "list"),
    *("lp", "news", "openeuler", "test", "ubuntu", "uos", "uucp"),
)
GIVES_RIGHTS = {
    *("chage", "chfn", "chsh", "crontab", "dotlockfile", "expiry", "fusermount3", "gpasswd", "mount", "newgrp"),
    *("passwd", "ping", "ssh-agent", "su", "sudo", "umount", "wall", "write", "dbus-daemon-launch-helper"),
    *("ssh-keysign", "pam_extrausers_chkpwd", "unix_chkpwd"),
}
SETUID = probe("find / -xdev -type f -perm /6000 -printf '%m %u:%g %p\\n'")
# Packages name their programs with or without /usr; dpkg is asked once.
UNPACKAGED = probe(
    "paths=$(find / -xdev -type f -perm /6000 -print);"
    " known=$(dpkg-query -S $paths $(echo \"$paths\" | sed 's|^/usr||') 2>/dev/null | sed -E 's/.*: //; s|^/usr||');"
    ' for path in $paths; do echo "$known" | grep -qxF "${path#/usr}" || echo "$path"; done'
)
SERVICES = ("nginx", "haproxy", "keepalived", "postgresql@15-main", "prometheus", "prometheus-node-exporter",
            "prometheus-blackbox-exporter", "ganyun-vault")  # fmt: skip
CONFINED = probe(
    f"systemctl show -p Id,ActiveState,NoNewPrivileges,ProtectSystem,PrivateTmp,ProtectHome {' '.join(SERVICES)}"
)
LABELS = probe("aa-status --json 2>&1; getenforce 2>&1; true")


@pytest.mark.control("8.1.4.2-b")
def test_no_default_account_can_be_used(audit: Audit) -> None:
    states = shadows(audit.text(SHADOW))
    audit.judge("root", "root 口令已锁定", states["root"].kind == "locked", f"root {states['root'].kind}", SHADOW)
    log_in = settings(audit.text(SSHD)).get("permitrootlogin")
    audit.judge("root-log-in", "root 不得远程登录", log_in == "no", f"PermitRootLogin {log_in}", SSHD)
    defaults = [each for each in accounts(audit.text(PASSWD)) if each.name in DEFAULT_ACCOUNTS]
    usable = [
        each.name
        for each in defaults
        if each.name != audit.host.automation
        and (states[each.name].kind != "locked" or each.shell not in NO_SHELL)
        and not states[each.name].closed
    ]
    audit.refuse("defaults", "系统与镜像自带的账户均不可用", usable, PASSWD, SHADOW)
    if "database" in audit.host.groups:
        open_roles = [name for name, _, password in rows(audit, ROLES) if name == "postgres" and password != "none"]  # noqa: S105
        lines = [line.split() for line in audit.text(ACCESS).splitlines()]
        remote = [" ".join(words) for words in lines if words[0] != "local" and words[2] in ("postgres", "all")]
        audit.refuse("database-default", "数据库默认账户没有口令、不能经网络登录", open_roles + remote, ROLES, ACCESS)


@pytest.mark.control("8.1.4.2-f")
def test_rights_are_given_to_single_processes_and_tables(audit: Audit) -> None:
    found = [line.split(" ", 2)[2] for line in audit.text(SETUID).splitlines()]
    strange = [path for path in found if path.rpartition("/")[2] not in GIVES_RIGHTS]
    audit.refuse("setuid", "没有来历不明的提权程序", strange + audit.text(UNPACKAGED).splitlines(), SETUID, UNPACKAGED)
    running = {name: unit for name, unit in blocks(audit.text(CONFINED)).items() if unit.get("activestate") == "active"}
    free = [
        name
        for name, unit in running.items()
        if unit.get("nonewprivileges") != "yes"
        or unit.get("protectsystem") in (None, "no")
        or unit.get("protecthome") == "no"
    ]
    audit.refuse("processes", "对外服务的进程受限（不得提权、不得改系统文件）", free, CONFINED)
    if "database" in audit.host.groups:
        supers = [name for name, powerful, _ in rows(audit, ROLES) if powerful and name != "postgres"]
        public = [f"{table}：PUBLIC" for table, role, _ in rows(audit, RIGHTS) if role == "PUBLIC"]
        audit.refuse("tables", "数据库权限授到角色与表", supers + public, ROLES, RIGHTS)


@pytest.mark.control("8.1.4.2-g")
def test_processes_and_files_carry_labels(audit: Audit) -> None:
    title = "强制访问控制（AppArmor/SELinux）"
    if in_container(audit):
        audit.leave_open("labels", title, CONTAINER_REASON, CONTAINER)
        return
    first, *more = audit.text(LABELS).splitlines()
    held = (
        [name for name, mode in json.loads(first).get("profiles", {}).items() if mode == "enforce"]
        if first[:1] == "{"
        else []
    )
    enforced = bool(held) or "Enforcing" in more
    audit.judge("labels", title, enforced, f"{len(held)} 个配置强制执行；路径型控制，不是敏感标记", LABELS)
