"""The language host is spoken to as the engine does: a real process over its real protocol."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import grpc  # type: ignore[import-untyped]
import pytest
from google.protobuf import struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from lab.toolchain import language_host, pins


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(pins.HERE / "language_host.py"), "-flag", "127.0.0.1:9"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as host:
        yield host
        host.kill()


@pytest.fixture
def runtime(process: subprocess.Popen[str]) -> Iterator[language_pb2_grpc.LanguageRuntimeStub]:
    assert process.stdout
    with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
        yield language_pb2_grpc.LanguageRuntimeStub(channel)


def program(folder: Path, text: str = "") -> language_pb2.ProgramInfo:
    (folder / "__main__.py").write_text(text, encoding="utf-8")
    return language_pb2.ProgramInfo(root_directory=str(folder), program_directory=str(folder), entry_point=".")


def test_about_names_the_python_and_its_packages(
    runtime: language_pb2_grpc.LanguageRuntimeStub, tmp_path: Path
) -> None:
    about = runtime.About(language_pb2.AboutRequest(info=program(tmp_path)))
    assert (about.executable, about.version) == (sys.executable, sys.version.split()[0])
    listed = runtime.GetProgramDependencies(language_pb2.GetProgramDependenciesRequest(info=program(tmp_path)))
    assert "pulumi" in {package.name for package in listed.dependencies}


def test_a_plugins_output_and_exit_code_arrive(runtime: language_pb2_grpc.LanguageRuntimeStub, tmp_path: Path) -> None:
    text = "import os, sys; print(os.environ['WORD'], sys.argv[1]); sys.stderr.write('bad'); sys.exit(3)"
    request = language_pb2.RunPluginRequest(
        info=program(tmp_path, text), kind="resource", pwd=str(tmp_path), args=["last"], env=["WORD=first=1"]
    )
    answers = list(runtime.RunPlugin(request))
    assert b"".join(answer.stdout for answer in answers) == b"first=1 last\n"
    assert b"".join(answer.stderr for answer in answers) == b"bad"
    assert answers[-1].exitcode == 3


def test_told_to_end_it_ends_what_it_started(
    process: subprocess.Popen[str], runtime: language_pb2_grpc.LanguageRuntimeStub, tmp_path: Path
) -> None:
    text = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    request = language_pb2.RunPluginRequest(info=program(tmp_path, text), kind="resource", pwd=str(tmp_path))
    child = int(next(runtime.RunPlugin(request)).stdout)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    deadline = time.monotonic() + 30
    while Path(f"/proc/{child}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_ends_with_an_engine_that_was_killed() -> None:
    starting = "import subprocess, sys; subprocess.run([sys.executable, *sys.argv[1:]])"
    command = [sys.executable, "-c", starting, str(pins.HERE / "language_host.py"), "127.0.0.1:9"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as engine:
        assert engine.stdout
        assert int(engine.stdout.readline())
        engine.kill()
        assert not engine.stdout.read()  # the pipe ends when the host does


def test_a_policy_pack_is_loaded_by_the_sdks_policy_module(tmp_path: Path) -> None:
    request = language_pb2.RunPluginRequest(info=program(tmp_path), kind="analyzer", args=["127.0.0.1:9", "-x"])
    assert language_host.plugin_arguments(request)[2:] == ["-m", "pulumi.policy", "127.0.0.1:9", f"{tmp_path}", "-x"]


def test_the_project_files_virtual_environment_is_honoured(tmp_path: Path) -> None:
    info = program(tmp_path)
    assert language_host.interpreter(info) == sys.executable
    info.options.CopyFrom(struct_pb2.Struct(fields={"virtualenv": struct_pb2.Value(string_value="own")}))
    assert language_host.interpreter(info) == os.fspath(tmp_path / "own" / "bin" / "python")
