"""What a cloud operator gives a new OpenStack: services in the catalogue, flavours, images, the provider network."""

from pathlib import Path
from typing import Any

import openstack

from lab.openstack.secrets import SERVICE_USERS
from lab.openstack.settings import LabSettings

# Service → type and URL path below its own port.
CATALOGUE = {
    "glance": ("image", 9292, ""),
    "placement": ("placement", 8778, ""),
    "nova": ("compute", 8774, "/v2.1"),
    "neutron": ("network", 9696, ""),
    "swift": ("object-store", 8080, "/v1/AUTH_%(project_id)s"),
}
# Name → virtual CPUs, MiB of memory, GiB of disk.
FLAVOURS = {"g1.small": (1, 1024, 4), "g1.medium": (2, 2048, 8)}
RECIPE = "ganyun_recipe"


def connect(lab: LabSettings, admin_password: str) -> Any:
    """A client as admin; typed by the SDK only loosely."""
    return openstack.connect(
        auth_url=lab.auth_url,
        username="admin",
        password=admin_password,
        project_name="admin",
        user_domain_name="Default",
        project_domain_name="Default",
        region_name="RegionOne",
        load_yaml_config=False,
        load_envvars=False,
    )


def fill_catalogue(cloud: Any, lab: LabSettings, passwords: dict[str, str]) -> None:
    """A user with role admin for each service, and its endpoints."""
    identity = cloud.identity
    project = identity.find_project("service") or identity.create_project(name="service", domain_id="default")
    admin = identity.find_role("admin")
    users = {user.name: user for user in identity.users(domain_id="default")}
    services = {service.name: service for service in identity.services()}
    known = {(endpoint.service_id, endpoint.interface) for endpoint in identity.endpoints()}
    for name in SERVICE_USERS:
        user = users.get(name) or identity.create_user(name=name, password=passwords[f"keystone_{name}"])
        identity.assign_project_role_to_user(project, user, admin)
        kind, port, path = CATALOGUE[name]
        service = services.get(name) or identity.create_service(name=name, type=kind)
        for interface in ("public", "internal"):
            if (service.id, interface) not in known:
                url = f"http://{lab.address}:{port}{path}"
                identity.create_endpoint(service_id=service.id, interface=interface, url=url, region_id="RegionOne")


def make_flavours(cloud: Any) -> None:
    """The two sizes that stacks ask for."""
    have = {flavour.name for flavour in cloud.compute.flavors()}
    for name, (cpus, memory, disk) in FLAVOURS.items():
        if name not in have:
            cloud.compute.create_flavor(name=name, vcpus=cpus, ram=memory, disk=disk)


def make_internet(cloud: Any, lab: LabSettings) -> None:
    """The flat provider network; floating IPs come from its upper part."""
    network = cloud.network.find_network("internet") or cloud.network.create_network(
        name="internet",
        is_router_external=True,
        provider_network_type="flat",
        provider_physical_network="internet",
    )
    if not list(cloud.network.subnets(network_id=network.id)):
        cloud.network.create_subnet(
            name="internet",
            network_id=network.id,
            ip_version=4,
            cidr=str(lab.external),
            gateway_ip=str(lab.external_gateway),
            is_dhcp_enabled=False,
            allocation_pools=[{"start": str(lab.external[100]), "end": str(lab.external[250])}],
        )


def upload(cloud: Any, name: str, file: Path) -> None:
    """Offer an image to everybody, replacing one of an older recipe or of an upload that never ended."""
    wanted = file.parent.name
    for image in cloud.image.images(name=name):
        if image.status == "active" and image.properties.get(RECIPE) == wanted:
            return
        cloud.image.delete_image(image)
    properties = {"hw_vm_mode": "exe", "os_distro": "debian", "os_version": "12", RECIPE: wanted}
    image = cloud.image.create_image(
        name, container_format="bare", disk_format="qcow2", visibility="public", **properties
    )
    with file.open("rb") as data:
        cloud.image.put(f"/images/{image.id}/file", headers={"Content-Type": "application/octet-stream"}, data=data)
