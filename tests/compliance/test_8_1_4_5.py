"""8.1.4.5 恶意代码防范: malware is found, named and taken away, by signatures that are renewed."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from tests.compliance.audit import Audit
from tests.compliance.probes import probe
from tests.compliance.watches import judge_running

SCANNER = probe("dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Version}\\n' clamav 2>&1; true")
# The harmless file by which every scanner is tried, in hexadecimal, so that this file is not taken for one.
EICAR = (
    "58354f2150254041505b345c505a58353428505e2937434329377d24"
    "45494341522d5354414e444152442d414e544956495255532d544553542d46494c452124482b482a"
)
TRIED = probe(
    f"python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(\"{EICAR}\"))'"
    " | clamscan --tempdir=/dev/shm --no-summary --infected --database=/var/lib/clamav/ganyun.ndb -; true"
)
# The head of each of the vendor's files: ClamAV-VDB:build time:version:signatures.
VENDOR = probe(
    "for file in /var/lib/clamav/main.c[vl]d /var/lib/clamav/daily.c[vl]d; do"
    ' if [ -e $file ]; then echo "${file##*/} $(head -c 100 $file | cut -d: -f1-4)"; fi; done'
)
QUARANTINE = probe("stat -c '%a %U %n' /var/lib/ganyun/quarantine; find /var/lib/ganyun/quarantine -type f | wc -l")
MEMORY = probe("findmnt --noheadings --output OPTIONS /dev/shm")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
BUILT = re.compile(r"^(?P<file>\S+) ClamAV-VDB:(?P<day>\d+) (?P<month>[A-Z][a-z]{2}) (?P<year>\d{4})")


def built(heads: str) -> dict[str, datetime]:
    """When each of the vendor's files was built."""
    return {
        match["file"]: datetime(int(match["year"]), MONTHS.index(match["month"]) + 1, int(match["day"]), tzinfo=UTC)
        for line in heads.splitlines()
        if (match := BUILT.match(line))
    }


def judge(audit: Audit) -> None:
    """The points that both levels share."""
    installed = audit.text(SCANNER).startswith("ii ")
    audit.judge("scanner", "已安装防恶意代码软件", installed, audit.text(SCANNER).strip(), SCANNER)
    caught = "Ganyun.Test.EICAR" in audit.text(TRIED)
    audit.judge("eicar", "能识别 EICAR 测试文件", caught, "已识别" if caught else "未识别", TRIED)
    days = audit.limit("signature_days")
    files = built(audit.text(VENDOR))
    newest = max(files.values(), default=None)
    age = (audit.answers.ended - newest).days if newest else None
    shown = f"{newest:%Y-%m-%d} 生成，{age} 天（≤{days}）" if newest else "厂商特征库不存在，仅有本平台自有特征"
    audit.judge("signatures", "恶意代码特征库完整且及时更新", age is not None and age <= days, shown, VENDOR)
    judge_running(audit, "malware", "恶意代码扫描", audit.limit("scan_days") * 1440)


@pytest.mark.control("7.1.4.5")
def test_malware_is_looked_for(audit: Audit) -> None:
    judge(audit)


@pytest.mark.control("8.1.4.5")
def test_malware_is_looked_for_and_taken_away(audit: Audit) -> None:
    judge(audit)
    lines = audit.text(QUARANTINE).splitlines()
    closed = lines[:1] == ["700 root /var/lib/ganyun/quarantine"]
    shown = f"隔离区仅 root 可入，内有 {lines[-1]} 个文件" if closed else "隔离区不存在或他人可入"
    audit.judge("taken-away", "发现的恶意代码被移入隔离区", closed, shown, QUARANTINE)
    options = audit.text(MEMORY).strip().split(",")
    missing = [option for option in ("noexec", "nosuid", "nodev") if option not in options]
    audit.refuse("memory", "程序不能从共享内存运行（缺失的挂载选项）", missing, MEMORY)
