"""Writes the report's files: the record, what is derived from it, and last the signature over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.compliance.report.html import render
from tests.compliance.report.junit import junit
from tests.compliance.report.model import RECORD, Report
from tests.compliance.report.oscal import oscal
from tests.compliance.report.pdf import pdf
from tests.compliance.report.signature import sign
from tests.compliance.report.workbook import workbook


def write_report(report: Report, folder: Path, secrets: Path) -> Sequence[str]:
    """Write every form, sign the folder, point `latest` at it; returns what the operator must know."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RECORD).write_text(report.model_dump_json(indent=1), encoding="utf-8")
    (folder / "report.html").write_text(render(report, "zh"), encoding="utf-8")
    (folder / "report.en.html").write_text(render(report, "en"), encoding="utf-8")
    with ThreadPoolExecutor() as pool:
        notes = pool.map(pdf, (folder / "report.html", folder / "report.en.html"))
        (folder / "junit.xml").write_text(junit(report), encoding="utf-8")
        (folder / "oscal-assessment-results.json").write_text(oscal(report), encoding="utf-8")
        workbook(report).save(folder / "report.xlsx")
    sign(folder, secrets)
    pointer = folder.with_name("latest.new")
    pointer.unlink(missing_ok=True)
    pointer.symlink_to(folder.name)
    pointer.replace(folder.with_name("latest"))
    return [note for note in notes if note]
