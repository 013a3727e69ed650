"""Write every configuration file of one lab from the templates, each readable by its service alone."""

import os
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lab.openstack import secrets
from lab.openstack.services import SWIFT_BACKENDS, table
from lab.openstack.settings import LabSettings

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
# File → the user that reads it; root where several do.
OWNERS = {
    "database.sql": "mysql",
    "rabbitmq.conf": "rabbitmq",
    "rabbitmq.json": "rabbitmq",
    "keystone.conf": "keystone",
    "keystone-policy.yaml": "keystone",
    "glance.conf": "glance",
    "placement.conf": "placement",
    "nova.conf": "nova",
    "neutron.conf": "neutron",
    "neutron-policy.yaml": "neutron",
    "ml2.ini": "neutron",
    "dhcp.ini": "root",
    "l3.ini": "root",
    "metadata.ini": "root",
    "swift.conf": "swift",
    "swift-proxy.conf": "swift",
    "supervisord.conf": "root",
}


def environment() -> Environment:
    """Templates that fail on any name that is missing."""
    loader = FileSystemLoader(TEMPLATES)
    return Environment(  # noqa: S701 - configuration files, not HTML
        loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )


def users(root: Path) -> dict[str, tuple[int, int]]:
    """User and group numbers as the lab's root has them."""
    lines = [line.split(":") for line in (root / "etc/passwd").read_text().splitlines()]
    return {fields[0]: (int(fields[2]), int(fields[3])) for fields in lines}


def render(lab: LabSettings, known: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """File name → owner and text, of everything under /etc/ganyun in the lab."""
    templates = environment()
    context = {
        "lab": lab,
        "node": lab.main_node,
        "secrets": known,
        "services": table(lab),
        "database_users": secrets.DATABASE_USERS,
        # The salt comes from the password itself, so that an unchanged lab renders unchanged files.
        "rabbitmq_hash": secrets.rabbitmq_hash(known["rabbitmq"], known["rabbitmq"].encode()[:4]),
    }
    files = {
        name: (owner, templates.get_template(f"{name}.j2").render(context, compute=False))
        for name, owner in OWNERS.items()
    }
    # A compute node reaches the database through the conductor alone.
    files["nova-compute.conf"] = ("root", templates.get_template("nova.conf.j2").render(context, compute=True))
    for name in ("nova.conf", "neutron.conf", "ml2.ini"):
        text = templates.get_template(f"{name}.j2").render(context, node=lab.emulator, compute=True)
        files[f"emulator/{name}"] = ("root", text)
    for kind, port in SWIFT_BACKENDS.items():
        text = templates.get_template("swift-backend.conf.j2").render(context, kind=kind, port=port)
        files[f"swift-{kind}.conf"] = ("swift", text)
    for repository in ("fernet", "credential"):
        for number in (0, 1):
            files[f"{repository}/{number}"] = ("keystone", known[f"{repository}_{number}"])
    return files


def write(lab: LabSettings, root: Path, known: Mapping[str, str]) -> None:
    """All files and folders that a lab needs before its first process starts."""
    owners = users(root)
    etc = lab.own / "etc"
    instances = [f"instances/{folder}" for folder in (lab.identity, lab.emulator.name)]
    for folder in ("etc/emulator", "run", "upper", "work", "root", *instances):
        (lab.own / folder).mkdir(parents=True, exist_ok=True)
    lab.log.mkdir(parents=True, exist_ok=True)
    for folder, owner in (
        ("rabbitmq", "rabbitmq"),
        ("glance", "glance"),
        ("swift", "swift"),
        ("swift/d1", "swift"),
        ("etc/fernet", "keystone"),
        ("etc/credential", "keystone"),
        ("instances", "nova"),
    ):
        (lab.own / folder).mkdir(exist_ok=True)
        os.chown(lab.own / folder, *owners[owner])
        (lab.own / folder).chmod(0o700)
    for name, (owner, text) in render(lab, known).items():
        secrets.write(etc / name, text, owners[owner])
    cookie = lab.own / "rabbitmq" / ".erlang.cookie"
    secrets.write(cookie, known["erlang_cookie"], owners["rabbitmq"])
    cookie.chmod(0o400)
    secrets.write(
        lab.state / "clouds.yaml", environment().get_template("clouds.yaml.j2").render(lab=lab, secrets=known)
    )
