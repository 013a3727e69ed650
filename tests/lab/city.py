"""A throw-away city as a province makes it: a domain, a network and a department project, quotas, and a manager.

Everything goes again at the end, also what the manager has made meanwhile.
"""

import secrets
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import openstack

QUOTA = {"network": 4, "subnet": 6, "port": 12, "router": 1, "rbac_policy": 2, "security_group": 3}


def put(service: Any, path: str, body: object = None) -> None:
    """Say that something is so, where the SDK has no word for it."""
    openstack.exceptions.raise_from_response(service.put(path, json=body))


@dataclass(frozen=True)
class City:
    """The admin's view of it, and the manager's log-in."""

    admin: Any
    domain: str
    user: str
    password: str
    projects: dict[str, str]
    roles: dict[str, str]

    def manager(self, **scope: str) -> Any:
        """The manager's connection: its domain, or `project_id`."""
        auth = {
            "auth_url": self.admin.config.config["auth"]["auth_url"],
            "user_id": self.user,
            "password": self.password,
            **(scope or {"domain_id": self.domain}),
        }
        return openstack.connect(auth=auth, region_name="RegionOne", load_yaml_config=False, load_envvars=False)


@contextmanager
def made(admin: Any) -> Iterator[City]:
    """The city, for as long as a test needs it."""
    identity, name = admin.identity, f"test-{uuid.uuid4().hex[:8]}"
    roles = {role.name: role.id for role in identity.roles()}
    password = secrets.token_urlsafe(16)
    with ExitStack() as undo:
        domain = identity.create_domain(name=name)
        undo.callback(remove_domain, admin, domain)
        user = identity.create_user(name=f"{name}-manager", domain_id=domain.id, password=password)
        put(identity, f"/domains/{domain.id}/users/{user.id}/roles/{roles['manager']}")
        everywhere = f"/OS-INHERIT/domains/{domain.id}/users/{user.id}/roles/{roles['member']}/inherited_to_projects"
        put(identity, everywhere)
        projects = {}
        for key in ("network", "department"):
            projects[key] = identity.create_project(name=f"{name}-{key}", domain_id=domain.id).id
            put(admin.network, f"/quotas/{projects[key]}", {"quota": {**QUOTA, "security_group_rule": 12}})
        yield City(admin, domain.id, user.id, password, projects, roles)


def remove_domain(admin: Any, domain: Any) -> None:
    """All that the domain's projects hold, then themselves."""
    network, projects = admin.network, {project.id for project in admin.identity.projects(domain_id=domain.id)}

    def theirs(listing: Callable[..., Any], **query: str) -> list[Any]:
        return [one for one in listing(**query) if one.project_id in projects]

    for router in theirs(network.routers):
        network.update_router(router, routes=[], external_gateway_info=None)
        for port in network.ports(device_id=router.id):
            network.remove_interface_from_router(router, port=port.id)
        network.delete_router(router)
    for address in theirs(network.ips):
        network.delete_ip(address)
    for port in theirs(network.ports):
        if not port.device_owner.startswith("network:"):
            network.delete_port(port)
    for listing, delete in (
        (network.rbac_policies, network.delete_rbac_policy),
        (network.networks, network.delete_network),
        (network.subnet_pools, network.delete_subnet_pool),
        (network.address_scopes, network.delete_address_scope),
        (network.security_groups, network.delete_security_group),
    ):
        for one in theirs(listing):
            delete(one)
    for project in projects:
        admin.identity.delete_project(project)
    admin.identity.update_domain(domain, is_enabled=False)
    admin.identity.delete_domain(domain)
