"""What goes into the images: the package lists and the fixed points of their layout."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML

HERE = Path(__file__).resolve().parent
REPOSITORY = "srv/mirror"
KEYRING = "usr/share/keyrings/ganyun-mirror.gpg"
# Units that wait for hardware, a console or the Internet: none of them exists in an instance.
MASKED = (
    "apt-daily-upgrade.timer",
    "apt-daily.timer",
    "console-getty.service",
    "dev-hugepages.mount",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "fstrim.timer",
    "getty@.service",
    "getty.target",
    "proc-sys-fs-binfmt_misc.automount",
    "sys-fs-fuse-connections.mount",
    "sys-kernel-config.mount",
    "sys-kernel-debug.mount",
    "sys-kernel-tracing.mount",
    "systemd-binfmt.service",
    "systemd-firstboot.service",
)
# What belongs to a kernel of its own.
MASKED_IN_CONTAINERS = (
    "kmod-static-nodes.service",
    "modprobe@.service",
    "systemd-journald-audit.socket",
    "systemd-modules-load.service",
    "systemd-udev-settle.service",
    "systemd-udev-trigger.service",
    "systemd-udevd-control.socket",
    "systemd-udevd-kernel.socket",
    "systemd-udevd.service",
)
# Services that a role switches on where they belong.
DISABLED = ("chrony.service", "clamav-freshclam.service", "prometheus-node-exporter.service", "nftables.service")
ENABLED = ("systemd-networkd.service", "systemd-networkd-wait-online.service", "ssh.service", "rsyslog.service")


class Packages(BaseModel):
    """lab/images/packages.yml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    golden: tuple[str, ...]
    kernel: tuple[str, ...]
    installed_on_mirror: tuple[str, ...]
    mirror: tuple[str, ...]


def packages() -> Packages:
    """Read the lists."""
    return Packages.model_validate(YAML(typ="safe").load((HERE / "packages.yml").read_text()))


def files(tree: str) -> str:
    """The text of every file that a tree gets, for its fingerprint."""
    found = sorted(path for path in (HERE / "files" / tree).rglob("*") if path.is_file())
    return "\0".join(f"{path.name}\0{path.read_text()}" for path in found)


def signing_key(images: Path) -> Path:
    """The GnuPG home of the key that signs the mirror's repository."""
    return images / "gnupg"
