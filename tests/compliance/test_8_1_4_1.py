"""8.1.4.1 身份鉴别: who logs in is known, proved and limited."""

from __future__ import annotations

import re

import pytest

from tests.compliance.audit import Audit
from tests.compliance.judge import UnreadableError
from tests.compliance.known import CLEAR_TEXT_PORTS, SAFE_CIPHER, SAFE_EXCHANGE, SAFE_MAC
from tests.compliance.parse import accounts, between, listeners, number, settings, shadows, twice
from tests.compliance.probes import Probe, probe

PASSWD = probe("cat /etc/passwd")
GROUP = probe("cat /etc/group")
# Only the kind of each password leaves the host, never a hash.
SHADOW = probe(
    """awk -F: -v OFS=: '{ kind = $2 == "" ? "empty" : $2 ~ /^[!*]/ ? "locked" : "hash-" substr($2, 2, 1);"""
    """ print $1, kind, $4, $5, $6, $7, $8 }' /etc/shadow"""
)
LOGIN_DEFS = probe("grep -E '^(PASS_|ENCRYPT_METHOD|UMASK)' /etc/login.defs")
PWQUALITY = probe(
    "cat /etc/security/pwquality.conf.d/*.conf /etc/security/pwquality.conf 2>/dev/null | grep -Ev '^ *(#|$)'"
)
DICTIONARY = probe("ls -l /var/cache/cracklib/cracklib_dict.pwd")
PAM = probe("grep -hEv '^ *(#|$)' /etc/pam.d/common-auth /etc/pam.d/common-account /etc/pam.d/common-password")
FAILLOCK = probe("grep -Ev '^ *(#|$)' /etc/security/faillock.conf")
SSHD = probe("sshd -T -C user={automation},host=bastion,addr={terminal}")
ADMINISTRATOR_GROUPS = ("sysadm", "secadm", "audadm")
SSHD_FOR = {name: probe(f"sshd -T -C user={name},host=bastion,addr={{terminal}}") for name in ADMINISTRATOR_GROUPS}
CODES = probe("grep -hE '^(auth|@include)' /etc/pam.d/sshd")
SEEDS = probe("stat -c '%n %a %U' /var/lib/ganyun/totp/*")
IDLE_SHELL = probe("env -i HOME=/nonexistent PATH=/usr/bin:/bin bash -lc 'declare -p TMOUT'")
LISTENING = probe("ss -Hlntup")


def sshd_settings(audit: Audit, asked: Probe = SSHD) -> dict[str, str]:
    """What sshd would do at a log-in; settings that it can't read prove nothing."""
    answer = audit.read(asked)
    if answer.exit_status != 0:
        raise UnreadableError(f"sshd 配置无法解析 (sshd can't read its settings): {answer.output.strip()}")
    return settings(answer.output)


@pytest.mark.control("8.1.4.1-a")
def test_identity_is_unique_and_its_password_strong(audit: Audit) -> None:
    known, states = accounts(audit.text(PASSWD)), shadows(audit.text(SHADOW))
    audit.refuse("unique-names", "用户名唯一", twice([a.name for a in known]), PASSWD)
    audit.refuse("unique-uids", "UID 唯一", twice([a.uid for a in known]), PASSWD)
    groups = [line.split(":")[2] for line in audit.text(GROUP).splitlines() if line.count(":") == 3]
    audit.refuse("unique-gids", "GID 唯一", twice(groups), GROUP)
    audit.refuse("one-root", "仅 root 的 UID 为 0", [a.name for a in known if a.uid == 0 and a.name != "root"], PASSWD)
    audit.refuse("empty-passwords", "无空口令账户", [s.name for s in states.values() if s.kind == "empty"], SHADOW)
    audit.judge("nullok", "PAM 不接受空口令", "nullok" not in audit.text(PAM), "pam_unix 不带 nullok", PAM)
    weak = [s.name for s in states.values() if s.kind.startswith("hash-") and s.kind not in ("hash-y", "hash-6")]
    audit.refuse("hashes", "口令以 yescrypt 或 SHA-512 存储", weak, SHADOW)

    quality = settings(audit.text(PWQUALITY))
    length, classes = number(quality, "minlen"), number(quality, "minclass")
    strong = between(length, audit.limit("password_length"), 128) and between(
        classes, audit.limit("password_classes"), 4
    )
    audit.judge(
        "quality",
        "口令长度与复杂度",
        strong and "pam_pwquality.so" in audit.text(PAM) and quality.get("enforce_for_root") == "yes",
        f"minlen={length}（≥{audit.limit('password_length')}），minclass={classes}（≥{audit.limit('password_classes')}），"
        f"对 root {'同样' if 'enforce_for_root' in quality else '不'}生效",
        PWQUALITY,
        PAM,
    )
    listed = quality.get("dictcheck") == "1" and audit.read(DICTIONARY).exit_status == 0
    shown = (
        f"dictcheck={quality.get('dictcheck')}，字典{'存在' if audit.read(DICTIONARY).exit_status == 0 else '不存在'}"
    )
    audit.judge("dictionary", "口令与弱口令字典比对", listed, shown, PWQUALITY, DICTIONARY)
    remembered = re.search(r"pam_pwhistory\.so.*\bremember=(\d+)", audit.text(PAM))
    history = int(remembered[1]) if remembered else 0
    audit.judge(
        "history", "不得重复使用近期口令", history >= audit.limit("password_history"), f"remember={history}", PAM
    )

    ages = settings(audit.text(LOGIN_DEFS))
    bounds = (
        between(number(ages, "pass_max_days"), 1, audit.limit("password_max_days")),
        between(number(ages, "pass_min_days"), audit.limit("password_min_days"), 30),
        between(number(ages, "pass_warn_age"), audit.limit("password_warn_days"), 60),
    )
    shown = "，".join(f"{name}={ages.get(name.lower(), '未设置')}" for name in ("PASS_MAX_DAYS", "PASS_MIN_DAYS"))
    audit.judge("ages", "口令定期更换（新账户）", all(bounds), shown, LOGIN_DEFS)
    ageless = [
        s.name
        for s in states.values()
        if s.kind.startswith("hash-")
        and not (s.max_days.isdigit() and int(s.max_days) <= audit.limit("password_max_days"))
    ]
    audit.refuse("existing-ages", "口令定期更换（存量账户）", ageless, SHADOW)
    people = (audit.host.automation, *audit.host.administrators)
    expiring = [s.name for s in states.values() if s.name in people and s.expires_without_password]
    audit.refuse("no-lock-out", "只用密钥登录的账户不会因口令到期而无法登录", expiring, SHADOW)


@pytest.mark.control("8.1.4.1-b")
def test_guessing_is_stopped_and_idle_sessions_end(audit: Audit) -> None:
    lock = settings(audit.text(FAILLOCK))
    tries, seconds = number(lock, "deny"), number(lock, "unlock_time")
    audit.judge(
        "lock",
        "连续失败后锁定账户",
        between(tries, 1, audit.limit("failed_logins")) and between(seconds, audit.limit("lock_seconds"), 86400),
        f"deny={tries}（≤{audit.limit('failed_logins')}），unlock_time={seconds}（≥{audit.limit('lock_seconds')}）",
        FAILLOCK,
    )
    audit.judge("lock-root", "root 同样受锁定约束", "even_deny_root" in lock, "even_deny_root", FAILLOCK)
    stack = [line.split() for line in audit.text(PAM).splitlines() if line.startswith("auth")]
    order = [" ".join(words[-2:]) if "faillock" in " ".join(words) else words[-1] for words in stack]
    text = " | ".join(order)
    wired = re.search(r"pam_faillock\.so preauth.*pam_faillock\.so authfail.*pam_deny\.so", text) is not None
    audit.judge("lock-wired", "锁定模块已接入 PAM 且次序正确", wired, "preauth → pam_unix → authfail → pam_deny", PAM)

    idle = re.search(r'declare -([a-z]+) TMOUT="(\d+)"', audit.text(IDLE_SHELL))
    audit.judge(
        "idle-shell",
        "空闲会话自动退出且用户不可取消",
        idle is not None and "r" in idle[1] and between(int(idle[2]), 1, audit.limit("idle_seconds")),
        f"TMOUT={idle[2] if idle else '未设置'}（≤{audit.limit('idle_seconds')}）",
        IDLE_SHELL,
    )
    sshd = sshd_settings(audit)
    alive = (number(sshd, "clientaliveinterval") or 0) * (number(sshd, "clientalivecountmax") or 0)
    audit.judge(
        "idle-connection",
        "失联的远程连接自动断开",
        between(alive, 1, audit.limit("idle_seconds")),
        f"ClientAliveInterval×CountMax={alive} 秒",
        SSHD,
    )
    grace, attempts = number(sshd, "logingracetime"), number(sshd, "maxauthtries")
    audit.judge(
        "log-in-limits",
        "登录超时与尝试次数受限",
        between(grace, 1, audit.limit("login_grace_seconds")) and between(attempts, 1, audit.limit("auth_tries")),
        f"LoginGraceTime={grace}，MaxAuthTries={attempts}",
        SSHD,
    )


@pytest.mark.control("8.1.4.1-c")
def test_nothing_readable_crosses_the_network_at_log_in(audit: Audit) -> None:
    sshd = sshd_settings(audit)
    for name, safe, title in (
        ("ciphers", SAFE_CIPHER, "SSH 加密算法"),
        ("macs", SAFE_MAC, "SSH 完整性算法"),
        ("kexalgorithms", SAFE_EXCHANGE, "SSH 密钥交换算法"),
    ):
        offered = sshd.get(name, "").split(",")
        audit.refuse(name, title, [each for each in offered if not safe.fullmatch(each)], SSHD)
    refused = {"permitemptypasswords": "no", "passwordauthentication": "no", "hostbasedauthentication": "no"}
    wrong = [f"{name} {sshd.get(name)}" for name, value in refused.items() if sshd.get(name) != value]
    audit.refuse("weak-log-in", "SSH 不接受口令、空口令与主机信任登录", wrong, SSHD)
    clear = [f"{each.port}/{CLEAR_TEXT_PORTS[each.port]}" for each in listeners(audit.text(LISTENING))
             if each.port in CLEAR_TEXT_PORTS]  # fmt: skip
    audit.refuse("clear-text", "无明文远程管理服务", clear, LISTENING)


@pytest.mark.control("8.1.4.1-d")
def test_administrators_show_two_factors(audit: Audit) -> None:
    one_factor = []
    for name, asked in SSHD_FOR.items():
        methods = sshd_settings(audit, asked).get("authenticationmethods", "any")
        if methods != "publickey,keyboard-interactive:pam":
            one_factor.append(f"{name}: {methods}")
    audit.refuse("two-factors", "管理员登录须密钥加动态口令", one_factor, *SSHD_FOR.values())
    stack = audit.text(CODES)
    audit.judge(
        "codes",
        "动态口令已接入 PAM，未绑定令牌者一律拒绝，猜错计入锁定",
        re.search(
            r"pam_faillock\.so preauth\nauth \[success=done default=bad\] pam_google_authenticator\.so (?!.*nullok).*\n"
            r"auth \[default=die\] pam_faillock\.so authfail",
            stack,
        )
        is not None,
        "preauth → pam_google_authenticator → authfail",
        CODES,
    )
    held = [line.split() for line in audit.text(SEEDS).splitlines()]
    kept = {
        path.rpartition("/")[2] for path, mode, owner in held if (mode, owner) in (("400", "root"), ("600", "root"))
    }
    missing = [name for name in audit.host.administrators if name not in kept]
    audit.refuse("seeds", "每位管理员已绑定令牌，种子仅 root 可读（缺失项）", missing, SEEDS)
    methods = sshd_settings(audit).get("authenticationmethods", "any")
    alone = [] if "," in methods else [f"{audit.host.automation}: {methods}"]
    audit.refuse("automation-second-factor", "自动化账户使用两种鉴别方式", alone, SSHD)
