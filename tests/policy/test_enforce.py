"""What breaks a policy stops the run, unless the register exempts just that, and only until its day."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from infra.plan.build import build_plan
from infra.plan.exemptions import Exemption
from infra.plan.load import load
from infra.plan.plan import Plan
from infra.plan.problems import FactsError
from infra.plan.world import World
from infra.policies.enforce import enforce, refuse_unneeded

ROOT = Path(__file__).resolve().parents[2]
WORLD = load(ROOT / "stacks")
TODAY = min(one.expires for one in WORLD.exemptions)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return build_plan(WORLD, "lab")


def second_exit(plan: Plan) -> Plan:
    routers = tuple(one.model_copy(update={"exit": True}) for one in plan.routers)
    return plan.model_copy(update={"routers": routers})


def with_exemption(**changed: object) -> World:
    fields = WORLD.exemptions[0].model_dump() | {"policy": "one_internet_exit", "resource": "routers.core"} | changed
    return replace(WORLD, exemptions=(*WORLD.exemptions, Exemption.model_validate(fields)))


def problems(world: World, plan: Plan, today: date = TODAY) -> str:
    with pytest.raises(FactsError) as told:
        enforce(world, plan, today)
    return str(told.value)


def needed() -> set[Exemption]:
    return {one for stack in WORLD.stacks for one in enforce(WORLD, build_plan(WORLD, stack), TODAY)}


def test_the_real_plans_need_every_entry_of_the_register() -> None:
    assert needed() == set(WORLD.exemptions)


def test_a_broken_policy_stops_the_run_and_names_control_policy_and_place(plan: Plan) -> None:
    told = problems(WORLD, second_exit(plan))
    for word in ("GB/T 22239 8.1.3.1-a", "one_internet_exit", "routers.core"):
        assert word in told


def test_an_exemption_lets_just_its_own_resource_pass(plan: Plan) -> None:
    told = problems(with_exemption(stack="lab"), second_exit(plan))
    assert "routers.core" not in told
    assert "routers.recovery" in told


def test_an_exemption_holds_on_its_last_day_and_not_after(plan: Plan) -> None:
    enforce(WORLD, plan, TODAY)
    told = problems(WORLD, plan, TODAY + timedelta(days=1))
    assert f"到期 · its exemption expired on {TODAY}" in told
    assert "stacks/exemptions.yaml:" in told


def test_an_exemption_of_another_stack_exempts_nothing_here(plan: Plan) -> None:
    assert "stack lab:0  routers.core" in problems(with_exemption(stack="elsewhere"), second_exit(plan))


def test_an_exemption_that_no_stack_needs_must_go() -> None:
    used = needed()
    refuse_unneeded(WORLD, used)
    with pytest.raises(FactsError, match="remove this entry"):
        refuse_unneeded(with_exemption(), used)


@pytest.mark.parametrize(("field", "value"), [("policy", "no_such_policy"), ("stack", "nowhere")])
def test_an_exemption_names_a_policy_and_a_stack_that_exist(plan: Plan, field: str, value: str) -> None:
    told = problems(with_exemption(**{field: value}), plan)
    assert f"exemptions.{len(WORLD.exemptions)}.{field}" in told or value in told
    assert "no such" in told
