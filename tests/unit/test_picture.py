"""The drawn topology says what the plan says, and the one in docs/ is not older than the facts."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from infra.plan.build import build_plan
from infra.plan.load import load
from infra.plan.picture import draw
from infra.plan.plan import Plan

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def plan() -> Plan:
    return build_plan(load(ROOT / "stacks"), "lab")


def test_the_picture_in_docs_is_the_one_that_the_facts_give(plan: Plan) -> None:
    drawn = (ROOT / "docs/topology.svg").read_text(encoding="utf-8")
    assert drawn == draw(plan), "run: python -m infra.plan picture --stack lab docs/topology.svg"


def test_every_host_segment_and_router_is_in_the_picture(plan: Plan) -> None:
    words = " ".join(ET.fromstring(draw(plan)).itertext())  # noqa: S314 - our own text
    hosts = {host.name for group in plan.host_groups for host in group.hosts}
    for name in hosts | {segment.name for segment in plan.segments} | {router.name for router in plan.routers}:
        assert name in words, name


def test_every_flow_is_drawn_or_told(plan: Plan) -> None:
    picture = ET.fromstring(draw(plan))  # noqa: S314 - our own text
    drawn = [path for path in picture.iter("{http://www.w3.org/2000/svg}path") if path.get("class") == "flow"]
    words = " ".join(picture.itertext())
    flows = [flow for system in plan.systems for flow in system.flows]
    told = [flow for flow in flows if "$systems:*" in (flow.from_, flow.to)]
    within = [flow for flow in flows if flow.from_ == flow.to]
    assert all(flow.why in words for flow in told)
    assert len(drawn) == len(flows) - len(told) - len(within)
