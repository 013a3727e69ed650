"""A city's manager rules its own domain and nothing else; what it uses, and how far it reaches, its province says."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openstack.exceptions import ConflictException, ForbiddenException, NotFoundException

from tests.lab.city import QUOTA, City, made, put

EXTERNAL = "access_as_external"


@pytest.fixture(scope="module")
def city(cloud: Any) -> Iterator[City]:
    with made(cloud) as one:
        yield one


@pytest.fixture(scope="module")
def other(cloud: Any) -> Iterator[City]:
    """A neighbour, whose manager would not like to be interfered with."""
    with made(cloud) as one:
        yield one


@pytest.fixture(scope="module")
def manager(city: City) -> Any:
    return city.manager()


@pytest.fixture(scope="module")
def own_project(city: City, manager: Any) -> str:
    """A project that the manager made by itself."""
    project: str = manager.identity.create_project(name="by-the-manager", domain_id=city.domain).id
    return project


@pytest.fixture(scope="module")
def clerk(city: City, manager: Any) -> str:
    """A user that the manager made."""
    user: str = manager.identity.create_user(name="clerk", domain_id=city.domain, password="a-word").id  # noqa: S106
    return user


@pytest.fixture(scope="module")
def exit_network(cloud: Any) -> str:
    network: str = next(iter(cloud.network.networks(is_router_external=True))).id
    return network


def test_a_manager_keeps_the_users_groups_and_projects_of_its_domain(city: City, manager: Any, clerk: str) -> None:
    identity = manager.identity
    group = identity.create_group(name="clerks", domain_id=city.domain)
    identity.add_user_to_group(clerk, group)
    identity.remove_user_from_group(clerk, group)
    identity.update_user(clerk, description="changed")
    project = identity.create_project(name="short-lived", domain_id=city.domain)
    identity.update_project(project, description="changed")
    identity.delete_project(project, ignore_missing=False)
    identity.delete_group(group, ignore_missing=False)
    assert {user.id for user in identity.users()} == {city.user, clerk}
    assert set(city.projects.values()) <= {project.id for project in identity.projects()}


def grants(city: City, project: str, user: str, role: str) -> list[str]:
    """Every way in which a user gets a role in a project."""
    domain, end = f"/domains/{city.domain}/users/{user}/roles/{role}", f"/users/{user}/roles/{role}"
    return [f"/projects/{project}{end}", domain, f"/OS-INHERIT{domain}/inherited_to_projects"]


@pytest.mark.parametrize("role", ["reader", "member", "manager"])
def test_a_manager_hands_on_what_it_has(city: City, manager: Any, own_project: str, clerk: str, role: str) -> None:
    for path in grants(city, own_project, clerk, city.roles[role]):
        put(manager.identity, path)


def test_a_manager_makes_nobody_admin(city: City, manager: Any, own_project: str, clerk: str) -> None:
    for path in grants(city, own_project, clerk, city.roles["admin"]):
        with pytest.raises(ForbiddenException):
            put(manager.identity, path)


ELSEWHERE: dict[str, Callable[[Any, City, str], Any]] = {
    "user": lambda m, o, _: m.create_user(name="spy", domain_id=o.domain),
    "group": lambda m, o, _: m.create_group(name="spies", domain_id=o.domain),
    "project": lambda m, o, _: m.create_project(name="annex", domain_id=o.domain),
    "domain": lambda m, _o, _: m.create_domain(name="realm"),
    "domain as project": lambda m, _o, _: m.create_project(name="realm", is_domain=True),
    "role": lambda m, _o, _: m.create_role(name="superior"),
    "other's password": lambda m, o, _: m.update_user(o.user, password="known"),  # noqa: S106
    "other's user": lambda m, o, _: m.delete_user(o.user, ignore_missing=False),
    "other's project": lambda m, o, _: m.delete_project(o.projects["network"], ignore_missing=False),
    "own clerk there": lambda m, o, u: put(m, f"/projects/{o.projects['network']}/users/{u}/roles/{o.roles['member']}"),
    "own clerk over it": lambda m, o, u: put(m, f"/domains/{o.domain}/users/{u}/roles/{o.roles['manager']}"),
    "over the system": lambda m, o, u: put(m, f"/system/users/{u}/roles/{o.roles['reader']}"),
    "a wider role": lambda m, o, _: put(m, f"/roles/{o.roles['reader']}/implies/{o.roles['manager']}"),
}


@pytest.mark.parametrize("breach", ELSEWHERE)
def test_a_manager_has_no_say_elsewhere(breach: str, manager: Any, other: City, clerk: str) -> None:
    with pytest.raises(ForbiddenException):
        ELSEWHERE[breach](manager.identity, other, clerk)


def test_nobody_elses_user_is_let_in(city: City, manager: Any, other: City, own_project: str) -> None:
    for path in grants(city, own_project, other.user, city.roles["member"]):
        with pytest.raises(ForbiddenException):
            put(manager.identity, path)


def test_a_manager_of_a_project_manages_nobody(city: City, manager: Any) -> None:
    put(manager.identity, f"/projects/{city.projects['network']}/users/{city.user}/roles/{city.roles['manager']}")
    inside = city.manager(project_id=city.projects["network"])
    with pytest.raises(ForbiddenException):
        inside.identity.create_user(name="clerk-2", domain_id=city.domain)


def test_a_project_of_a_managers_own_making_may_use_nothing(city: City, own_project: str, cloud: Any) -> None:
    own = city.manager(project_id=own_project)
    image, flavor = next(iter(cloud.image.images())).id, cloud.compute.find_flavor("g1.small", ignore_missing=False).id
    uses: list[Callable[[], Any]] = [
        lambda: own.network.create_network(name="free"),
        lambda: own.network.create_router(name="free"),
        lambda: own.network.create_security_group(name="free"),
        lambda: own.network.create_subnet_pool(name="free", prefixes=["10.0.0.0/8"]),
        lambda: own.compute.create_server(name="free", image_id=image, flavor_id=flavor, networks="none"),
        lambda: own.compute.create_server_group(name="free", policies=["soft-anti-affinity"]),
    ]
    for use in uses:
        with pytest.raises((ConflictException, ForbiddenException), match="Quota exceeded"):
            use()


def test_a_manager_gets_what_its_quota_says_and_not_one_more(city: City) -> None:
    network = city.manager(project_id=city.projects["network"]).network
    networks = [network.create_network(name=f"given-{number}") for number in range(QUOTA["network"])]
    with pytest.raises(ConflictException, match="Quota exceeded"):
        network.create_network(name="one-more")
    for one in networks:
        network.delete_network(one)


def test_a_manager_cannot_raise_a_quota(city: City, manager: Any, own_project: str) -> None:
    for session in (manager, city.manager(project_id=own_project)):
        for project in (own_project, city.projects["network"]):
            with pytest.raises(ForbiddenException):
                put(session.network, f"/quotas/{project}", {"quota": {"network": 100}})
            with pytest.raises(ForbiddenException):
                put(session.compute, f"/os-quota-sets/{project}", {"quota_set": {"instances": 100}})


def test_the_exit_is_closed_to_a_manager(city: City, exit_network: str) -> None:
    put(city.admin.network, f"/quotas/{city.projects['network']}", {"quota": {"floatingip": 1}})
    network = city.manager(project_id=city.projects["network"]).network
    ways: list[Callable[[], Any]] = [
        lambda: network.create_router(name="way-out", external_gateway_info={"network_id": exit_network}),
        lambda: network.create_ip(floating_network_id=exit_network),
        lambda: network.create_port(network_id=exit_network),
    ]
    for way in ways:
        with pytest.raises(NotFoundException):
            way()


def test_a_manager_makes_no_exit_of_its_own(city: City) -> None:
    network = city.manager(project_id=city.projects["network"]).network
    with pytest.raises(ForbiddenException):
        network.create_network(name="way-out", is_router_external=True)
    own = network.create_network(name="own")
    rule = {"object_type": "network", "object_id": own.id, "target_project_id": city.projects["department"]}
    with pytest.raises(ForbiddenException):
        network.create_rbac_policy(action=EXTERNAL, **rule)
    network.delete_rbac_policy(network.create_rbac_policy(action="access_as_shared", **rule))
    network.delete_network(own)


def test_the_admin_gives_a_way_out_to_any_project(cloud: Any, city: City, exit_network: str) -> None:
    network, project = cloud.network, city.projects["department"]
    put(network, f"/quotas/{project}", {"quota": {"floatingip": 1}})
    gateway = {"network_id": exit_network, "enable_snat": False}
    router = network.create_router(name="given", project_id=project, external_gateway_info=gateway)
    address = network.create_ip(floating_network_id=exit_network, project_id=project)
    assert router.external_gateway_info["network_id"] == address.floating_network_id == exit_network
    network.delete_ip(address)
    network.delete_router(router)
