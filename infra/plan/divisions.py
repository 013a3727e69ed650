"""The tree of administrative divisions, read from a table of codes, names, levels and parents."""

import csv
import io
import re
import unicodedata
from dataclasses import dataclass, field

from infra.plan.base import Tier
from infra.plan.problems import Problem

HEADER = ["code", "name", "level", "parent"]
TIERS: tuple[Tier, ...] = ("province", "city", "county", "township")
_CODE = re.compile(r"^\d{6}(\d{3}|\d{6})?$")


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

    def __contains__(self, code: str) -> bool:
        """Whether the table has the code."""
        return code in self.by_code

    def __getitem__(self, code: str) -> Division:
        """The division of a code."""
        return self.by_code[code]

    def lineage(self, code: str) -> list[Division]:
        """The division and those above it, nearest first."""
        found = []
        while code:
            division = self.by_code[code]
            found.append(division)
            code = division.parent
        return found

    def tenancy(self, code: str) -> Division:
        """The division whose cloud this one uses: its city's, or the province's (省市两级)."""
        return next(division for division in self.lineage(code) if division.level in ("city", "province"))


def parse_divisions(text: str, name: str) -> tuple[Divisions, list[Problem]]:
    """Read the table; every fault of every row is told."""
    problems: list[Problem] = []
    found: dict[str, Division] = {}
    rows = csv.reader(io.StringIO(text))
    header = next(rows, [])
    if header != HEADER:
        text = f"表头应为 {','.join(HEADER)} · header must be {','.join(HEADER)}, found {','.join(header)}"
        return Divisions({}), [Problem(name, 1, "-", text)]
    for row in rows:
        line = rows.line_num
        if not row:
            continue
        fault = _row_fault(row)
        if not fault and row[0] in found:
            fault = f"代码重复，首见第 {found[row[0]].line} 行 · code is already on line {found[row[0]].line}"
        if fault:
            problems.append(Problem(name, line, row[0], fault))
            continue
        level = next(tier for tier in TIERS if tier == row[2])
        found[row[0]] = Division(row[0], row[1], level, row[3], line)
    problems += [
        Problem(name, division.line, division.code, fault)
        for division in found.values()
        if (fault := _place_fault(division, found))
    ]
    if not found and not problems:
        problems.append(Problem(name, 1, "-", "没有任何行政区划 · holds no division"))
    return Divisions(found), problems


def _row_fault(row: list[str]) -> str:
    if len(row) != len(HEADER):
        return f"应有 {len(HEADER)} 列，实有 {len(row)} 列 · {len(row)} columns where {len(HEADER)} belong"
    code, title, level, parent = row
    for value in (code, parent):
        if value and not _CODE.match(value):
            narrow = unicodedata.normalize("NFKC", value).strip()
            mend = f"; 应为 · write {narrow}" if narrow != value and _CODE.match(narrow) else ""
            return f"不是行政区划代码：{value!r} · not a division code (6, 9 or 12 ASCII digits){mend}"
        if value and not value.isascii():
            return f"代码含全角数字 · full-width digits; write {unicodedata.normalize('NFKC', value)}"
    if level not in TIERS:
        return f"层级应为 {'、'.join(TIERS)} 之一 · level must be one of {', '.join(TIERS)}, found {level!r}"
    return "" if title.strip() else "名称为空 · name is empty"


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
