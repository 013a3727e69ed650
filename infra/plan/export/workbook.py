"""addresses.xlsx: a sheet a level, for those who live in spreadsheets.

The file is the same bytes for the same plan: a workbook is a zip archive, whose times are set to a fixed one. A text is
a text to the spreadsheet too, whatever it begins with.
"""

import io
import re
import zipfile
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from infra.plan.base import VERSIONS, Version
from infra.plan.export.tree import SINGLE, WORDS, Kind, Node

SHEETS: dict[str, tuple[Kind, ...]] = {
    "省 province": ("extranet", "inner", "province"),
    "市 cities": ("city",),
    "县 counties": ("county",),
    "乡 townships": ("township",),
    "分区 zones": ("zone", "transit"),
    "网段 segments": ("segment", "link"),
    "地址 addresses": SINGLE,
    "保留 held": ("held",),
}
COLUMNS = {
    "代码 key": 42,
    "名称 name": 24,
    "英文 English": 24,
    "上级 within": 30,
    "类别 kind": 20,
    "IPv4": 26,
    "IPv4 已用 used %": 18,
    "IPv6": 44,
    "IPv6 已用 used %": 18,
    "预留 reserve %": 16,
}
EPOCH = (1980, 1, 1, 0, 0, 0)
WRITTEN = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")


def render_workbook(nodes: Sequence[Node]) -> bytes:
    """The plan as a workbook."""
    names = {node.key: node.name for node in nodes}
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, kinds in SHEETS.items():
        _sheet(book.create_sheet(title), [node for node in nodes if node.kind in kinds], names)
    raw = io.BytesIO()
    book.save(raw)
    return _timeless(raw)


def _sheet(sheet: Worksheet, nodes: Sequence[Node], names: dict[str, str]) -> None:
    sheet.append(list(COLUMNS))
    for column, width in enumerate(COLUMNS.values(), 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
        sheet.cell(1, column).font = Font(bold=True)
    for row, node in enumerate(nodes, 2):
        for column, value in enumerate(_row(node, names), 1):
            cell = sheet.cell(row, column, value)
            if isinstance(value, str):
                cell.data_type = "s"
                cell.quotePrefix = value[:1] in ("=", "+", "-", "@", "\t", "\r")
            if isinstance(value, str) and "\n" in value:
                cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(COLUMNS))}{len(nodes) + 1}"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _row(node: Node, names: dict[str, str]) -> list[str | float | None]:
    by_family: list[str | float | None] = []
    for version in VERSIONS:
        by_family += ["\n".join(str(share.entry.network) for share in node.of(version)), _used(node, version)]
    within = " ".join((node.parent, names[node.parent])) if node.parent else ""
    reserve = max((share.reserve for share in node.shares), default=0)
    return [node.key, node.name, node.english, within, " ".join(WORDS[node.kind]), *by_family, reserve]


def _used(node: Node, version: Version) -> float | None:
    shares = node.of(version)
    if node.kind in SINGLE or not shares:
        return None
    return round(100 * sum(share.used for share in shares) / sum(share.size for share in shares), 1)


def _timeless(raw: io.BytesIO) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = WRITTEN.sub(rb"\g<1>1980-01-01T00:00:00Z", old.read(name))
            new.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
