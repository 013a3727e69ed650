"""The report as a workbook: one sheet a system, in the order of the evaluation form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from tests.compliance.report.model import Report, SystemItem, SystemReport
from tests.compliance.verdicts import CHINESE, ItemResult, Verdict

LONGEST = 32_000
FILLS = {
    Verdict.PASS: "E3F3EA",
    Verdict.PARTIAL: "FCE8D9",
    Verdict.FAIL: "F9DCDC",
    Verdict.WAIVED: "FFF3D6",
    Verdict.NOT_EVALUATED: "EDF0F3",
    Verdict.NOT_APPLICABLE: "F6F7F8",
}
FORM = {
    "序号": 6,
    "安全类": 16,
    "控制点": 14,
    "测评项": 14,
    "测评单元": 13,
    "测评指标（转述）": 40,
    "高风险判例": 24,
    "测评对象": 14,
    "结果记录": 60,
    "符合情况": 11,
    "整改建议": 36,
    "证据（命令）": 50,
}
EDGE = Side(style="thin", color="D8DEE6")
LINE = Border(left=EDGE, right=EDGE, top=EDGE, bottom=EDGE)


def workbook(report: Report) -> Workbook:
    """The whole workbook."""
    book = Workbook()
    book.remove(book.worksheets[0])
    _overview(book.create_sheet("总览"), report)
    for number, system in enumerate(report.systems, 1):
        sheet = book.create_sheet(_name(number, system))
        _table(sheet, FORM, form(system))
        _colour(sheet, list(FORM).index("符合情况") + 1)
        sheet.freeze_panes = "E2"
        sheet.auto_filter.ref = sheet.dimensions
    register = book.create_sheet("豁免登记")
    columns = {"控制项": 14, "要点": 22, "范围": 20, "责任人": 22, "理由": 44, "补偿措施": 50, "有效期至": 14}
    _table(
        register,
        columns,
        (
            (w.item, w.point, "、".join(w.hosts), w.owner, w.reason, w.compensation, str(w.expires))
            for w in report.waivers
        ),
    )
    return book


def form(system: SystemReport) -> Iterator[tuple[str, ...]]:
    """The rows of one system: every item of its level, with a row for each subject that it was judged on."""
    number = 0
    for item in system.items:
        for result in item.results or (None,):
            number += 1
            yield str(number), *_row(system, item, result)


def _row(system: SystemReport, item: SystemItem, result: ItemResult | None) -> Iterable[str]:
    control = item.control
    head = (
        control.domain,
        control.point,
        control.number(system.level),
        (control.test_unit or "") if system.level == 3 else "",
        control.requirement,
        control.risk_case,
    )
    if result is None:
        return *head, "—", control.reason or "本次没有可用的自动检查", CHINESE[Verdict.NOT_EVALUATED], control.mend, ""
    record = "\n".join(f"【{CHINESE[f.verdict]}】{f.title}：{f.detail}" for f in result.findings)
    evidence = "\n".join(f"[{number}] {one.command}" for number, one in enumerate(result.evidence, 1))
    return *head, result.host, record, CHINESE[result.verdict], control.mend, evidence


def _overview(sheet: Worksheet, report: Report) -> None:
    columns = {"系统": 26, "等级": 8, "责任单位": 26, "对象": 40, **dict.fromkeys(CHINESE.values(), 10)}
    _table(
        sheet,
        columns,
        (
            (
                system.name,
                f"第{'二' if system.level == 2 else '三'}级",
                system.owner,
                "、".join(host.name + "（未在此平台验证）" * bool(host.unproved) for host in system.hosts),
                *(str(system.counts[verdict]) for verdict in CHINESE),
            )
            for system in report.systems
        ),
    )
    sheet.append([])
    for line in (
        f"依据：{report.standard}；{report.evaluation}",
        f"检查时间（UTC）：{report.started:%Y-%m-%d %H:%M:%S} 至 {report.ended:%H:%M:%S}",
        "本表由只读检查自动生成，供自查与测评取证使用，不是等级测评结论；“未评估”项须由测评人员访谈或核查。",
    ):
        sheet.append([line])


def _table(sheet: Worksheet, columns: dict[str, int], rows: Iterable[Iterable[str]]) -> None:
    for column, (title, width) in enumerate(columns.items(), 1):
        head = sheet.cell(1, column, title)
        head.font, head.fill, head.border = Font(bold=True, color="FFFFFF"), PatternFill("solid", "1F4E8C"), LINE
        head.alignment = Alignment(vertical="center", wrap_text=True)
        sheet.column_dimensions[get_column_letter(column)].width = width
    for number, row in enumerate(rows, 2):
        for column, text in enumerate(row, 1):
            cell = sheet.cell(number, column)
            cell.value = ILLEGAL_CHARACTERS_RE.sub("\ufffd", text)[:LONGEST]
            # What a host answered is text, also where it begins like a formula.
            cell.data_type = "s"
            cell.border, cell.alignment = LINE, Alignment(vertical="top", wrap_text=True)
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A3
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"


def _colour(sheet: Worksheet, column: int) -> None:
    fills = {CHINESE[verdict]: PatternFill("solid", colour) for verdict, colour in FILLS.items()}
    for (cell,) in sheet.iter_rows(min_row=2, min_col=column, max_col=column):
        cell.fill = fills[str(cell.value)]


def _name(number: int, system: SystemReport) -> str:
    plain = "".join(letter for letter in system.name if letter not in r"[]:*?/\\")
    return f"{number} {plain}"[:31]
