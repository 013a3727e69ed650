"""Components translate the plan without adding to it; Pulumi's own mocks show what they would ask for."""

import asyncio
import json
from typing import Any
from unittest.mock import patch

import pulumi
import pytest
from pulumi.runtime import mocks
from pulumi.runtime.proto import source_pb2

from infra.components.first_boot import first_boot
from infra.contract import TenancyFacts
from infra.killed import TENANCY, THINGS
from infra.plan.build import build_plan
from infra.plan.load import load
from infra.plan.plan import Plan
from infra.preflight import Cloud
from infra.settings import ROOT
from infra.stack import build

CLOUD = Cloud(
    entry="cloud",
    region="RegionOne",
    auth={"auth_url": "https://cloud.test:5000/v3", "username": "deployer", "password": "secret-word"},
    verify=True,
    cacert=None,
    user="u-1",
    roles={"member": "r-1", "manager": "r-2"},
    external_network="n-internet",
    images={"debian-12": "i-1", "debian-12-mirror": "i-2", "debian-12-kernel": "i-3"},
    flavors={"g1.small": "f-1", "g1.medium": "f-2", "g1.data": "f-3"},
)


class Recorder(mocks.Mocks):
    """Keeps every registration: the inputs, and the request with its options."""

    def __init__(self) -> None:
        self.made: list[mocks.MockResourceArgs] = []
        self.requests: list[Any] = []

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.made.append(args)
        computed = {"publicKey": "ssh-rsa AAAA made", "privateKey": "PRIVATE", "address": "198.51.100.7"}
        return f"{args.name}-id", {**computed, **args.inputs}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(args.token)

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        return {one.name: one.inputs for one in self.made if one.typ == kind}

    def options(self, kind: str) -> dict[str, Any]:
        return {request.name: request for request in self.requests if request.type == kind}


class Monitor(mocks.MockMonitor):
    """Lets the recorder see what mocks leave out: the resource options."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(recorder)
        self.recorder = recorder

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 (Pulumi's name)
        self.recorder.requests.append(request)
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]


def built(plan: Plan, grant: TenancyFacts | None = None) -> Recorder:
    asyncio.set_event_loop(asyncio.new_event_loop())
    recorder = Recorder()
    pulumi.runtime.set_mocks(recorder, project="ganyun", stack="lab", monitor=Monitor(recorder))
    # The engine shows them with an error; taking one for each resource was a third of the time.
    with patch("pulumi.runtime.resource._get_stack_trace", source_pb2.StackTrace):
        pulumi.runtime.test(build)(plan, CLOUD, "ssh-ed25519 AAAA operator", grant)  # type: ignore[no-untyped-call]
    return recorder


# Of what a killed run made, these go with the project or the group that they are of, or are said again as they are.
WITH_ANOTHER = {
    "openstack:compute/quotaSetV2:QuotaSetV2",
    "openstack:identity/inheritRoleAssignment:InheritRoleAssignment",
    "openstack:identity/roleAssignment:RoleAssignment",
    "openstack:networking/quotaV2:QuotaV2",
}


def irremovable(recorder: Recorder) -> set[str]:
    """Kinds of resources that would stay when a run that made them is killed."""
    kinds = {one.typ for one in recorder.made if one.typ.startswith("openstack:")}
    return kinds - WITH_ANOTHER - THINGS.keys() - TENANCY.keys()


@pytest.fixture(scope="module")
def plan() -> Plan:
    return build_plan(load(ROOT / "stacks"), "lab")


@pytest.fixture(scope="module")
def made(plan: Plan) -> Recorder:
    return built(plan)


def test_whatever_a_stack_makes_can_be_removed_after_a_killed_run(made: Recorder) -> None:
    assert irremovable(made) == set()


TAGGED = ("Network", "Subnet", "Port", "Router", "SecGroup", "FloatingIp")


def module(kind: str) -> str:
    return f"openstack:networking/{kind[0].lower()}{kind[1:]}:{kind}"


@pytest.mark.parametrize("kind", TAGGED)
def test_every_network_resource_tells_system_owner_level_and_zone(kind: str, made: Recorder) -> None:
    found = made.of(module(kind))
    assert found
    for name, inputs in found.items():
        assert {tag.partition("=")[0] for tag in inputs["tags"]} == {"system", "owner", "level", "zone"}, name


@pytest.mark.parametrize("kind", TAGGED)
def test_every_network_resource_belongs_to_a_department(kind: str, made: Recorder, plan: Plan) -> None:
    projects = {f"{project.name}-id" for domain in plan.domains for project in domain.projects}
    assert {inputs["tenantId"] for inputs in made.of(module(kind)).values()} <= projects


def test_only_the_exit_has_an_external_gateway_and_it_translates_nothing(made: Recorder) -> None:
    routers = made.of("openstack:networking/router:Router")
    gateways = {name: inputs.get("externalNetworkId") for name, inputs in routers.items()}
    assert gateways == {"exit": "n-internet", "core": None, "recovery": None}
    assert routers["exit"]["enableSnat"] is False


def test_security_groups_start_empty_and_get_the_planned_rules_only(made: Recorder, plan: Plan) -> None:
    assert all(inputs["deleteDefaultRules"] for inputs in made.of("openstack:networking/secGroup:SecGroup").values())
    rules = made.of("openstack:networking/secGroupRule:SecGroupRule")
    assert len(rules) == sum(len(group.rules) for group in plan.security_groups)
    assert all(inputs.get("remoteGroupId") or inputs.get("remoteIpPrefix") for inputs in rules.values())
    for inputs in rules.values():
        if block := inputs.get("remoteIpPrefix"):
            assert inputs["ethertype"] == ("IPv6" if ":" in block else "IPv4")
    by_group = [one for one in rules.values() if one.get("remoteGroupId")]
    keys = ("securityGroupId", "remoteGroupId", "direction", "protocol", "portRangeMin")
    four, six = ([[o.get(key) for key in keys] for o in by_group if o["ethertype"] == f] for f in ("IPv4", "IPv6"))
    assert len(four) + len(six) == len(by_group)
    assert sorted(map(str, four)) == sorted(map(str, six))


def test_every_project_has_quotas_and_no_default_group(made: Recorder, plan: Plan) -> None:
    projects = {project.name for domain in plan.domains for project in domain.projects}
    for kind in ("openstack:networking/quotaV2:QuotaV2", "openstack:compute/quotaSetV2:QuotaSetV2"):
        assert set(made.of(kind)) == projects
    assert set(made.of("pulumi-python:dynamic:Resource")) == projects


def test_nothing_enters_a_project_before_its_quota(made: Recorder) -> None:
    waiting = {
        "openstack:networking/network:Network": "networking/quotaV2:",
        "openstack:networking/router:Router": "networking/quotaV2:",
        "openstack:networking/secGroup:SecGroup": "networking/quotaV2:",
        "pulumi:providers:openstack": "compute/quotaSetV2:",
    }
    for kind, quota in waiting.items():
        for name, request in made.options(kind).items():
            assert name == "cloud" or any(quota in urn for urn in request.dependencies), (kind, name)


def test_servers_are_built_inside_their_owners_project(made: Recorder, plan: Plan) -> None:
    providers = made.of("pulumi:providers:openstack")
    owners = {group.project for group in plan.host_groups}
    assert set(providers) == {"cloud", *owners}
    for owner in owners:
        assert providers[owner]["tenantId"] == f"{owner}-id"
        assert providers[owner]["cloud"] == ""
    for name, request in made.options("openstack:compute/instance:Instance").items():
        owner = next(group.project for group in plan.host_groups if name in {host.name for host in group.hosts})
        assert f"::{owner}::" in request.provider


def test_a_running_host_is_not_replaced_by_a_new_image_or_key(made: Recorder) -> None:
    for request in made.options("openstack:compute/instance:Instance").values():
        assert {"imageId", "userData"} <= set(request.ignoreChanges)


def test_hosts_that_hold_data_are_protected_where_the_stack_says_so(plan: Plan) -> None:
    guarded = built(plan.model_copy(update={"stack": plan.stack.model_copy(update={"protect_data": True})}))
    requests = guarded.options("openstack:compute/instance:Instance")
    assert {name for name, request in requests.items() if request.protect} == {"db-1", "monitor-1", "vault-1"}


def test_nothing_is_protected_in_the_lab(made: Recorder) -> None:
    assert not any(request.protect for request in made.requests)


def test_host_keys_leave_the_program_as_secrets_only(made: Recorder) -> None:
    requests = made.options("openstack:compute/keypair:Keypair")
    assert len(requests) == 9
    assert all("privateKey" in request.additionalSecretOutputs for request in requests.values())


def test_first_boot_admits_the_operators_key_and_no_password() -> None:
    text = first_boot("db-1", "ssh-ed25519 AAAA op", "PRIVATE\n", "ssh-rsa AAAA")
    assert text.startswith("#cloud-config\n")
    config = json.loads(text.partition("\n")[2])
    assert config["ssh_pwauth"] is False
    assert config["ssh_genkeytypes"] == []
    assert [(user["name"], user["lock_passwd"], user["ssh_authorized_keys"]) for user in config["users"]] == [
        ("ganyun", True, ["ssh-ed25519 AAAA op"])
    ]


def test_first_boot_is_the_same_for_the_same_host() -> None:
    words = ("db-1", "ssh-ed25519 AAAA op", "PRIVATE\n", "ssh-rsa AAAA")
    assert first_boot(*words) == first_boot(*words)
