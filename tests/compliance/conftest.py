"""Pytest as the audit's engine: one test per item and host, one round trip per host, verdicts that name evidence."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.compliance.audit import Audit
from tests.compliance.catalogue import load_catalogue
from tests.compliance.judge import Judge, UnreadableError
from tests.compliance.kept import ANSWERS, CATALOGUE, NOTES, PLATFORM, REPORT, RESULTS, SCOPE, WAIVERS
from tests.compliance.probes import ask_all
from tests.compliance.report import build_report, summary, write_report
from tests.compliance.report.changes import earlier
from tests.compliance.scope import load_scope
from tests.compliance.verdicts import FAILED, Finding, Verdict, judge_item, waive
from tests.compliance.waivers import load_waivers

PLATFORM_CHECKS = Path(__file__).with_name("platform")
STATUS = {
    Verdict.PASS: ("passed", ".", "符合 PASS"),
    Verdict.FAIL: ("failed", "F", "不符合 FAIL"),
    Verdict.PARTIAL: ("partial", "p", "部分符合 PARTIAL"),
    Verdict.WAIVED: ("waived", "w", "豁免 WAIVED"),
    Verdict.NOT_EVALUATED: ("not evaluated", "n", "未评估 NOT EVALUATED"),
    Verdict.NOT_APPLICABLE: ("not applicable", "-", "不适用 NOT APPLICABLE"),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("audit", "compliance audit (run by playbooks/audit.yml)")
    group.addoption("--audit-scope", type=Path, help="hosts with their place in the plan, written by the playbook")
    group.addoption("--audit-report", type=Path, help="folder that the report is written to")
    group.addoption("--audit-stack", help="stack whose cloud is judged beside the hosts; left out: hosts alone")
    group.addoption("--audit-ssh-config", help="ssh configuration that reaches the hosts")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "control(item): the item of GB/T 22239-2019 that a check judges")
    path = config.getoption("--audit-scope")
    if path is None:
        raise pytest.UsageError(
            "没有检查范围：请用 playbooks/audit.yml 启动 (no --audit-scope: run playbooks/audit.yml)"
        )
    config.stash[CATALOGUE] = load_catalogue()
    config.stash[SCOPE] = load_scope(path)
    try:
        config.stash[WAIVERS] = load_waivers(config.stash[CATALOGUE], names=config.stash[SCOPE].names)
    except ValueError as problem:
        raise pytest.UsageError(str(problem)) from problem
    config.stash[RESULTS] = []
    if config.getoption("--audit-stack"):
        config.pluginmanager.import_plugin("tests.compliance.platform.plugin")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Without a stack the platform's checks are not read at all, and hosts are not asked for them."""
    return True if collection_path == PLATFORM_CHECKS and not config.getoption("--audit-stack") else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each check runs on every host whose level has the item, or on the platform if its systems' highest has it."""
    if not {"audit", "platform"} & set(metafunc.fixturenames):
        return
    control = metafunc.config.stash[CATALOGUE].by_id[item_of(metafunc.definition)]
    hosts = metafunc.config.stash[SCOPE].hosts
    if "platform" in metafunc.fixturenames:
        judged = [control] if max(host.level for host in hosts) in control.levels else []
        metafunc.parametrize("platform", judged, ids=[PLATFORM_CHECKS.name for _ in judged], indirect=True)
        return
    hosts = tuple(host for host in hosts if host.level in control.levels)
    metafunc.parametrize("audit", [(control, host) for host in hosts], ids=[host.name for host in hosts], indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """An item that no host's level asks for is not a skipped check; it does not apply."""
    items[:] = [item for item in items if item.get_closest_marker("skip") is None]


def item_of(node: pytest.Item | pytest.FunctionDefinition) -> str:  # type: ignore[name-defined]
    """The item that a check declares."""
    marker = node.get_closest_marker("control")
    if marker is None:
        raise pytest.UsageError(f"{node.nodeid}: a check needs @pytest.mark.control(item)")
    return str(marker.args[0])


@pytest.fixture(scope="session", autouse=True)
def asking(pytestconfig: pytest.Config) -> Iterator[None]:
    """Ask the hosts once, all at the same time."""
    stash = pytestconfig.stash
    with ThreadPoolExecutor(1) as pool:
        stash[ANSWERS] = pool.submit(ask_all, stash[SCOPE].hosts, pytestconfig.getoption("--audit-ssh-config"))
        yield


@pytest.fixture
def audit(request: pytest.FixtureRequest) -> Audit:
    """One item on one host, with everything that the host answered."""
    control, host = request.param
    return Audit(control, host, request.config.stash[ANSWERS].result()[host.name])


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, bool, bool]:
    """Turn a check's findings into a verdict; what breaks off leaves the item not evaluated, and says why."""
    audit = pyfuncitem.funcargs.get("audit") or pyfuncitem.funcargs["platform"]
    assert isinstance(audit, Judge)
    stash = pyfuncitem.config.stash
    broken: Exception | None = None
    try:
        outcome = yield
    except UnreadableError as problem:
        audit.findings = [*audit.findings, unread(str(problem))]
        outcome = True
    except Exception as problem:
        audit.findings = [*audit.findings, unread(f"检查程序出错 (check broke off): {problem!r}")]
        broken, outcome = problem, True
    today = datetime.now(UTC).date()
    findings = tuple(waive(finding, audit.control.id, audit.names, stash[WAIVERS], today) for finding in audit.findings)
    result = judge_item(audit.name, audit.control.id, tuple(audit.evidence), findings)
    stash[RESULTS].append(result)
    pyfuncitem.user_properties.append(("verdict", result.verdict))
    if broken is not None:
        raise broken
    if result.verdict in FAILED:
        failed = [f"{f.title}：{f.detail}" for f in findings if f.verdict is Verdict.FAIL]
        pytest.fail("\n".join(failed), pytrace=False)
    return outcome


def unread(reason: str) -> Finding:
    """The finding that stands for everything that could not be read."""
    return Finding(point="unreadable", title="证据读取", verdict=Verdict.NOT_EVALUATED, detail=reason)


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    verdict = dict(report.user_properties).get("verdict")
    if report.when == "call" and isinstance(verdict, Verdict) and report.passed:
        return STATUS[verdict]
    return None


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the report from what was found, also after an interrupted run."""
    stash = session.config.stash
    folder = session.config.getoption("--audit-report")
    if folder is None or ANSWERS not in stash:
        return
    answers, platform = stash[ANSWERS].result(), stash.get(PLATFORM, None)
    before = earlier(folder, {*answers, *([platform.name] if platform else [])})
    stash[REPORT] = build_report(
        stash[CATALOGUE], stash[SCOPE], stash[WAIVERS], answers, stash[RESULTS], platform=platform, earlier=before
    )
    stash[NOTES] = write_report(stash[REPORT], folder, Path(os.environ["GANYUN_SECRETS"]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if REPORT in config.stash:
        terminalreporter.section("compliance summary 符合性检查汇总")
        for line in (*summary(config.stash[REPORT]), *config.stash[NOTES]):
            terminalreporter.write_line(line)
