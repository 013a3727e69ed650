"""Secrets are made once, kept for their owner alone, and reach only the service whose they are."""

import base64
import configparser
import hashlib
import json
import re
import stat
from pathlib import Path

import pytest
from jinja2 import UndefinedError
from ruamel.yaml import YAML

from lab.openstack import config, secrets
from lab.openstack.services import ETC, SWIFT_BACKENDS, Stage, table
from tests.unit.test_lab_settings import lab

KNOWN = {name: f"secret-of-{name}" for name in (*secrets.NAMES, *secrets.FERNET_KEYS)}


def rendered() -> dict[str, tuple[str, str]]:
    return config.render(lab(), KNOWN)


def test_secrets_are_made_once_and_all_differ(tmp_path: Path) -> None:
    first = secrets.load(tmp_path / "lab.json")
    assert secrets.load(tmp_path / "lab.json") == first
    assert len(set(first.values())) == len(secrets.NAMES) + len(secrets.FERNET_KEYS)


def test_two_labs_share_no_secret(tmp_path: Path) -> None:
    first, second = (set(secrets.load(tmp_path / name).values()) for name in ("one.json", "two.json"))
    assert not first & second


def test_an_older_labs_secrets_are_kept_and_completed(tmp_path: Path) -> None:
    path = tmp_path / "lab.json"
    path.write_text(json.dumps({"admin": "kept"}))
    completed = secrets.load(path)
    assert completed["admin"] == "kept"
    assert set(completed) == set(KNOWN)


def test_secrets_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    secrets.load(tmp_path / "new" / "lab.json")
    assert stat.S_IMODE((tmp_path / "new" / "lab.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_a_fernet_key_is_what_keystone_takes() -> None:
    assert len(base64.urlsafe_b64decode(secrets.fernet_key())) == 32


def test_rabbitmqs_hash_is_salt_then_digest() -> None:
    raw = base64.b64decode(secrets.rabbitmq_hash("password", b"salt"))
    assert raw == b"salt" + hashlib.sha256(b"saltpassword").digest()


def test_every_template_renders_from_the_table_and_nothing_is_left_open() -> None:
    assert all("{{" not in text and "{%" not in text for _, text in rendered().values())


def test_a_missing_name_stops_the_rendering() -> None:
    with pytest.raises(UndefinedError):
        config.environment().from_string("{{ nobody }}").render()


def test_a_database_password_reaches_its_own_service_and_the_database_only() -> None:
    readers = {
        user: {name for name, (_, text) in rendered().items() if KNOWN[f"database_{user}"] in text}
        for user in secrets.DATABASE_USERS
    }
    assert readers == {user: {f"{user}.conf", "database.sql"} for user in secrets.DATABASE_USERS}


def test_the_admin_password_is_in_no_services_file() -> None:
    assert not [name for name, (_, text) in rendered().items() if KNOWN["admin"] in text]


def test_a_file_is_owned_by_the_service_that_reads_it() -> None:
    owners = {name: owner for name, (owner, _) in rendered().items()}
    for service in table(lab()):
        for name in re.findall(rf"{ETC}/([\w./-]+)", service.command):
            assert owners[name] == service.user or service.user == "root", (service.name, name)


def test_every_service_is_supervised_restarted_and_logged() -> None:
    parser = configparser.RawConfigParser()
    parser.read_string(rendered()["supervisord.conf"][1])
    programs = {name.removeprefix("program:") for name in parser.sections() if name.startswith("program:")}
    assert programs == {service.name for service in table(lab())}
    for name in programs:
        assert parser[f"program:{name}"]["autorestart"] == "true"
        assert parser[f"program:{name}"]["stdout_logfile"].endswith(f"/{name}.log")


def test_the_two_nodes_share_no_name_folder_or_end_of_a_tunnel() -> None:
    def settings(node: str, key: str) -> str:
        found = re.search(
            rf"^{key} = (.*)$", "".join(text for _, text in (files[name] for name in CONFIGS[node])), re.M
        )
        assert found, (node, key)
        return found[1]

    files = rendered()
    for key in ("host", "instances_path", "virt_type", "local_ip"):
        assert settings("lab", key) != settings("emulator", key)


CONFIGS = {
    "lab": ("nova-compute.conf", "neutron.conf", "ml2.ini"),
    "emulator": ("emulator/nova.conf", "emulator/neutron.conf", "emulator/ml2.ini"),
}


def test_names_and_ports_are_unique() -> None:
    services = table(lab())
    ports = [service.probe.port for service in services if service.probe]
    assert len({service.name for service in services}) == len(services)
    assert len(set(ports)) == len(ports)


def test_only_apis_listen_beyond_loopback() -> None:
    public = {service.name for service in table(lab()) if service.probe and service.probe.host != "127.0.0.1"}
    assert public == {"keystone", "glance", "placement", "neutron-server", "nova-api", "swift-proxy"}


def test_stores_start_before_those_who_need_them() -> None:
    stages = {service.name: service.stage for service in table(lab())}
    assert stages["mariadb"] < stages["keystone"] < stages["nova-api"] < stages["nova-compute"]
    assert all(stages[f"swift-{kind}"] == Stage.API for kind in SWIFT_BACKENDS)


def test_the_clouds_file_is_one_that_clients_read() -> None:
    text = config.environment().get_template("clouds.yaml.j2").render(lab=lab(), secrets=KNOWN)
    entry = YAML(typ="safe").load(text)["clouds"]["lab"]
    assert entry["auth"]["auth_url"] == lab().auth_url
    assert entry["auth"]["password"] == KNOWN["admin"]


def test_whoever_makes_a_project_gets_nothing_by_that() -> None:
    parser = configparser.RawConfigParser(default_section="")
    for name, section in (("nova.conf", "quota"), ("neutron.conf", "quotas")):
        parser.read_string(rendered()[name][1])
        given = {key for key, limit in parser[section].items() if limit != "0"}
        # What a user holds without a project, and the one group with its rules that neutron makes by itself.
        assert given <= {"key_pairs", "server_group_members", "quota_security_group", "quota_security_group_rule"}


def test_every_rule_of_a_policy_is_read_and_leaves_the_admin_in() -> None:
    for name in ("keystone-policy.yaml", "neutron-policy.yaml"):
        rules = YAML(typ="safe").load(rendered()[name][1])
        assert rules
        for target, rule in rules.items():
            assert not target.startswith(("identity:", "create_")) or rule.startswith("rule:admin_")
