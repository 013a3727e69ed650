"""8.1.4.11 个人信息保护: personal data are registered with their purpose and read by those who need them."""

from __future__ import annotations

import re

import pytest

from tests.compliance.audit import Audit
from tests.compliance.database import COLUMNS, RIGHTS, SETTINGS, rows
from tests.compliance.parse import settings

NOTHING = "本机所属系统未登记个人信息 (not applicable: no personal data is registered for the host's system)"
# Names of columns that commonly hold personal data.
PERSONAL = re.compile(
    r"(^|_)(applicant|person|citizen|resident|surname|given_name|full_name|birth\w*|gender|sex|phone|mobile|telephone|e?mail"
    r"|address|id_?card|id_?number|passport|身份证\w*|姓名|电话|住址|手机\w*)(_|$)",
    re.IGNORECASE,
)


def registered(audit: Audit) -> set[tuple[str, str]]:
    """Columns that the plan registers as personal."""
    return {(entry.table, column) for entry in audit.host.personal for column in entry.columns}


@pytest.mark.control("8.1.4.11-a")
def test_no_more_is_kept_of_people_than_is_registered(audit: Audit) -> None:
    if not audit.host.personal:
        audit.not_applicable("registered", "仅采集和保存业务必需的个人信息", NOTHING, COLUMNS)
        return
    present = {(table, column): comment for table, column, comment in rows(audit, COLUMNS)}
    unknown = [".".join(key) for key in present if PERSONAL.search(key[1]) and key not in registered(audit)]
    audit.refuse("registered", "没有登记之外的疑似个人信息字段", unknown, COLUMNS)
    silent = [".".join(key) for key in registered(audit) if not present.get(key, "").startswith("个人信息：")]
    audit.refuse("purpose", "个人信息字段均注明用途（缺失项）", silent, COLUMNS)


@pytest.mark.control("8.1.4.11-b")
def test_personal_data_are_read_by_those_who_need_them(audit: Audit) -> None:
    if not audit.host.personal:
        audit.not_applicable("readers", "禁止未授权访问和使用个人信息", NOTHING, COLUMNS)
        return
    tables = {entry.table for entry in audit.host.personal}
    strangers = [
        f"{table}：{role}"
        for table, role, owns in rows(audit, RIGHTS)
        if table in tables and owns not in ("true", "t") and role not in audit.host.readers
    ]
    audit.refuse("readers", "个人信息表只授权给登记的数据库角色", strangers, RIGHTS)
    logged = settings(audit.text(SETTINGS), "=").get("log_statement")
    audit.judge(
        "not-logged", "个人信息不写入数据库日志", logged in ("none", "ddl"), f"log_statement={logged}", SETTINGS
    )
