#!/usr/bin/env python3
"""Pulumi's language host for Python, for machines that cannot fetch the official one.

It speaks the SDK's own protocol: runs programs through the SDK's `pulumi-language-python-exec` (which lies beside it),
and policy packs through `python -m pulumi.policy`. The build installs this file as `pulumi-language-python`.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from importlib import metadata
from pathlib import Path
from typing import IO

import grpc  # type: ignore[import-untyped]
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import language_pb2 as pb
from pulumi.runtime.proto import language_pb2_grpc, plugin_pb2

EXECUTOR = Path(__file__).resolve().with_name("pulumi-language-python-exec")
SHOWN_TO_USER = 32  # the executor's exit code for "the message is out already"
GRACE_SECONDS = 2.0
LOOK_SECONDS = 1.0
LIST = (
    "import importlib.metadata as m, json; print(json.dumps(sorted({(d.name, d.version) for d in m.distributions()})))"
)


def interpreter(info: pb.ProgramInfo) -> str:
    """The Python that a program asks for (option `virtualenv` of its project file), else this host's own."""
    option = info.options.fields["virtualenv"].string_value if "virtualenv" in info.options.fields else ""
    return str(Path(info.root_directory, option, "bin", "python")) if option else sys.executable


def entry(info: pb.ProgramInfo) -> str:
    """The program's file or folder."""
    point = info.entry_point if info.entry_point not in {"", "."} else ""
    return str(Path(info.program_directory, point))


def executor_arguments(request: pb.RunRequest, engine: str) -> list[str]:
    """The executor's command line for one run."""
    named = {
        "monitor": request.monitor_address,
        "engine": engine,
        "project": request.project,
        "root_directory": request.info.root_directory,
        "stack": request.stack,
        "pwd": request.pwd,
        "dry_run": str(request.dryRun).lower(),
        "parallel": str(request.parallel),
        "organization": request.organization,
    }
    options = [word for name, value in named.items() for word in (f"--{name}", value)]
    return [interpreter(request.info), "-u", str(EXECUTOR), *options, entry(request.info), *request.args]


def plugin_arguments(request: pb.RunPluginRequest) -> list[str]:
    """A policy pack is loaded by the SDK's policy module; any other plugin is a program of its own."""
    python = [interpreter(request.info), "-u"]
    if request.kind == "analyzer":
        engine, *rest = request.args
        return [*python, "-m", "pulumi.policy", engine, entry(request.info), *rest]
    return [*python, entry(request.info), *request.args]


class Children:
    """The processes that this host started, so that none outlives it."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()

    def start(self, arguments: list[str], env: dict[str, str], cwd: str, pipes: int | None) -> subprocess.Popen[bytes]:
        """Start one; `pipes` is what its outputs are joined to."""
        null = subprocess.DEVNULL
        child = subprocess.Popen(arguments, env=env, cwd=cwd or None, stdin=null, stdout=pipes, stderr=pipes)
        with self._lock:
            self._running.add(child)
        return child

    def wait(self, child: subprocess.Popen[bytes]) -> int:
        """Wait for one to end."""
        code = child.wait()
        with self._lock:
            self._running.discard(child)
        return code

    def stop(self) -> None:
        """Ask all of them to end."""
        with self._lock:
            for child in self._running:
                child.terminate()


class Host(language_pb2_grpc.LanguageRuntimeServicer):
    """What the engine calls."""

    def __init__(self, engine: str, children: Children) -> None:
        self._engine = engine
        self._children = children

    def Handshake(self, request: pb.LanguageHandshakeRequest, _: grpc.ServicerContext) -> pb.LanguageHandshakeResponse:  # noqa: N802
        """Learn the engine's address."""
        self._engine = request.engine_address or self._engine
        return pb.LanguageHandshakeResponse()

    def GetPluginInfo(self, *_: object) -> plugin_pb2.PluginInfo:  # noqa: N802
        """Name the SDK's version as this host's."""
        return plugin_pb2.PluginInfo(version=metadata.version("pulumi"))

    def GetRequiredPackages(self, *_: object) -> pb.GetRequiredPackagesResponse:  # noqa: N802
        """Ask for none beforehand: the engine finds a plugin when the program first uses it."""
        return pb.GetRequiredPackagesResponse()

    def About(self, request: pb.AboutRequest, _: grpc.ServicerContext) -> pb.AboutResponse:  # noqa: N802
        """Tell `pulumi about` which Python runs the program."""
        python = interpreter(request.info)
        found = subprocess.run([python, "--version"], capture_output=True, text=True, check=True).stdout
        return pb.AboutResponse(executable=python, version=found.removeprefix("Python ").strip())

    def GetProgramDependencies(  # noqa: N802
        self, request: pb.GetProgramDependenciesRequest, _: grpc.ServicerContext
    ) -> pb.GetProgramDependenciesResponse:
        """List the packages of the program's Python."""
        python = interpreter(request.info)
        listed = subprocess.run([python, "-c", LIST], capture_output=True, text=True, check=True).stdout
        packages = [pb.DependencyInfo(name=name, version=version) for name, version in json.loads(listed)]
        return pb.GetProgramDependenciesResponse(dependencies=packages)

    def InstallDependencies(self, *_: object) -> Iterator[pb.InstallDependenciesResponse]:  # noqa: N802
        """Leave the virtual environment to the lock file that it was made from."""
        message = b"Nothing to install: the virtual environment is made from the project's lock file.\n"
        yield pb.InstallDependenciesResponse(stdout=message)

    def Cancel(self, *_: object) -> empty_pb2.Empty:  # noqa: N802
        """Stop what runs."""
        self._children.stop()
        return empty_pb2.Empty()

    def Run(self, request: pb.RunRequest, _: grpc.ServicerContext) -> pb.RunResponse:  # noqa: N802
        """Run a program; what it prints goes to the engine with this host's own output."""
        config = {
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        child = self._children.start(executor_arguments(request, self._engine), os.environ | config, "", None)
        code = self._children.wait(child)
        if code == SHOWN_TO_USER:
            return pb.RunResponse(bail=True)
        return pb.RunResponse(error=f"program exited with code {code}" if code else "")

    def RunPlugin(self, request: pb.RunPluginRequest, context: grpc.ServicerContext) -> Iterator[pb.RunPluginResponse]:  # noqa: N802
        """Run a plugin written in Python, such as a policy pack, and hand its output on as it comes."""
        env = os.environ | dict(pair.split("=", 1) for pair in request.env)
        child = self._children.start(plugin_arguments(request), env, request.pwd, subprocess.PIPE)
        context.add_callback(child.terminate)
        chunks: queue.Queue[pb.RunPluginResponse | None] = queue.Queue()

        def pump(stream: IO[bytes] | None, wrap: Callable[[bytes], pb.RunPluginResponse]) -> None:
            while stream is not None and (chunk := os.read(stream.fileno(), 4096)):
                chunks.put(wrap(chunk))
            chunks.put(None)

        outputs = [
            (child.stdout, lambda chunk: pb.RunPluginResponse(stdout=chunk)),
            (child.stderr, lambda chunk: pb.RunPluginResponse(stderr=chunk)),
        ]
        for output in outputs:
            threading.Thread(target=pump, args=output, daemon=True).start()
        for _ in outputs:
            yield from iter(chunks.get, None)
        yield pb.RunPluginResponse(exitcode=self._children.wait(child))


def main() -> None:
    """Serve on a free loopback port, print it as the protocol wants; end cleanly when told to, or with the engine."""
    engine = next((word for word in reversed(sys.argv[1:]) if not word.startswith("-")), "")
    parent = os.getppid()  # the engine: when it is killed, nobody asks us to end
    children = Children()
    options = [("grpc.max_receive_message_length", 1 << 28)]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16), options=options)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(Host(engine, children), server)
    port = server.add_insecure_port("127.0.0.1:0")
    stopping = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopping.set())
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while os.getppid() == parent and not stopping.wait(LOOK_SECONDS):
        pass
    children.stop()
    server.stop(GRACE_SECONDS).wait()


if __name__ == "__main__":
    main()
