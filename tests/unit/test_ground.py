"""What stacks below stand on does not go from under them, and nothing that it is made of goes before it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from infra.components.ground import Ground, _holding
from infra.components.password import Password
from tests.unit.test_components import Monitor, Recorder

PROPS = {"stack": "upper", "project": "ganyun", "below": ["east", "west"]}
HOLD: Any = _holding()


def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **counts: int) -> None:
    """A `pulumi` whose stacks have so many resources."""
    stacks = [{"name": f"organization/ganyun/{name}", "resourceCount": count} for name, count in counts.items()]
    program = tmp_path / "pulumi"
    program.write_text(f"#!/bin/sh\necho '{json.dumps(stacks)}'\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")


def test_it_stays_while_a_stack_below_stands_and_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand(tmp_path, monkeypatch, upper=90, east=0, west=40, elsewhere=7)
    with pytest.raises(RuntimeError, match="stand on upper: west; first run: pulumi destroy --stack west"):
        HOLD.delete("upper", PROPS)


def test_it_goes_once_none_below_has_a_resource(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand(tmp_path, monkeypatch, upper=90, east=0, elsewhere=7)
    HOLD.delete("upper", PROPS)


def test_a_single_stack_that_the_facts_drop_holds_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand(tmp_path, monkeypatch, upper=90, east=12, west=40)
    with pytest.raises(RuntimeError, match="east"):
        HOLD.update("upper", PROPS, {**PROPS, "below": ["west"]})
    assert HOLD.update("upper", PROPS, {**PROPS, "below": ["east", "north", "west"]}).outs["below"][1] == "north"


def test_what_cannot_be_told_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "pulumi"
    program.write_text("#!/bin/sh\necho no backend >&2\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(RuntimeError, match="no backend"):
        HOLD.delete("upper", PROPS)


def test_it_depends_on_every_resource_of_its_stack() -> None:
    def build() -> None:
        grouping = pulumi.ComponentResource("ganyun:infra:Manager", "group")
        inside = Password("inside", pulumi.ResourceOptions(parent=grouping))
        Ground("upper", ["east"], [grouping, inside, Password("alone")])

    asyncio.set_event_loop(asyncio.new_event_loop())
    recorder = Recorder()
    pulumi.runtime.set_mocks(recorder, project="ganyun", stack="upper", monitor=Monitor(recorder))
    pulumi.runtime.test(build)()  # type: ignore[no-untyped-call]
    ground = recorder.options("pulumi-python:dynamic:Resource")["upper"]
    assert {urn.rpartition("::")[2] for urn in ground.dependencies} == {"inside", "alone"}
