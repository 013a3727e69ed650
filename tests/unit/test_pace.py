"""A program tells Pulumi's engine what someone should read, and takes no time for more."""

import asyncio
import gc
import logging
import sys
from collections.abc import Callable, Iterator

import pulumi
import pytest

from infra.pace import hasten
from tests.unit.test_components import Monitor, Recorder


@pytest.fixture(autouse=True)
def own_pace(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(pulumi.log, "debug", pulumi.log.debug)
    interval = sys.getswitchinterval()
    yield
    sys.setswitchinterval(interval)
    gc.enable()


def levels(caplog: pytest.LogCaptureFixture, begin: Callable[[], None]) -> set[int]:
    """What kinds of messages reach the engine while one resource is declared."""

    def build() -> None:
        begin()
        pulumi.ComponentResource("ganyun:infra:Manager", "one")
        pulumi.log.warn("exempt")

    asyncio.set_event_loop(asyncio.new_event_loop())
    recorder = Recorder()
    engine = logging.getLogger("engine")
    pulumi.runtime.set_mocks(recorder, project="ganyun", stack="lab", logger=engine, monitor=Monitor(recorder))
    with caplog.at_level(logging.DEBUG, "engine"):
        pulumi.runtime.test(build)()  # type: ignore[no-untyped-call]
    return {record.levelno for record in caplog.records if record.name == "engine"}


def test_only_messages_for_people_cross_to_the_engine(caplog: pytest.LogCaptureFixture) -> None:
    assert levels(caplog, lambda: None) == {logging.DEBUG, logging.WARNING}
    caplog.clear()
    assert levels(caplog, hasten) == {logging.WARNING}
