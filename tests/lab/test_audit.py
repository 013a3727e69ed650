"""The audit of hosts and platform: the platform's seen red, all of tests/lab/platform_breaks*.py at once; then green.

Two audits, one while everything is broken and one after: a point counts as seen when it fails in the first alone.
"""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import requests

from infra.plan.build import build_plan
from infra.plan.commands import FACTS
from infra.plan.load import load
from tests.compliance.platform.gather import SOURCES, look
from tests.compliance.platform.snapshot import Snapshot
from tests.lab import platform_breaks, platform_breaks_else
from tests.lab.conftest import Run
from tests.lab.platform_lab import Lab, broken

Point = tuple[str, str]
MOMENTARY = {"started", "ended", "readings", "clocks", "crossing", "own_views", "actions", "deleted"}


def things(cloud: Snapshot) -> dict[str, set[str]]:
    """All that lies in the cloud, line by line; not what differs from one look to the next."""
    names = [one.name for one in fields(cloud) if one.name not in MOMENTARY]
    found: dict[str, Any] = {name: getattr(cloud, name) for name in names}
    return {name: {str(one) for one in value} for name, value in found.items() if isinstance(value, tuple)}


@pytest.fixture(scope="module")
def audits(cloud: Any, on: Run, run: Run, reports: Path) -> dict[str, Any]:
    """Points that failed while all was broken, and after; what must have failed; what lay there before and after."""
    plan = build_plan(load(FACTS), "lab")
    projects = {one.name: one.id for one in cloud.identity.projects()}

    def failed() -> dict[Point, str]:
        run(["ansible-playbook", "playbooks/audit.yml"])
        report = json.loads((reports / "compliance/latest/report.json").read_text())
        items = next(host for host in report["hosts"] if host["name"] == "platform")["items"]
        found = [(item["id"], one) for item in items for one in item["findings"] if one["verdict"] == "fail"]
        return {(item, one["point"]): one["detail"] for item, one in found}

    before = things(look(plan))
    with broken(Lab(cloud, on, projects), platform_breaks, platform_breaks_else) as wanted:
        red = failed()
    return {"wanted": wanted, "red": red, "green": failed(), "before": before, "after": things(look(plan))}


def test_looking_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token is all that it makes."""
    said: set[tuple[str, str]] = set()
    send = requests.Session.request

    def overhear(self: requests.Session, method: str, url: str, **how: Any) -> requests.Response:
        said.add((method, "/auth/tokens" if url.endswith("/auth/tokens") else "any"))
        return send(self, method, url, **how)

    monkeypatch.setattr(requests.Session, "request", overhear)
    look(build_plan(load(FACTS), "lab"))
    assert said == {("GET", "any"), ("POST", "/auth/tokens")}


def test_a_listing_in_pages_is_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = build_plan(load(FACTS), "lab")
    whole = look(plan)
    for name in ("servers", "ports", "images"):
        path = SOURCES[name].path.partition("limit=")[0]
        paged = f"{path.rstrip('?&')}{'&' if 'all_tenants' in path else '?'}limit=2"
        monkeypatch.setitem(SOURCES, name, replace(SOURCES[name], path=paged))
    pages = look(plan)
    for name in ("servers", "ports", "images"):
        assert {one.id for one in getattr(pages, name)} == {one.id for one in getattr(whole, name)}


def test_each_point_fails_where_it_is_broken_and_no_other(audits: dict[str, Any]) -> None:
    red, green = audits["red"], audits["green"]
    assert {point for point, said in red.items() if said != green.get(point)} == audits["wanted"]


def test_what_is_put_back_passes(audits: dict[str, Any]) -> None:
    assert {point: audits["green"][point] for point in audits["wanted"] if point in audits["green"]} == {}


def test_what_the_lab_cannot_meet_is_not_hidden(audits: dict[str, Any]) -> None:
    assert "http://" in audits["green"]["8.1.2.2-b", "api"]
    assert "只有一个" in audits["green"]["8.1.2.1-e", "services"]


def test_nothing_of_the_breaks_stays(audits: dict[str, Any]) -> None:
    for source, lines in audits["before"].items():
        assert audits["after"][source] == lines


def test_an_audit_finds_no_failure_on_any_host(audits: dict[str, Any], reports: Path) -> None:
    assert audits
    report = json.loads((reports / "compliance/latest/report.json").read_text())
    hosts = [subject for subject in report["hosts"] if subject["name"] != "platform"]
    verdicts = [item["verdict"] for host in hosts for item in host["items"]]
    assert "pass" in verdicts
    assert not {"fail", "partial"} & set(verdicts)
    judged = [item for subject in report["hosts"] for item in subject["items"]]
    assert all(item["evidence"] for item in judged if item["verdict"] == "pass")


def test_the_cloud_is_judged_beside_its_hosts(audits: dict[str, Any], reports: Path) -> None:
    """It fails in what one machine's cloud can't have (spare parts, APIs over TLS), and the report says so."""
    assert audits
    report = json.loads((reports / "compliance/latest/report.json").read_text())
    platform = next(subject for subject in report["hosts"] if subject["name"] == "platform")
    verdicts = {item["id"]: item["verdict"] for item in platform["items"]}
    assert (verdicts["8.1.2.1-c"], verdicts["8.1.2.1-e"]) == ("pass", "partial")
