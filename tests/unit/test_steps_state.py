"""Secrets are made once and for their owner alone; a lab removes what is its own and nothing of another's."""

import subprocess
from pathlib import Path

import pytest

from lab import caches, secrets, state
from lab.paths import NotActivatedError, Paths, current, exports, stack_settings

OTHERS = (
    "config:\n  ganyun:x: y\nencryptionsalt: v1:g4JaTzebbcI=:v1:aaqmMQHV6fQUocTH:VXZCtuHIjyUZxb6AkSEeYTmqdmIe2g==\n"
)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    home = tmp_path / "home"
    (home / "stacks").mkdir(parents=True)
    return Paths(home, tmp_path / "cache", tmp_path / "state", tmp_path / "state" / "secrets", home / "reports")


def test_secrets_are_made_once_and_readable_by_their_owner_alone(paths: Paths) -> None:
    files = secrets.make_all(paths)
    before = {file: file.read_bytes() for file in files}
    assert secrets.make_all(paths) == files
    assert {file: file.read_bytes() for file in files} == before
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert {folder.stat().st_mode & 0o777 for folder in paths.secrets.rglob("") if folder.is_dir()} == {0o700}
    assert [file for file in paths.secrets.rglob(".*") if file.is_file()] == []


def test_no_two_labs_share_a_secret(tmp_path: Path) -> None:
    words = {secrets.password(tmp_path / name / "word") for name in "abc"}
    assert len(words) == 3
    assert min(map(len, words)) >= 40


def test_the_operators_key_pair_belongs_together(paths: Paths) -> None:
    public = secrets.operator_key(paths.secrets)
    command = ["ssh-keygen", "-y", "-f", str(paths.secrets / "ssh" / "operator")]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.split()[:2] == public.split()[:2]
    assert public.startswith("ssh-ed25519 ")


def test_a_half_made_state_is_removed(paths: Paths) -> None:
    secrets.make_all(paths)
    (paths.state / "steps.json").write_text("[]")
    state.remove_half_made(paths)
    assert not paths.state.exists()


def test_a_folder_with_anything_else_in_it_stays(paths: Paths) -> None:
    secrets.make_all(paths)
    (paths.state / "thesis.odt").touch()
    state.remove_half_made(paths)
    assert (paths.state / "thesis.odt").exists()


def test_another_labs_stack_settings_stay(paths: Paths) -> None:
    secrets.make_all(paths)
    stack_settings(paths).write_text(OTHERS)
    assert not state.own_stack_settings(paths)
    state.forget_stacks(paths)
    assert stack_settings(paths).exists()


def test_settings_without_a_salt_are_anyones(paths: Paths) -> None:
    secrets.make_all(paths)
    stack_settings(paths).write_text("config:\n  ganyun:x: y\n")
    state.forget_stacks(paths)
    assert not stack_settings(paths).exists()


@pytest.mark.parametrize("others", ["", "notes.txt"])
def test_caches_are_forgotten_without_what_others_put_beside_them(others: str, paths: Paths) -> None:
    for folder in (paths.lab_cache / "images", paths.toolchain / "bin"):
        folder.mkdir(parents=True)
    if others:
        (paths.cache / others).touch()
    caches.forget(paths)
    assert paths.cache.exists() == bool(others)
    assert [file.name for file in paths.cache.glob("*")] == ([others] if others else [])
    caches.forget(paths)


def test_a_shell_that_is_not_activated_is_told_how() -> None:
    with pytest.raises(NotActivatedError, match=r"GANYUN_STATE.*source .*/activate"):
        current({"GANYUN_HOME": "/x"})


def test_the_activated_environment_is_what_the_code_reads(tmp_path: Path) -> None:
    told = exports(tmp_path, {"HOME": "/h", "GANYUN_STATE": "/s"})
    assert current(told) == Paths(
        tmp_path, Path("/h/.cache/ganyun"), Path("/s"), Path("/s/secrets"), tmp_path / "reports"
    )


@pytest.mark.parametrize(
    ("variable", "told", "users"),
    [
        ("PULUMI_SKIP_CHECKPOINTS", "true", "false"),
        ("PULUMI_PARALLEL_DIFF", "true", "false"),
        ("ANSIBLE_STRATEGY", "mitogen_linear", "linear"),
    ],
)
def test_what_the_user_has_set_counts(variable: str, told: str, users: str, tmp_path: Path) -> None:
    assert exports(tmp_path, {"HOME": "/h"})[variable] == told
    assert exports(tmp_path, {"HOME": "/h", variable: users})[variable] == users
