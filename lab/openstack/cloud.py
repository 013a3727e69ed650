"""What a cloud operator gives a new OpenStack: services in the catalogue, flavours, images, the provider network."""

from collections.abc import Mapping
from pathlib import Path

from lab.openstack.api import Api
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
# Name → virtual CPUs, MiB of memory, GiB of disk, GiB of a second one for data.
FLAVOURS = {"g1.small": (1, 1024, 4, 0), "g1.medium": (2, 2048, 8, 0), "g1.data": (2, 2048, 8, 1)}
RECIPE = "ganyun_recipe"
CONTAINER = {"hw_vm_mode": "exe"}
MACHINE = {
    "hw_vm_mode": "hvm",
    "hw_machine_type": "q35",
    "hw_firmware_type": "uefi",
    "os_secure_boot": "required",
    "hw_disk_bus": "virtio",
    "hw_vif_model": "virtio",
    "hw_rng_model": "virtio",
}
# Quotas of the admin's own project, by service; every other project starts with nothing.
NETWORK_KINDS = (
    "network", "subnet", "subnetpool", "port", "router", "floatingip", "rbac_policy", "security_group",
    "security_group_rule",
)  # fmt: skip
UNLIMITED = {
    "network": ("/v2.0/quotas/", "quota", NETWORK_KINDS),
    "compute": ("/v2.1/os-quota-sets/", "quota_set", ("instances", "cores", "ram", "server_groups")),
}
FLOATING = (100, 250)  # first and last address of the provider network that floating IPs come from


def fill_catalogue(api: Api, lab: LabSettings, passwords: Mapping[str, str]) -> None:
    """A user with role admin for each service, and its endpoints."""
    projects = {
        entry["name"]: entry["id"] for entry in api.get("identity", "/v3/projects?domain_id=default")["projects"]
    }
    if "service" not in projects:
        made = api.post("identity", "/v3/projects", {"project": {"name": "service", "domain_id": "default"}})
        projects["service"] = made["project"]["id"]
    admin = api.get("identity", "/v3/roles?name=admin")["roles"][0]["id"]
    users = {entry["name"]: entry["id"] for entry in api.get("identity", "/v3/users?domain_id=default")["users"]}
    for name in SERVICE_USERS:
        if name not in users:
            user = {"name": name, "domain_id": "default", "password": passwords[f"keystone_{name}"]}
            users[name] = api.post("identity", "/v3/users", {"user": user})["user"]["id"]
        api.put("identity", f"/v3/projects/{projects['service']}/users/{users[name]}/roles/{admin}")
    make_endpoints(api, lab)


def make_endpoints(api: Api, lab: LabSettings) -> None:
    """Where each service is reached."""
    services = {entry["name"]: entry["id"] for entry in api.get("identity", "/v3/services")["services"]}
    endpoints = api.get("identity", "/v3/endpoints")["endpoints"]
    known = {(entry["service_id"], entry["interface"]) for entry in endpoints}
    for name, (kind, port, path) in CATALOGUE.items():
        if name not in services:
            made = api.post("identity", "/v3/services", {"service": {"name": name, "type": kind}})
            services[name] = made["service"]["id"]
        for interface in ("public", "internal"):
            if (services[name], interface) not in known:
                url = f"http://{lab.address}:{port}{path}"
                endpoint = {"service_id": services[name], "interface": interface, "url": url, "region_id": "RegionOne"}
                api.post("identity", "/v3/endpoints", {"endpoint": endpoint})


def make_flavours(api: Api) -> None:
    """The sizes that stacks ask for."""
    have = {entry["name"] for entry in api.get("compute", "/v2.1/flavors?is_public=none")["flavors"]}
    for name, (cpus, memory, disk, data) in FLAVOURS.items():
        if name not in have:
            flavour = {"name": name, "vcpus": cpus, "ram": memory, "disk": disk, "OS-FLV-EXT-DATA:ephemeral": data}
            api.post("compute", "/v2.1/flavors", {"flavor": flavour})


def make_manager_role(api: Api) -> None:
    """Role `manager`, which has all that member has; keystone-policy.yaml says what it may do on a domain.

    OpenStack 2023.2 and later make it themselves.
    """
    roles = {entry["name"]: entry["id"] for entry in api.get("identity", "/v3/roles")["roles"]}
    if "manager" not in roles:
        roles["manager"] = api.post("identity", "/v3/roles", {"role": {"name": "manager"}})["role"]["id"]
    api.put("identity", f"/v3/roles/{roles['manager']}/implies/{roles['member']}")


def admin_project(api: Api) -> str:
    """The project that the cloud's admin works in."""
    project: str = api.get("identity", "/v3/projects?domain_id=default&name=admin")["projects"][0]["id"]
    return project


def lift_own_quota(api: Api, project: str) -> None:
    """The admin's own project has no limits, where the default is nothing at all."""
    for service, (path, name, kinds) in UNLIMITED.items():
        api.put(service, f"{path}{project}", {name: dict.fromkeys(kinds, -1)})


def make_internet(api: Api, lab: LabSettings, project: str) -> None:
    """The flat provider network; floating IPs come from its upper part. Only `project`, and every admin, may use it."""
    networks = api.get("network", "/v2.0/networks?name=internet&router:external=true")["networks"]
    if not networks:
        network = {
            "name": "internet",
            "router:external": True,
            "provider:network_type": "flat",
            "provider:physical_network": "internet",
        }
        networks = [api.post("network", "/v2.0/networks", {"network": network})["network"]]
    if not networks[0]["subnets"]:
        first, last = (str(lab.external[number]) for number in FLOATING)
        subnet = {
            "name": "internet",
            "network_id": networks[0]["id"],
            "ip_version": 4,
            "cidr": str(lab.external),
            "gateway_ip": str(lab.external_gateway),
            "enable_dhcp": False,
            "allocation_pools": [{"start": first, "end": last}],
        }
        api.post("network", "/v2.0/subnets", {"subnet": subnet})
    # Neutron opens an external network to everybody. To remove the last such rule would make it internal: narrow it.
    everybodys = f"object_id={networks[0]['id']}&action=access_as_external&target_tenant=*"
    for rule in api.get("network", f"/v2.0/rbac-policies?{everybodys}")["rbac_policies"]:
        api.put("network", f"/v2.0/rbac-policies/{rule['id']}", {"rbac_policy": {"target_tenant": project}})


def offer(api: Api, name: str, file: Path, kind: Mapping[str, str]) -> None:
    """Offer an image to everybody, replacing one of an older recipe or of an upload that never ended.

    `kind` is what it asks of the node that runs it: CONTAINER or MACHINE.
    """
    wanted = file.parent.name
    for image in api.get("image", f"/v2/images?name={name}")["images"]:
        if image["status"] == "active" and image.get(RECIPE) == wanted:
            return
        api.delete("image", f"/v2/images/{image['id']}")
    properties = {**kind, "os_distro": "debian", "os_version": "12", RECIPE: wanted}
    form = {"container_format": "bare", "disk_format": "qcow2", "visibility": "public"}
    image = api.post("image", "/v2/images", {"name": name} | form | properties)
    api.upload("image", f"/v2/images/{image['id']}/file", file)
