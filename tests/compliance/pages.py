"""One page for each item of the catalogue, from the data and from what names the item; `docs/controls/` holds them."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from infra.plan.waivers import Waiver
from tests.compliance.catalogue import Automation, Catalogue
from tests.compliance.traces import Traces

INDEX = "README.md"
SCOPES = {
    "host": "主机 host",
    "platform": "云平台 platform",
    "application": "应用 application",
    "management": "管理 management",
}
AUTOMATIONS = {
    Automation.FULL: "可完全自动 in full",
    Automation.PART: "部分自动，其余由人补充证据 in part",
    Automation.NONE: "由人判定 by people",
}


def pages(catalogue: Catalogue, traces: Traces, waivers: tuple[Waiver, ...]) -> dict[str, str]:
    """The text of every page by its file name, and an index of them."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Markdown, of our own words
    )
    page = environment.get_template("page.md.j2")
    texts = {
        f"{control.id}.md": page.render(
            control=control,
            scopes=SCOPES,
            automations=AUTOMATIONS,
            tasks=traces.tasks.get(control.id, ()),
            checks=traces.checks.get(control.id, ()),
            policies=traces.policies.get(control.id, ()),
            breaks=traces.breaks.get(control.id, ()),
            waivers=[waiver for waiver in waivers if waiver.item == control.id],
        )
        for control in catalogue.controls
    }
    return {**texts, INDEX: index(catalogue, traces)}


def index(catalogue: Catalogue, traces: Traces) -> str:
    """All items in the order of the standard."""
    checked = sum(control.id in traces.checks for control in catalogue.controls)
    lines = [
        "# 控制项 Control items",
        "",
        "> 由 `python -m tests.compliance pages` 生成，请勿手工修改 · generated, don't edit",
        "",
        f"{catalogue.standard}；{catalogue.evaluation}。{catalogue.note}",
        "",
        f"{len(catalogue.controls)} 项，其中 {checked} 项有自动检查，其余各项均说明原因。",
        "",
        f"{len(catalogue.controls)} items, {checked} with an automatic check; the others say why there is none.",
    ]
    domain = ""
    for control in catalogue.controls:
        if control.domain != domain:
            domain = control.domain
            lines += [
                "",
                f"## {domain}",
                "",
                "| 控制项 item | 要求（转述）requirement | 等级 | 角色 role | 检查 check | 风险 risk |",
                "|---|---|---|---|---|---|",
            ]
        levels = "、".join(map(str, control.levels))
        role = f"`{control.role}`" if control.role else "—"
        check = "✓" if control.id in traces.checks else "人工 people"
        risk = "高 high" if control.high_risk else ""
        link = f"[{control.id}]({control.id}.md) {control.title}"
        lines.append(f"| {link} | {control.requirement} | {levels} | {role} | {check} | {risk} |")
    return "\n".join(lines) + "\n"


def write(texts: dict[str, str], folder: Path) -> None:
    """Write every page, and remove those of items that are no more."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.md"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
