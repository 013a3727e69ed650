"""The report as people read and print it, in Chinese and in English."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tests.compliance.report.model import Report
from tests.compliance.verdicts import CHINESE, FAILED, Verdict

HERE = Path(__file__).parent
Language = Literal["zh", "en"]
SHOWN = {
    Verdict.PASS: ("pass", "✓"),
    Verdict.PARTIAL: ("partial", "◐"),
    Verdict.FAIL: ("fail", "✗"),
    Verdict.WAIVED: ("waived", "豁"),
    Verdict.NOT_EVALUATED: ("open", "○"),
    Verdict.NOT_APPLICABLE: ("none", "／"),
}


@cache
def texts(language: Language) -> dict[str, str]:
    """The page's words in one language."""
    words = yaml.safe_load((HERE / "texts.yaml").read_text(encoding="utf-8"))
    return {name: both[language] for name, both in words.items()}


def word(verdict: Verdict, language: Language) -> str:
    """A verdict as it is called in this language."""
    return CHINESE[verdict] if language == "zh" else str(verdict)


def render(report: Report, language: Language = "zh") -> str:
    """The whole page."""
    silent = {item.id for host in report.hosts for item in host.items if item.verdict is Verdict.NOT_EVALUATED}
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("report.html.j2").render(
        report=report,
        language=language,
        t=texts(language),
        style=Markup((HERE / "report.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
        shown=SHOWN,
        word={verdict: word(verdict, language) for verdict in Verdict},
        Verdict=Verdict,
        failed=FAILED,
        open=len(report.unchecked) + len(silent),
    )
