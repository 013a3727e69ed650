"""Whatever breaks while the cloud is read is told as the reason why nothing is judged, and never ends the audit."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tests.compliance.platform.gather import QUOTAS, SOURCES, look
from tests.unit.cloud_audit import clouds


class Nonsense:
    """A cloud whose every answer is an empty document."""

    session = SimpleNamespace(get_token=lambda: "token", get_user_id=lambda: "asker")

    def __getattr__(self, _: str) -> Any:
        answer = SimpleNamespace(headers={}, status_code=200, json=dict)
        return SimpleNamespace(get=lambda *_, **__: answer)


def test_an_answer_that_makes_no_sense_leaves_its_source_unread_with_the_reason() -> None:
    cloud = look(clouds.plan(), lambda **_: Nonsense())
    assert not cloud.unreachable
    assert {*SOURCES, *QUOTAS, "actions", "deleted", "crossing", "anonymous"} <= cloud.unread.keys()
    assert cloud.unread["servers"] == "KeyError: 'servers'"


def test_a_log_in_that_breaks_leaves_the_cloud_unreached_with_the_reason() -> None:
    def connect(**_: Any) -> Any:
        raise ValueError("no such thing")

    assert look(clouds.plan(), connect).unreachable == "ValueError: no such thing"
