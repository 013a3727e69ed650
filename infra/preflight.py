"""Asks the cloud, before anything is created, whether what the stack names is really there.

Log-in, external network, images and flavors: what is missing is told all at once and by key, because a `pulumi up`
that fails half-way has already changed something.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import keystoneauth1.exceptions as keystone
import openstack
from openstack.config import OpenStackConfig

from infra.plan.plan import Plan
from infra.plan.problems import FactsError, Problem
from infra.plan.source import Source

MEMBER, MANAGER = "member", "manager"
BLANK = "GANYUN_NO_CLOUD"


@dataclass(frozen=True)
class Cloud:
    """What the stack's names stand for in this cloud."""

    entry: str
    region: str
    auth: dict[str, str]
    verify: bool
    cacert: str | None
    user: str
    roles: dict[str, str]
    external_network: str | None
    images: dict[str, str]
    flavors: dict[str, str]
    connection: Any = field(default=None, compare=False, repr=False)


def look_up(plan: Plan, source: Source, environment: Mapping[str, str]) -> Cloud:
    """Resolve every name, or raise with all that can't be."""
    if environment.get("OS_CLOUD") and BLANK not in environment:
        text = f"请先 source ./activate（缺少 {BLANK}）· OS_CLOUD is set without {BLANK}: source ./activate first"
        raise FactsError([source.problem(("cloud",), text)])
    entry = plan.login
    try:
        config = OpenStackConfig().get_one(cloud=entry)
        connection = openstack.connection.Connection(config=config)
        connection.session.get_token()
        admin = plan.uplink is None  # below another stack it is a manager, who may not ask for roles and hands none out
        roles = {role.name: role.id for role in connection.identity.roles()} if admin else {}
        exits = any(router.exit for router in plan.routers)
        externals = {network.name: network.id for network in connection.network.networks(is_router_external=True)}
        images = {image.name: image.id for image in connection.image.images()}
        flavors = {flavor.name: flavor.id for flavor in connection.compute.flavors(get_extra_specs=False)}
    except Exception as error:
        raise FactsError([source.problem(("cloud",), _reason(entry, error))]) from error
    missing = [
        *_missing(source, "external_network", [((), plan.stack.external_network)] if exits else [], externals),
        *_missing(source, "images", _keyed(plan.stack.images), images),
        *_missing(source, "flavors", _keyed(plan.stack.flavors), flavors),
    ]
    for role in ([MEMBER, *([MANAGER] if plan.tenancies else [])]) if admin else []:
        if role not in roles:
            missing.append(source.problem(("cloud",), f"云平台没有角色 {role} · the cloud has no role {role}"))
    auth = {key: str(value) for key, value in config.config["auth"].items()}
    if "password" not in auth:  # an application credential can't be scoped to the departments' projects
        text = f"条目 {entry} 须用用户名和口令登录 · entry {entry} must log in with a user name and password"
        missing.append(source.problem(("cloud",), text))
    if missing:
        raise FactsError(missing)
    return Cloud(
        entry=entry,
        region=config.get_region_name() or "",
        auth=auth,
        verify=bool(config.config.get("verify", True)),
        cacert=config.config.get("cacert"),
        user=connection.session.get_user_id(),
        roles=roles,
        external_network=externals.get(plan.stack.external_network),
        images=images,
        flavors=flavors,
        connection=connection,
    )


def _keyed(names: Mapping[str, str]) -> list[tuple[tuple[str, ...], str]]:
    return [((key,), value) for key, value in names.items()]


def _missing(
    source: Source, field: str, names: Iterable[tuple[tuple[str, ...], str]], found: Mapping[str, Any]
) -> list[Problem]:
    known = ", ".join(sorted(found)) or "-"
    return [
        source.problem((field, *where), f"云平台上没有 {name} · the cloud has no {name}; it has: {known}")
        for where, name in names
        if name not in found
    ]


def _reason(entry: str, error: Exception) -> str:
    """One line for an operator, whatever the client library calls it."""
    told: list[tuple[type[Exception], Callable[[], str]]] = [
        (
            keystone.Unauthorized,
            lambda: f"clouds.yaml 条目 {entry} 的用户名或密码不对 · wrong user name or password in entry {entry}",
        ),
        (
            keystone.Forbidden,
            lambda: f"条目 {entry} 的用户权限不足 · the user of entry {entry} may not do this: {error}",
        ),
        (keystone.ConnectFailure, lambda: f"连不上云平台 · the cloud of entry {entry} can't be reached: {error}"),
        (
            openstack.exceptions.ForbiddenException,
            lambda: f"条目 {entry} 的用户须是管理员 · user of {entry} must be admin: {error}",
        ),
        (
            openstack.exceptions.ConfigException,
            lambda: (
                f"clouds.yaml 条目 {entry} 有误 · entry {entry} can't be used: {error}; that of a stack below another"
                " is written by: python -m infra.access --stack <the one above>"
            ),
        ),
    ]
    for kind, text in told:
        if isinstance(error, kind):
            return " ".join(text().split())
    return " ".join(f"云平台 {entry} 出错 · cloud {entry} failed: {type(error).__name__}: {error}".split())
