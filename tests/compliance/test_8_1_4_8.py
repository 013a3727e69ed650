"""8.1.4.8 数据保密性: nothing that matters can be read on the wire or on the disk."""

from __future__ import annotations

import pytest

from tests.compliance.audit import CONTAINER_REASON, Audit
from tests.compliance.backups import client
from tests.compliance.database import ROLES, rows
from tests.compliance.known import SAFE_CIPHER
from tests.compliance.parse import settings, shadows
from tests.compliance.probes import probe
from tests.compliance.test_8_1_4_1 import SHADOW, SSHD
from tests.compliance.test_8_1_4_3 import CONTAINER, in_container
from tests.compliance.transport import judge_database, judge_logs, judge_services

OPENSSL = probe("grep -hE '^ *(ssl_conf|system_default|MinProtocol|CipherString) *=' /etc/ssl/openssl.cnf; true")
KEYS = probe(
    "find /etc /home /root /var/lib -xdev -type f -perm /0027 '(' -name '*.key' -o -name '*_key' -o -name '*.p12'"
    " -o -name '*.pfx' -o -name .pgpass -o -name 'id_*[!b]' -o -name htpasswd ')'"
    " -exec grep -lE 'PRIVATE KEY|\\$2[aby]\\$|:[^:]+:[^:]+:[^:]+:' {} +; true"
)
BACKUP_KEY = probe("[ ! -d /etc/ganyun-backup ] || find /etc/ganyun-backup -type f -printf '%m %u %p\\n'")
VAULT = probe("[ ! -d /srv/vault ] || find /srv/vault -mindepth 2 -maxdepth 3 -name config -printf '%h\\n'")
KEYRINGS = probe("[ ! -d /srv/vault ] || find /srv/vault -mindepth 3 -maxdepth 4 -path '*/keys/*' -printf '%h\\n'")
DISKS = probe(
    "for each in /var/lib/postgresql /srv/vault; do [ ! -d $each ] || "
    'echo "$each $(lsblk -snro TYPE "$(findmnt -nro SOURCE -T $each)" 2>&1 | paste -sd+)"; done'
)


@pytest.mark.control("8.1.4.8-a")
def test_nothing_that_matters_is_sent_in_the_clear(audit: Audit) -> None:
    offered = settings(audit.text(SSHD)).get("ciphers", "").split(",")
    audit.refuse("ssh", "SSH 加密算法", [each for each in offered if not SAFE_CIPHER.fullmatch(each)], SSHD)
    defaults = settings(audit.text(OPENSSL))
    oldest = defaults.get("minprotocol", "未设置")
    wired = "ssl_conf" in defaults and "system_default" in defaults
    audit.judge(
        "openssl",
        "系统默认 TLS 不低于 1.2",
        wired and oldest in ("TLSv1.2", "TLSv1.3"),
        f"MinProtocol={oldest}",
        OPENSSL,
    )
    judge_logs(audit)
    judge_database(audit)
    judge_services(audit)


@pytest.mark.control("8.1.4.8-b")
def test_nothing_that_matters_is_stored_in_the_clear(audit: Audit) -> None:
    weak = [
        s.name for s in shadows(audit.text(SHADOW)).values() if s.kind.startswith("hash-") and s.kind[5:] not in "y6"
    ]
    audit.refuse("passwords", "系统口令以 yescrypt 或 SHA-512 存储", weak, SHADOW)
    audit.refuse("keys", "私钥与口令文件他人不可读", audit.text(KEYS).splitlines(), KEYS)
    if "database" in audit.host.groups:
        plain = [name for name, _, password in rows(audit, ROLES) if password == "weak"]  # noqa: S105 - a kind
        audit.refuse("database-passwords", "数据库口令以 SCRAM-SHA-256 存储", plain, ROLES)
    if client(audit):
        files = {line.split()[2].rpartition("/")[2]: line.split()[:2] for line in audit.text(BACKUP_KEY).splitlines()}
        sealed = files.get("key") == ["400", "ganyun-backup"]
        audit.judge("backups", "备份离机前加密，密钥仅备份账户可读", sealed, f"key {files.get('key')}", BACKUP_KEY)
    if "backup_vault" in audit.host.groups:
        repositories = set(audit.text(VAULT).splitlines())
        keyed = {path.removesuffix("/keys") for path in audit.text(KEYRINGS).splitlines()}
        audit.refuse("vault", "备份库中的仓库均已加密", sorted(repositories - keyed), VAULT, KEYRINGS)
    if not audit.host.holds_data:
        return
    if in_container(audit):
        audit.leave_open("disk", "存有重要数据的磁盘加密", CONTAINER_REASON, CONTAINER)
        return
    folders = audit.text(DISKS).splitlines()
    sealed = bool(folders) and all("crypt" in line.split()[-1].split("+") for line in folders)
    audit.judge("disk", "存有重要数据的磁盘加密", sealed, "；".join(folders) or "未见数据目录", DISKS)
