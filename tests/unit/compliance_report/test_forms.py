"""Every form of the report tells the same verdicts, and nothing that a host answers can break out of any of them."""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from openpyxl import load_workbook

from tests.compliance.report import Report
from tests.compliance.report import html as page
from tests.compliance.report.html import Language, render, texts
from tests.compliance.report.junit import junit
from tests.compliance.report.oscal import oscal
from tests.compliance.report.pdf import pdf
from tests.compliance.report.workbook import FORM, workbook
from tests.compliance.verdicts import CHINESE, FAILED, Verdict
from tests.unit.compliance_report.conftest import FORMULA

PAGE = Path(page.__file__).parent


@pytest.mark.parametrize(("language", "words"), [("zh", ("高风险", "部分符合")), ("en", ("high risk", "partial"))])
def test_the_page_shows_what_failed_and_who_was_silent(
    report: Report, language: Language, words: tuple[str, ...]
) -> None:
    html = render(report, language)
    assert all(word in html for word in words)
    assert "&lt;script&gt;" in html
    assert "<script>" not in html
    assert "&lt;no route&gt;" in html
    assert report.by_id["8.1.4.1-a"].mend in html


def test_each_word_is_there_in_both_languages_and_used() -> None:
    words = yaml.safe_load((PAGE / "texts.yaml").read_text(encoding="utf-8"))
    assert all(set(both) == {"zh", "en"} for both in words.values())
    template = (PAGE / "report.html.j2").read_text(encoding="utf-8")
    sections = set(re.findall(r'<h2 id="(\w+)">', template))
    assert set(words) == set(re.findall(r"\bt\.(\w+)", template)) | sections
    assert set(texts("zh")) == set(texts("en"))


def test_links_of_the_page_lead_somewhere(report: Report) -> None:
    html = render(report)
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(re.findall(r'id="([^"]+)"', html))


def test_the_workbook_has_every_item_in_the_order_of_the_form(report: Report) -> None:
    file = BytesIO()
    workbook(report).save(file)
    book = load_workbook(file)
    assert book.sheetnames[0] == "总览"
    for number, system in enumerate(report.systems, 1):
        rows = list(book.worksheets[number].iter_rows(min_row=2, values_only=True))
        items = list(dict.fromkeys(row[3] for row in rows))
        assert items == [item.control.number(system.level) for item in system.items]
        verdicts = [row[list(FORM).index("符合情况")] for row in rows]
        assert verdicts.count(CHINESE[Verdict.FAIL]) == sum(
            result.verdict is Verdict.FAIL for item in system.items for result in item.results
        )


def test_an_answer_never_becomes_a_formula(report: Report) -> None:
    file = BytesIO()
    workbook(report).save(file)
    cells = [cell for sheet in load_workbook(file).worksheets for row in sheet.iter_rows() for cell in row]
    assert any(FORMULA in str(cell.value) for cell in cells)
    assert not [cell for cell in cells if cell.data_type == "f"]


def test_junit_counts_failures_and_skips(report: Report) -> None:
    suites = {suite.get("name"): suite for suite in ElementTree.fromstring(junit(report))}  # noqa: S314 - our own
    for host in report.hosts:
        suite = suites[host.name]
        assert suite.get("failures") == str(len(suite.findall("*/failure")))
        assert int(suite.get("failures", "")) == sum(host.counts[verdict] for verdict in FAILED)
        assert suite.get("skipped") == str(len(suite.findall("*/skipped")))
    assert "no route" in junit(report)


def test_oscal_has_no_finding_without_a_verdict_of_the_standard(report: Report) -> None:
    result = json.loads(oscal(report))["assessment-results"]["results"][0]
    states = {one["title"].partition(" ")[0::2]: one["target"]["status"]["state"] for one in result["findings"]}
    assert sorted(states.values()).count("satisfied") == report.counts[Verdict.PASS]
    judged = sum(report.counts[v] for v in (Verdict.PASS, Verdict.WAIVED, *FAILED))
    assert len(result["findings"]) == judged
    assert len(result["observations"]) == sum(report.counts.values())


def test_oscal_gives_the_same_audit_the_same_names(report: Report) -> None:
    assert oscal(report) == oscal(report)


def test_without_a_browser_the_audit_says_so_and_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder))
    assert "no PDF" in pdf(folder / "report.html")
