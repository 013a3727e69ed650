"""Index and sign the mirror's repository, install the web server from it, and write the image.

Run as a module inside its own mount and process namespaces; the golden tree below is only read.
"""

import os
import shutil
import sys
from pathlib import Path

from lab.images import ext4, recipe
from lab.images.golden import gpg
from lab.openstack.shell import run

SUITE = "dists/bookworm"
INDEX = f"{SUITE}/main/binary-amd64"
RELEASE = {
    "Origin": "ganyun",
    "Label": "ganyun",
    "Suite": "bookworm",
    "Codename": "bookworm",
    "Components": "main",
    "Architectures": "amd64",
}


def mount(base: Path, work: Path) -> Path:
    """The golden tree with a writable layer above, and what programs in it expect."""
    merged = work / "merged"
    merged.mkdir()
    (work / "work").mkdir()
    layers = f"lowerdir={base / 'tree'},upperdir={work / 'upper'},workdir={work / 'work'}"
    run(["mount", "-t", "overlay", "overlay", "-o", layers, merged])
    run(["mount", "-t", "proc", "proc", merged / "proc"])
    run(["mount", "--rbind", "/dev", merged / "dev"])
    for folder in ("run", "tmp"):
        run(["mount", "-t", "tmpfs", "tmpfs", merged / folder])
    return merged


def index(tree: Path) -> None:
    """Packages and Release, made by apt's own tool in the tree."""
    repository = tree / recipe.REPOSITORY
    (repository / INDEX).mkdir(parents=True)
    chroot: list[str | Path] = ["chroot", tree, "env", f"--chdir=/{recipe.REPOSITORY}", "apt-ftparchive"]
    packages = run([*chroot, "packages", "pool"])
    (repository / INDEX / "Packages").write_text(packages)
    run(["gzip", "--keep", "--best", "--no-name", repository / INDEX / "Packages"])
    options = [word for key, value in RELEASE.items() for word in ("-o", f"APT::FTPArchive::Release::{key}={value}")]
    release = run([*chroot, *options, "release", SUITE])
    (repository / SUITE / "Release").write_text(release)


def sign(tree: Path, home: Path) -> None:
    """InRelease, by the key whose public half every image carries."""
    suite = tree / recipe.REPOSITORY / SUITE
    gpg(home, "--output", suite / "InRelease", "--clearsign", suite / "Release")


def install(tree: Path) -> None:
    """Install the web server from the repository just signed: a wrong index or signature stops the build here."""
    source = tree / "etc/apt/sources.list.d/build.list"
    source.write_text(f"deb [signed-by=/{recipe.KEYRING}] file:///{recipe.REPOSITORY} bookworm main\n")
    policy = tree / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    environment = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    apt: list[str | Path] = [
        "chroot",
        tree,
        "apt-get",
        "--yes",
        "-oAPT::Install-Recommends=false",
        "-oAPT::Sandbox::User=root",
    ]
    run([*apt, "update"], env=environment)
    run([*apt, "install", *recipe.packages().installed_on_mirror], env=environment)
    run([*apt, "clean"])
    for path in (source, policy):
        path.unlink()
    for leftover in (tree / "var/lib/apt/lists").glob("*_*"):  # apt wants the folder itself, and `partial` in it
        leftover.unlink()


def build(base: Path, work: Path) -> None:
    """All of it, and the image at the end."""
    os.umask(0o022)
    tree = mount(base, work)
    index(tree)
    sign(tree, recipe.signing_key(base.parent))
    install(tree)
    shutil.copytree(recipe.HERE / "files" / "mirror", tree, dirs_exist_ok=True)
    for mounted in ("proc", "run", "tmp"):
        run(["umount", tree / mounted])
    run(["umount", "--recursive", tree / "dev"])
    ext4.write(tree, work / "image.qcow2")


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
