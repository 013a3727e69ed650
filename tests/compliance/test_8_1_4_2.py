"""8.1.4.2 访问控制: every account has an owner and no more rights than its work needs."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from tests.compliance.audit import Audit
from tests.compliance.parse import NO_SHELL, SYSTEM_UIDS, accounts, between, number, settings, shadows
from tests.compliance.probes import probe
from tests.compliance.test_8_1_4_1 import LOGIN_DEFS, PASSWD, SHADOW, SSHD, sshd_settings

HOMES = probe("find /home -mindepth 1 -maxdepth 1 -type d -printf '%m %u %p\\n'")
SESSION_PAM = probe("grep -hE 'pam_umask' /etc/pam.d/common-session")
USERADD = probe("useradd -D")
ADMINISTRATORS = ("sysadm", "secadm", "audadm")
RIGHTS = {name: probe(f"id {name} && sudo -n -l -U {name}") for name in ADMINISTRATORS}
SUDOERS = probe("grep -hrEv '^ *(#|$)' /etc/sudoers /etc/sudoers.d")
SUDOERS_VALID = probe("visudo -c")
SU = probe("grep -Ev '^ *(#|$)' /etc/pam.d/su")
WANTED_MODES = {
    "/etc/passwd": ("644", "root", "root"),
    "/etc/group": ("644", "root", "root"),
    "/etc/shadow": ("640", "root", "shadow"),
    "/etc/gshadow": ("640", "root", "shadow"),
    "/etc/sudoers": ("440", "root", "root"),
    "/etc/ssh/sshd_config": ("600", "root", "root"),
    "/etc/crontab": ("600", "root", "root"),
    "/etc/cron.d": ("700", "root", "root"),
    "/etc/cron.daily": ("700", "root", "root"),
    "/etc/cron.hourly": ("700", "root", "root"),
    "/etc/cron.weekly": ("700", "root", "root"),
    "/etc/cron.monthly": ("700", "root", "root"),
}
MODES = probe(f"find {' '.join(WANTED_MODES)} -maxdepth 0 -printf '%p %m %u %g\\n' 2>/dev/null; true")
HOST_KEYS = probe("find /etc/ssh -name 'ssh_host_*_key' -printf '%p %m %u\\n'")
UNOWNED = probe("find / -xdev '(' -nouser -o -nogroup ')' -print")
WRITABLE = probe("find / -xdev '(' -type f -o -type d '!' -perm -1000 ')' -perm -0002 -print")
PLANNERS = probe("grep -H . /etc/cron.allow /etc/at.allow")


@pytest.mark.control("8.1.4.2-a")
def test_accounts_have_their_own_rights(audit: Audit) -> None:
    known = accounts(audit.text(PASSWD))
    states = shadows(audit.text(SHADOW))
    shells = [a.name for a in known if a.uid in SYSTEM_UIDS and a.shell not in NO_SHELL]
    undeclared = [name for name in shells if name not in audit.host.service_shells]
    audit.refuse("system-shells", "系统账户没有登录 shell（登记的服务账户除外）", undeclared, PASSWD)
    open_passwords = [a.name for a in known if a.uid in SYSTEM_UIDS and states[a.name].kind != "locked"]
    audit.refuse("system-passwords", "系统账户口令锁定", open_passwords, SHADOW)
    umask = settings(audit.text(LOGIN_DEFS)).get("umask", "")
    audit.judge(
        "umask",
        "会话默认权限不超过 027",
        umask in ("027", "0027", "077", "0077") and "pam_umask.so" in audit.text(SESSION_PAM),
        f"UMASK {umask}，pam_umask 已接入会话",
        LOGIN_DEFS,
        SESSION_PAM,
    )
    loose = [line.split()[2] for line in audit.text(HOMES).splitlines() if int(line.split()[0], 8) & 0o027]
    audit.refuse("homes", "家目录他人不可读", loose, HOMES)


@pytest.mark.control("8.1.4.2-c")
def test_no_account_is_left_over_or_shared(audit: Audit) -> None:
    declared = {audit.host.automation, *audit.host.administrators}
    states = shadows(audit.text(SHADOW))
    people = [a for a in accounts(audit.text(PASSWD)) if a.uid >= 1000 and a.name != "nobody"]
    extra = [a.name for a in people if a.name not in declared and not states[a.name].closed]
    audit.refuse("undeclared", "没有登记之外的可用账户", extra, PASSWD, SHADOW)
    inactive = number(settings(audit.text(USERADD)), "inactive")
    audit.judge(
        "inactive",
        "过期账户自动停用",
        between(inactive, 0, audit.limit("inactive_days")),
        f"INACTIVE={inactive}（≤{audit.limit('inactive_days')}）",
        USERADD,
    )


@pytest.mark.control("8.1.4.2-d")
def test_administrators_exclude_each_other(audit: Audit) -> None:
    granted = {}
    for name, listed in RIGHTS.items():
        answer = audit.read(listed)
        rights = re.findall(r"^\s+\((?:root|ALL)[^)]*\) (.*)$", answer.output, re.M)
        granted[name] = {right.strip() for line in rights for right in re.split(r"(?<!\\), ", line)}
        audit.judge(
            f"{name}-rights",
            f"{name} 有独立账户与限定的 sudo 权限",
            answer.exit_status == 0 and bool(granted[name]) and not any("ALL" in right for right in granted[name]),
            f"{len(granted[name])} 条命令" if granted[name] else "账户不存在或没有授权",
            listed,
        )
    shared = [f"{a}∩{b}: {right}" for a, b in combinations(granted, 2) for right in sorted(granted[a] & granted[b])]
    audit.refuse("exclusive", "系统、安全、审计三类管理员的权限互不重叠", shared, *RIGHTS.values())
    sudoers = audit.text(SUDOERS)
    free = [line.strip() for line in sudoers.splitlines() if "NOPASSWD" in line or "!authenticate" in line]
    automation = [line for line in free if line.split()[0] == audit.host.automation]
    others = [line for line in free if line not in automation]
    audit.refuse("automation-sudo", "自动化账户没有免口令的 sudo 授权", automation, SUDOERS)
    audit.refuse("passwordless-sudo", "其他账户没有免口令的 sudo 授权", others, SUDOERS)
    wanted = ("use_pty", "logfile=", "timestamp_timeout=")
    missing = [each for each in wanted if not re.search(rf"^Defaults\s+{each}", sudoers, re.M)]
    audit.refuse("sudo-defaults", "sudo 使用伪终端、记日志、限时重新鉴别（缺失项）", missing, SUDOERS)
    valid = audit.read(SUDOERS_VALID)
    audit.judge("sudoers-valid", "sudo 配置有效且权限正确", valid.exit_status == 0, "visudo -c", SUDOERS_VALID)
    wheel = re.search(r"^auth\s+required\s+pam_wheel\.so\s.*use_uid", audit.text(SU), re.M)
    audit.judge("su", "su 仅限系统管理员", wheel is not None, "pam_wheel use_uid", SU)
    root = sshd_settings(audit).get("permitrootlogin")
    audit.judge("root-log-in", "root 不得远程登录", root == "no", f"PermitRootLogin {root}", SSHD)


@pytest.mark.control("8.1.4.2-e")
def test_files_belong_to_those_who_decide(audit: Audit) -> None:
    found = {line.split()[0]: tuple(line.split()[1:]) for line in audit.text(MODES).splitlines()}
    wrong = [f"{path} {' '.join(now)}" for path, now in found.items() if now != WANTED_MODES[path]]
    audit.refuse("modes", "访问控制相关文件的属主与权限", wrong, MODES)
    keys = [line for line in audit.text(HOST_KEYS).splitlines() if not line.endswith(" 600 root")]
    audit.refuse("host-keys", "主机私钥仅 root 可读", keys, HOST_KEYS)
    audit.refuse("unowned", "没有无属主的文件", audit.text(UNOWNED).splitlines(), UNOWNED)
    audit.refuse("writable", "没有任何人可写的文件", audit.text(WRITABLE).splitlines(), WRITABLE)
    planners = {line.partition(":")[0]: line.partition(":")[2] for line in audit.text(PLANNERS).splitlines()}
    audit.judge(
        "planners",
        "计划任务仅限登记的用户",
        planners == {"/etc/cron.allow": "root", "/etc/at.allow": "root"},
        "cron.allow、at.allow 仅含 root",
        PLANNERS,
    )
