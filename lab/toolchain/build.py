"""Build what the user lacks of Pulumi's programs, each once per content of its inputs, and put them where Pulumi looks.

Parts lie in toolchain/parts/<name>-<hash>, made aside and renamed when whole; toolchain/bin is a link to the set that
belongs to the present sources. Go's own caches make an interrupted build continue where it stopped.
"""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path

from lab.toolchain import pins
from lab.toolchain.discover import CLI, LANGUAGE_HOST, PLUGIN, Found
from lab.toolchain.go import Progress, find_go, run
from lab.toolchain.tokens import sdk_tokens, sdk_version

Say = Callable[[str], None]
EXECUTORS = ("cmd/pulumi-language-python-exec", "dist/pulumi-resource-pulumi-python")


def digest(*inputs: bytes | Path) -> str:
    """Name a set of inputs."""
    total = hashlib.sha256()
    for item in inputs:
        content = item.read_bytes() if isinstance(item, Path) else item
        total.update(hashlib.sha256(content).digest())
    return total.hexdigest()[:16]


def keys() -> dict[str, str]:
    """Each part's name with the hash of all that goes into it."""
    cli, provider = pins.GO_SOURCES / "cli", pins.GO_SOURCES / "provider"
    tokens = "\n".join([sdk_version(), *sdk_tokens()]).encode()
    cli_inputs = (cli / "go.mod", cli / "go.sum", pins.CLI_VERSION.encode())
    return {
        CLI: digest(*cli_inputs),
        LANGUAGE_HOST: digest(*cli_inputs, pins.HERE / "language_host.py"),
        PLUGIN: digest(provider / "go.mod", provider / "go.sum", provider / "main.go", tokens),
    }


def compile_program(go: str, sources: Path, package: str, target: Path, *, flags: str = "", say: Say) -> None:
    """`go build` with its downloads and packages counted."""
    title = target.name
    fetch = Progress(f"{title}: modules fetched", 0, say)
    packages = run([go, "list", "-deps", package], sources, fetch).split()
    say(f"{title}: {len(packages)} packages; {fetch.done} modules fetched in {fetch.elapsed():.0f} s")
    build = Progress(f"{title}: packages compiled", len(packages), say)
    command = [go, "build", "-v", "-trimpath", "-ldflags", f"-s -w {flags}".strip(), "-o", str(target), package]
    run(command, sources, build)
    say(f"{title}: built in {build.elapsed():.0f} s")


def build_cli(go: str, into: Path, say: Say) -> None:
    """The `pulumi` program."""
    flags = f"-X {pins.VERSION_VARIABLE}=v{pins.CLI_VERSION}"
    compile_program(go, pins.GO_SOURCES / "cli", pins.CLI_MODULE, into / CLI, flags=flags, say=say)


def build_language(go: str, into: Path, say: Say) -> None:
    """The language host with the SDK's executors, which come from the same Go module as the CLI."""
    question = [go, "list", "-m", "-f", "{{.Dir}}", pins.SDK_MODULE]
    module = Path(run(question, pins.GO_SOURCES / "cli", Progress("sdk", 0, say)).strip())
    shutil.copyfile(pins.HERE / "language_host.py", into / LANGUAGE_HOST)
    for executor in EXECUTORS:
        shutil.copyfile(module / "python" / executor, into / Path(executor).name)
    for file in into.iterdir():
        file.chmod(0o755)


def build_provider(go: str, into: Path, say: Say) -> None:
    """The OpenStack plugin, with the SDK's tokens inside; says once what it cannot map."""
    with tempfile.TemporaryDirectory() as folder:
        sources = Path(folder)
        for file in (pins.GO_SOURCES / "provider").iterdir():
            shutil.copyfile(file, sources / file.name)
        (sources / "tokens.txt").write_text("\n".join(sdk_tokens()), encoding="utf-8")
        (sources / "version.txt").write_text(sdk_version(), encoding="utf-8")
        compile_program(go, sources, ".", into / PLUGIN, say=say)
    unmapped = run([str(into / PLUGIN), "unmapped"], into, Progress(PLUGIN, 0, say)).split()
    say(f"{PLUGIN}: SDK {sdk_version()}; without a name in it: {', '.join(unmapped) or 'none'}")


BUILDERS = {CLI: build_cli, LANGUAGE_HOST: build_language, PLUGIN: build_provider}


def ensure_part(name: str, key: str, cache: Path, say: Say) -> Path:
    """Build one part unless it is there; whole or not at all."""
    target = cache / "parts" / f"{name}-{key}"
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    go = find_go(cache, say)
    unfinished = target.with_name(f".{target.name}")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    BUILDERS[name](go, unfinished, say)
    return unfinished.rename(target)


def replace(make: Callable[[Path], None], target: Path) -> None:
    """Make something beside `target`, then move it there in one step.

    Where both are links to one file already, rename(2) does nothing and leaves both.
    """
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    aside.unlink(missing_ok=True)
    make(aside)
    aside.replace(target)
    aside.unlink(missing_ok=True)


def assemble(parts: dict[str, Path], cache: Path) -> None:
    """Show Pulumi the parts: CLI and language host side by side, the plugin in a plugin folder of the right version.

    Hard links, because Pulumi follows symbolic links and looks for the language host where the CLI really lies.
    """
    programs = [file for name in (CLI, LANGUAGE_HOST) if name in parts for file in sorted(parts[name].iterdir())]
    chosen = cache / digest(*(str(program).encode() for program in programs)) / "bin"
    chosen.mkdir(parents=True, exist_ok=True)
    for program in programs:
        replace(lambda aside, source=program: os.link(source, aside), chosen / program.name)  # type: ignore[misc]
    replace(lambda aside: aside.symlink_to(chosen.relative_to(cache)), cache / "bin")
    plugin = plugin_place(cache)
    if PLUGIN in parts:
        plugin.parent.mkdir(parents=True, exist_ok=True)
        replace(lambda aside: os.link(parts[PLUGIN] / PLUGIN, aside), plugin)
    else:
        plugin.unlink(missing_ok=True)


def plugin_place(cache: Path) -> Path:
    """Where Pulumi looks for the plugin when PULUMI_HOME is ours."""
    return cache / "home" / "plugins" / f"resource-openstack-v{sdk_version()}" / PLUGIN


def built(cache: Path) -> dict[str, Found]:
    """Our own programs that stand ready."""
    ours = {
        CLI: Found(cache / "bin" / CLI, pins.CLI_VERSION),
        LANGUAGE_HOST: Found(cache / "bin" / LANGUAGE_HOST, metadata.version("pulumi")),
        PLUGIN: Found(plugin_place(cache), sdk_version()),
    }
    return {name: found for name, found in ours.items() if found.path.exists()}


def build(theirs: Mapping[str, Found], cache: Path, say: Say) -> None:
    """Everything that the user lacks."""
    started = time.monotonic()
    for name, found in theirs.items():
        say(f"{name} {found.version}: 使用您自己的 your own, {found.path}")
    key = keys()
    parts = {name: ensure_part(name, key[name], cache, say) for name in BUILDERS if name not in theirs}
    assemble(parts, cache)
    say(f"工具链就绪 toolchain ready: {cache / 'bin'} ({time.monotonic() - started:.0f} s)")
