"""8.1.5.1 to 8.1.5.3: each administrator is known, does his own work by named commands, and is recorded at it."""

from __future__ import annotations

import pytest

from tests.compliance.platform import people
from tests.compliance.platform.subject import PlatformAudit
from tests.compliance.test_8_1_4_2 import RIGHTS, SUDOERS
from tests.compliance.test_8_1_4_4 import FIREWALL

REASON = "日常由谁操作须访谈并查记录 (who really does it is asked, and seen from records)"
WORK = {
    "sysadm": ("/usr/bin/systemctl", "/usr/bin/apt-get"),
    "audadm": ("/usr/sbin/ausearch", "/usr/sbin/aureport"),
    "secadm": ("/usr/sbin/nft", "/usr/sbin/faillock"),
}


def known_and_recorded(platform: PlatformAudit, who: str) -> None:
    """One administrator comes by one way, by named commands, and is recorded."""
    platform.on_hosts("commands", f"{who} 只能执行列明的命令", RIGHTS[who], people.bounded)
    platform.on_hosts("recorded", "每条命令记入单独的文件", SUDOERS, people.recorded)
    platform.on_hosts("one-way", "只能从登记的管理终端登录", FIREWALL, people.by_one_way)


def does_his_work(platform: PlatformAudit, who: str) -> None:
    """What one administrator may run is what the item gives to him."""
    platform.on_hosts("work", f"{who} 的命令覆盖其职责", RIGHTS[who], people.may(WORK[who]))
    platform.leave_open("in-practice", "实际由其操作", REASON)


@pytest.mark.control("8.1.5.1-a")
def test_the_system_administrator_is_known(platform: PlatformAudit) -> None:
    known_and_recorded(platform, "sysadm")


@pytest.mark.control("8.1.5.1-b")
def test_the_system_administrator_runs_the_systems(platform: PlatformAudit) -> None:
    does_his_work(platform, "sysadm")


@pytest.mark.control("8.1.5.2-a")
def test_the_audit_administrator_is_known(platform: PlatformAudit) -> None:
    known_and_recorded(platform, "audadm")


@pytest.mark.control("8.1.5.2-b")
def test_the_audit_administrator_reads_records(platform: PlatformAudit) -> None:
    does_his_work(platform, "audadm")


@pytest.mark.control("8.1.5.3-a")
def test_the_security_administrator_is_known(platform: PlatformAudit) -> None:
    known_and_recorded(platform, "secadm")


@pytest.mark.control("8.1.5.3-b")
def test_the_security_administrator_sets_policies(platform: PlatformAudit) -> None:
    does_his_work(platform, "secadm")
