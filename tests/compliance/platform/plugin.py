"""The platform's part of an audit, loaded where a stack is named: an audit of some hosts needs neither plan nor SDK."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from infra.plan.build import build_plan
from infra.plan.commands import FACTS
from infra.plan.load import load
from infra.plan.plan import Plan
from infra.plan.problems import FactsError
from infra.plan.world import World
from tests.compliance.kept import ANSWERS, PLATFORM, SCOPE
from tests.compliance.platform.gather import look
from tests.compliance.platform.session import Platform
from tests.compliance.platform.snapshot import Snapshot
from tests.compliance.platform.subject import PlatformAudit

PLANNED = pytest.StashKey[tuple[World, Plan]]()
CLOUD = pytest.StashKey[Future[Snapshot]]()


def pytest_configure(config: pytest.Config) -> None:
    """Facts that don't plan end the audit before anything is asked."""
    try:
        world = load(FACTS)
        config.stash[PLANNED] = world, build_plan(world, config.getoption("--audit-stack"))
    except FactsError as problem:
        raise pytest.UsageError(problem.report()) from problem


@pytest.fixture(scope="session", autouse=True)
def looking(pytestconfig: pytest.Config) -> Iterator[None]:
    """Look at the cloud once, while hosts are asked."""
    _, plan = pytestconfig.stash[PLANNED]
    with ThreadPoolExecutor(1) as pool:
        pytestconfig.stash[CLOUD] = pool.submit(look, plan)
        yield


@pytest.fixture
def platform(request: pytest.FixtureRequest) -> PlatformAudit:
    """One item on the cloud itself, with what its APIs and the hosts answered."""
    stash = request.config.stash
    return seen(request.config).audit(request.param, stash[SCOPE], stash[ANSWERS].result())


def seen(config: pytest.Config) -> Platform:
    """The plan with its cloud, once that has been looked at."""
    return Platform(*config.stash[PLANNED], config.stash[CLOUD].result())


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Have the platform stand in the report beside the hosts."""
    if CLOUD in session.config.stash:
        session.config.stash[PLATFORM] = seen(session.config).report
