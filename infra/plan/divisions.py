"""The tree of administrative divisions, read from a table of codes, names, levels and parents."""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache

from infra.plan.base import Tier
from infra.plan.files import read_rows
from infra.plan.problems import Problem

HEADER = ["code", "name", "level", "parent"]
TIERS: tuple[Tier, ...] = ("province", "city", "county", "township")
_CODE = re.compile(r"^\d{6}(\d{3}|\d{6})?$", re.ASCII)
_DIGITS = re.compile(r"\d*", re.ASCII)
_SCIENTIFIC = re.compile(r"^\d+(\.\d+|(\.\d+)?E\+?\d+)$", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Division:
    """One division; `line` is where the table names it."""

    code: str
    name: str
    level: Tier
    parent: str
    line: int = field(compare=False, default=0)


@dataclass(frozen=True)
class Divisions:
    """All divisions by code."""

    by_code: dict[str, Division]
    faulty: frozenset[str] = frozenset()  # codes of rows that are there and told of, but could not be read

    def __contains__(self, code: str) -> bool:
        """Whether the table has the code."""
        return code in self.by_code

    def __getitem__(self, code: str) -> Division:
        """The division of a code."""
        return self.by_code[code]

    def lineage(self, code: str) -> list[Division]:
        """The division and those above it, nearest first; ends where the table is at fault."""
        found: dict[str, Division] = {}
        while code in self.by_code and code not in found:
            found[code] = self.by_code[code]
            code = found[code].parent
        return list(found.values())

    def tenancy(self, code: str) -> Division:
        """The division whose cloud this one uses: its city's, or the province's (省市两级)."""
        return next(division for division in self.lineage(code) if division.level in ("city", "province"))


@lru_cache(maxsize=4)
def parse_divisions(text: str, name: str) -> tuple[Divisions, tuple[Problem, ...]]:
    """Read the table; every fault of every row is told. Empty rows and columns, as spreadsheets add them, are not.

    Kept: onboarding proves the facts in copies, all with the same table.
    """
    problems: list[Problem] = []
    found: dict[str, Division] = {}
    faulty: set[str] = set()
    rows, unread = read_rows(text, name)
    if unread:
        return Divisions({}), tuple(unread)
    header = _trimmed(rows[0][1]) if rows else []
    if header != HEADER:
        text = f"表头应为 {','.join(HEADER)} · header must be {','.join(HEADER)}, found {','.join(header)}"
        return Divisions({}), (Problem(name, 1, "-", text),)
    for line, cells in rows[1:]:
        row = _trimmed(cells)
        if not any(cell.strip() for cell in row):
            continue
        fault = _row_fault(row)
        if fault:
            faulty.add(_DIGITS.match(_narrow(row[0]))[0])  # type: ignore[index]  # it matches even nothing
        elif row[0] in found:
            fault = f"代码重复，首见第 {found[row[0]].line} 行 · code is already on line {found[row[0]].line}"
        if fault:
            problems.append(Problem(name, line, row[0], fault))
            continue
        level = next(tier for tier in TIERS if tier == row[2])
        found[row[0]] = Division(row[0], row[1], level, row[3], line)
    problems += [
        Problem(name, division.line, division.code, fault)
        for division in found.values()
        if division.parent not in faulty and (fault := _place_fault(division, found))
    ]
    if not found and not problems:
        problems.append(Problem(name, 1, "-", "没有任何行政区划 · holds no division"))
    return Divisions(found, frozenset(faulty)), tuple(problems)


def _trimmed(row: list[str]) -> list[str]:
    """Without the empty columns at the end; a row's own columns stay, filled or not."""
    while len(row) > len(HEADER) and not row[-1].strip():
        row = row[:-1]
    return row


def _narrow(value: str) -> str:
    return unicodedata.normalize("NFKC", value).strip()


def _row_fault(row: list[str]) -> str:
    if len(row) != len(HEADER):
        return f"应有 {len(HEADER)} 列，实有 {len(row)} 列 · {len(row)} columns where {len(HEADER)} belong"
    code, title, level, parent = row
    faults = [_code_fault(value) for value in (code, parent) if value or value is code]
    if level not in TIERS:
        mend = f"; 应为 · write {_narrow(level)}" if _narrow(level) in TIERS else ""
        faults.append(
            f"层级应为 {'、'.join(TIERS)} 之一 · level must be one of {', '.join(TIERS)}, found {level!r}{mend}"
        )
    if not title.strip():
        faults.append("名称为空 · name is empty")
    elif title != title.strip():
        faults.append(f"名称前后有空白，应为 · blanks around the name; write {title.strip()}")
    return "；".join(filter(None, faults))


def _code_fault(value: str) -> str:
    if _CODE.match(value) and value.isascii():
        return ""
    if _SCIENTIFIC.match(value.strip()):
        return (
            f"代码被 Excel 改成了数值：{value}，末位可能已丢失；请把该列设为“文本”，重新填入代码 · "
            "turned into a number by Excel, digits may be lost; format the column as text and enter the code again"
        )
    narrow = _narrow(value)
    mend = f"; 应为 · write {narrow}" if narrow != value and _CODE.match(narrow) else ""
    return f"不是行政区划代码：{value!r} · not a division code (6, 9 or 12 ASCII digits){mend}"


def _place_fault(division: Division, found: dict[str, Division]) -> str:
    """Levels strictly descend from parent to child, which also rules out cycles."""
    depth = TIERS.index(division.level)
    if not division.parent:
        return "" if depth == 0 else "缺少上级 · only a province has no parent"
    parent = found.get(division.parent)
    if parent is None:
        return f"上级不存在：{division.parent} · its parent {division.parent} is not in the table"
    if TIERS.index(parent.level) >= depth:
        return f"上级 {parent.code} 的层级 {parent.level} 不高于 {division.level} · parent must be of a higher level"
    shared = {"city": 2, "county": 4, "township": 6}[division.level] if parent.level != "province" else 2
    if division.code[:shared] != parent.code[:shared]:
        return f"代码与上级 {parent.code} 不符 · code does not begin like that of its parent {parent.code}"
    return ""
