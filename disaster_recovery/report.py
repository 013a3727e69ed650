"""The drill's report, made from its journal alone: JSON for programs, HTML for those who have to sign it.

A journal that doesn't end is a failed drill: the report is written before the first step and after every one, so that
whatever stops a drill, the newest report says how far it came and that it failed.
"""

import datetime as dt
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import jinja2

from disaster_recovery.facts import Facts
from disaster_recovery.journal import Event, Journal, dump
from disaster_recovery.objectives import Model, standard

ZONE = ZoneInfo("Asia/Shanghai")
Verdict = Literal["达标", "未达标", "失败"]
ENGLISH = {"达标": "objective met", "未达标": "objective missed", "失败": "failed"}


class Step(Model):
    """A step as the report shows it."""

    name: str
    started_at: float
    seconds: float | None
    ok: bool


class Shown(Model):
    """An element of the standard, and what this drill showed of it."""

    title: str
    english: str
    shown: tuple[str, ...]


class Report(Model):
    """Everything that the report says."""

    verdict: Verdict
    reason: str
    facts: Facts
    began_at: float
    steps: tuple[Step, ...]
    values: dict[str, Any]
    fault_at: float | None
    served_at: float | None
    commands: tuple[dict[str, Any], ...]
    elements: tuple[Shown, ...]


def build(events: tuple[Event, ...]) -> Report:
    """Judge a journal."""
    values = {one.name: one.data["value"] for one in events if one.kind == "fact"}
    facts = Facts.model_validate(values.pop("facts"))
    moments = {one.kind: one.at for one in events}
    verdict, reason = _verdict(events, values)
    return Report(
        verdict=verdict,
        reason=reason,
        facts=facts,
        began_at=events[0].at,
        steps=_steps(events),
        values=values,
        fault_at=moments.get("fault"),
        served_at=moments.get("served"),
        commands=tuple({**one.data, "title": one.name, "ended": one.at} for one in events if one.kind == "command"),
        elements=_elements(events, values),
    )


def _verdict(events: tuple[Event, ...], values: dict[str, Any]) -> tuple[Verdict, str]:
    if failed := [one for one in events if one.kind == "failed"]:
        if values.get("met") is False and values.get("differences") == []:
            return "未达标", str(failed[-1].data.get("message", ""))
        return "失败", f"{failed[-1].name}：{failed[-1].data.get('message', '')}"
    if events[-1].kind != "end":
        running = [one.name for one in events if one.kind == "step"]
        return "失败", f"演练未完成，止于：{running[-1] if running else '开始'} · the drill did not finish"
    return "达标", "恢复的数据与独立清单一致，RPO、RTO 均在目标之内 · data equal to the manifest, both objectives met"


def _steps(events: tuple[Event, ...]) -> tuple[Step, ...]:
    ended = {one.name: one for one in events if one.kind in ("done", "failed")}
    return tuple(
        Step(
            name=one.name,
            started_at=one.at,
            seconds=round(ended[one.name].at - one.at, 1) if one.name in ended else None,
            ok=one.name in ended and ended[one.name].kind == "done",
        )
        for one in events
        if one.kind == "step"
    )


def _elements(events: tuple[Event, ...], values: dict[str, Any]) -> tuple[Shown, ...]:
    """Say per element only what this drill showed; an empty list is shown as not evaluated."""
    shown: dict[str, list[str]] = {}
    if values.get("differences") == []:
        shown["data_backup"] = [
            "从异地保险库恢复，与独立清单逐表一致 restored from the off-site vault, equal to the manifest",
        ]
    if "rebuilt_server" in values:
        shown["standby_processing"] = [
            "服务器销毁后在原站点按代码重建 rebuilt from code at the same site",
            "未评估：由备用站点接管 not evaluated: a take-over by the other site",
        ]
    if any(one.kind == "served" for one in events):
        shown["plan"] = ["预案以 playbooks/drill.yml 自动执行并留痕 the plan ran as code and left evidence"]
    return tuple(
        Shown(title=one.title, english=one.english, shown=tuple(shown.get(key, ())))
        for key, one in standard().elements.items()
    )


def write(journal: Journal) -> Report:
    """Write report.json and report.html beside the journal."""
    report = build(journal.events())
    dump(journal.folder / "report.json", report.model_dump(mode="json"))
    (journal.folder / "report.html").write_text(render(report), encoding="utf-8")
    return report


def render(report: Report) -> str:
    """Return the page."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(moment=moment, clock=clock, span=span)
    edition = standard().editions.get(report.facts.objective.standard)
    level = edition.levels.get(report.facts.objective.level) if edition else None
    page = environment.get_template("report.html.j2")
    return page.render(report=report, english=ENGLISH[report.verdict], edition=edition, level=level)


def moment(seconds: float) -> str:
    """Return date and time in Beijing time."""
    return dt.datetime.fromtimestamp(seconds, ZONE).strftime("%Y-%m-%d %H:%M:%S")


def clock(seconds: float) -> str:
    """Return the time of day with a tenth of a second."""
    return dt.datetime.fromtimestamp(seconds, ZONE).strftime("%H:%M:%S.%f")[:-5]


def span(seconds: float) -> str:
    """Return a span as people say it."""
    if seconds < 60:
        return f"{seconds:.1f} 秒"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} 分 {rest} 秒" if rest else f"{minutes} 分钟"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} 小时 {minutes} 分" if minutes else f"{hours} 小时"
