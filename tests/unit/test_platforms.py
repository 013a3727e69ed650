"""Distributions differ by data: each file is complete, and the same roles make valid settings from it."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import jinja2
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
VARS = ROOT / "playbooks" / "vars"
PLATFORMS = sorted(path.stem for path in (VARS / "platforms").glob("*.yml"))
DEBIAN = "debian-12"
# What openEuler 24.03 comes with: lock-out already in the stack, with numbers of its own, and empty passwords allowed.
STACK = """\
auth        required      pam_env.so
auth        required      pam_faillock.so preauth audit deny=3 even_deny_root unlock_time=60
-auth       sufficient    pam_fprintd.so
auth        sufficient    pam_unix.so nullok try_first_pass
-auth       sufficient    pam_sss.so use_first_pass
auth        [default=die] pam_faillock.so authfail audit deny=3 even_deny_root unlock_time=60
auth        sufficient    pam_faillock.so authsucc audit deny=3 even_deny_root unlock_time=60
auth        requisite     pam_succeed_if.so uid >= 1000 quiet_success
auth        required      pam_deny.so

account     required      pam_unix.so
account     required      pam_faillock.so
-account    sufficient    pam_sss.so

password    requisite     pam_pwquality.so try_first_pass local_users_only
password    required      pam_pwhistory.so use_authtok remember=3
password    sufficient    pam_unix.so sha512 shadow nullok try_first_pass use_authtok
password    required      pam_deny.so

session     optional      pam_keyinit.so revoke
session     required      pam_unix.so
"""


def load(kind: str, name: str) -> dict[str, Any]:
    """One file of variables."""
    found: dict[str, Any] = yaml.safe_load((VARS / kind / f"{name}.yml").read_text(encoding="utf-8"))
    return found


def variables(platform: str) -> dict[str, Any]:
    """All that a host of this distribution is told, in the order of tasks/platform.yml."""
    own = load("platforms", platform)
    return load("families", own["platform_family"]) | own


def arguments() -> dict[str, dict[str, Any]]:
    """Every argument of every role."""
    specs = [yaml.safe_load(path.read_text()) for path in (ROOT / "roles").glob("*/meta/argument_specs.yml")]
    return {
        name: option
        for one in specs
        for spec in one["argument_specs"].values()
        for name, option in spec["options"].items()
    }


@pytest.fixture(scope="module")
def stack() -> ModuleType:
    spec = importlib.util.spec_from_file_location("system_auth", ROOT / "roles/mlps_identity/files/system_auth.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_distributions_of_the_issue_are_known_and_one_is_proved() -> None:
    assert {name.partition("-")[0] for name in PLATFORMS} == {"debian", "openEuler", "kylin", "uos"}
    assert [name for name in PLATFORMS if variables(name)["platform_proved"]] == [DEBIAN]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_distribution_has_every_variable_that_debian_has(platform: str) -> None:
    told, debian = variables(platform), variables(DEBIAN)
    assert told.keys() == debian.keys()
    assert {name: type(value) for name, value in told.items()} == {name: type(value) for name, value in debian.items()}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_variable_is_an_argument_that_a_role_requires(platform: str) -> None:
    known = arguments()
    for name, value in variables(platform).items():
        if not name.startswith("platform_"):
            assert known[name]["required"], name
            assert "default" not in known[name], name
            assert value in known[name].get("choices", [value])


def test_no_role_takes_a_distribution_for_granted() -> None:
    """A package manager is called by the role for it alone; others ask which one there is."""
    files = list((ROOT / "roles").glob("mlps_*/tasks/*.yml"))
    assert not [path for path in files if re.search(r"ansible\.builtin\.(apt|dnf|yum)\b", path.read_text())]
    assert not [path for path in files if re.search(r"argv: \[(dpkg|rpm|update-grub)", path.read_text())]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_same_templates_give_each_distribution_its_own_settings(platform: str, tmp_path: Path) -> None:
    told = variables(platform)

    def rendered(role: str, template: str, **more: Any) -> str:
        folder = ROOT / "roles" / role / "templates"
        environment = jinja2.Environment(  # noqa: S701 (as Ansible sets it; what comes out is no page)
            loader=jinja2.FileSystemLoader(folder), trim_blocks=True, undefined=jinja2.StrictUndefined
        )
        environment.filters["difference"] = lambda left, right: [one for one in left if one not in right]
        return environment.get_template(template).render(told | more)

    sudoers = tmp_path / "sudoers"
    sudoers.write_text(rendered("mlps_access", "sudoers.j2", mlps_access_automation="automation"))
    manager = {"apt": "apt-get", "dnf": "dnf"}[told["host_packages_manager"]]
    assert set(re.findall(r"/usr/bin/(apt-get|dnf)\b", sudoers.read_text())) == {manager}
    assert told["mlps_access_unstoppable_services"] == [told["mlps_identity_sshd"]] == [told["mlps_intrusion_sshd"]]
    rules = rendered("mlps_audit", "audit.rules.j2", mlps_audit_level=3)
    assert [path for path in told["mlps_audit_privileged"] if f"-F path={path} " not in rules] == []
    for listed in (set(), {*told["mlps_identity_packages"]}, {told["mlps_identity_packages"][0]}):
        quality = rendered(
            "mlps_identity",
            "pwquality.conf.j2",
            mlps_identity_level=3,
            mlps_identity_bounds={"password_length": 12, "password_classes": 4},
            host_packages_installed={"stdout_lines": sorted(listed)},
        )
        assert ("dictcheck = 0" in quality) == (listed == {told["mlps_identity_packages"][0]})


def test_a_stack_of_files_gets_our_lines_once_and_keeps_the_others(stack: ModuleType) -> None:
    made = stack.hardened(STACK, 5)
    assert stack.hardened(made, 5) == made
    assert "nullok" not in made
    assert "deny=" not in made
    assert "pam_sss.so use_first_pass" in made
    order = [
        made.index(part) for part in ("so preauth", "auth        sufficient    pam_unix", "pam_sss", "so authfail")
    ]
    assert order == sorted(order)
    assert made.index("authfail") < made.index("pam_succeed_if") < made.index("pam_deny")
    assert made.index("remember=5") < made.index("password    sufficient    pam_unix")
    assert made.count("pam_faillock.so") == 3


def test_a_stack_that_is_not_understood_stays_as_it_is(tmp_path: Path, stack: ModuleType) -> None:
    good, bad = tmp_path / "system-auth", tmp_path / "password-auth"
    good.write_text(STACK)
    bad.write_text("auth required pam_deny.so\n")
    with pytest.raises(ValueError, match="no line like"):
        stack.main(5, [str(good), str(bad)], check=False)
    assert good.read_text() == STACK
    bad.write_text(STACK)
    stack.main(5, [str(good)], check=True)
    assert good.read_text() == STACK
    stack.main(5, [str(good), str(bad)], check=False)
    assert good.read_text() == bad.read_text() == stack.hardened(STACK, 5)


def test_a_distribution_that_is_not_known_is_told_which_are(tmp_path: Path) -> None:
    play = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "connection": "local",
            "vars": {"mlps_platforms": PLATFORMS, "platform_seen": "plan9-4"},
            "tasks": [{"import_tasks": str(ROOT / "playbooks/tasks/platform.yml")}],
        }
    ]
    (tmp_path / "play.json").write_text(json.dumps(play))
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", str(tmp_path / "play.json")]
    environment = {**os.environ, "ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 2, done.stdout + done.stderr
    assert all(name in done.stdout for name in ("plan9-4", "nothing was changed", *PLATFORMS))
