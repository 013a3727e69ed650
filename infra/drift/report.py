"""Writes what was found: JSON for programs, and a page derived from nothing else."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from infra.drift.findings import WORDS, Finding, Severity


def write(folder: Path, stack: str, at: datetime, findings: Sequence[Finding]) -> Path:
    """The report of one look; returns the page."""
    folder.mkdir(parents=True)
    found = Counter(one.severity for one in findings)
    counts = {severity: found[severity] for severity in sorted(Severity, reverse=True)}
    content = {
        "stack": stack,
        "at": at.isoformat(timespec="seconds"),
        "counts": {severity.name.lower(): count for severity, count in counts.items()},
        "findings": [{**one.model_dump(), "severity": one.severity.name.lower()} for one in findings],
    }
    (folder / "report.json").write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, autoescape=True, trim_blocks=True
    )
    page = folder / "report.html"
    text = templates.get_template("report.html.j2").render(
        stack=stack, at=at, findings=findings, counts=counts, words=WORDS
    )
    page.write_text(text, encoding="utf-8")
    latest = folder.parent / "latest"
    latest.unlink(missing_ok=True)
    latest.symlink_to(folder.name)
    return page
