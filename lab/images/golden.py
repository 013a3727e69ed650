"""The golden image: a small Debian 12 with systemd, cloud-init and ssh, and the key of the package mirror."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from lab.images import ext4, recipe
from lab.openstack import debian
from lab.openstack.progress import Progress
from lab.openstack.shell import run

NAME = "debian-12"
MASKED = (*recipe.MASKED, *recipe.MASKED_IN_CONTAINERS)


def fingerprint() -> str:
    """The recipe's name."""
    source = Path(__file__).read_text() + (recipe.HERE / "ext4.py").read_text()
    parts = (*recipe.packages().golden, *MASKED, *recipe.DISABLED, *recipe.ENABLED)
    return debian.fingerprint(*parts, recipe.files("golden"), source)


def build(images: Path, progress: Progress) -> Path:
    """Return the folder with `tree` and `image.qcow2`, building it where it is missing."""
    ready = images / f"golden-{fingerprint()}"
    if ready.is_dir():
        return ready
    partial = ready.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o700)
    with progress(f"{NAME} 系统镜像 golden image"):
        debian.bootstrap(partial / "tree", recipe.packages().golden, log=images / "log" / "golden.log")
        publish_key(images, partial / "tree" / recipe.KEYRING)
        settle(partial / "tree", MASKED)
        ext4.write(partial / "tree", partial / "image.qcow2")
    partial.rename(ready)
    return ready


def publish_key(images: Path, keyring: Path) -> None:
    """The public half of the mirror's signing key.

    The key is made once for a cache and outlives its images: a host from a new image trusts a mirror from an old one.
    """
    home = recipe.signing_key(images)
    if not home.is_dir():
        new = home.with_suffix(".partial")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        gpg(new, "--passphrase", "", "--quick-generate-key", "ganyun package mirror", "ed25519", "sign", "never")
        new.rename(home)
    gpg(home, "--output", keyring, "--export")
    keyring.chmod(0o644)


def gpg(home: Path, *words: str | Path) -> None:
    """Run GnuPG, and end the agent that it leaves behind."""
    run(["gpg", "--homedir", home, "--batch", "--quiet", *words])
    run(["gpgconf", "--homedir", home, "--kill", "all"])


def settle(tree: Path, masked: Sequence[str]) -> None:
    """Our files in, what no instance may share out, units as instances need them."""
    shutil.copytree(recipe.HERE / "files" / "golden", tree, dirs_exist_ok=True)
    for key in (tree / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    (tree / "etc/apt/sources.list").write_text("")
    (tree / "etc/machine-id").write_text("")
    (tree / "etc/hostname").write_text("localhost\n")
    (tree / "etc/resolv.conf").write_text("")
    for verb, units in (("mask", masked), ("disable", recipe.DISABLED), ("enable", recipe.ENABLED)):
        run(["chroot", tree, "systemctl", verb, *units])
    for leftover in ((tree / "var/lib/apt/lists").glob("*_*"), (tree / "var/cache/apt").glob("*.bin")):
        for path in leftover:
            path.unlink()
