"""Secrets that are made once, at first use: readable by their owner alone, never printed, never in git."""

import contextlib
import os
import secrets as random
import tempfile
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from lab.paths import Paths


def private_folder(path: Path) -> Path:
    """Make a folder that its owner alone may enter."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def once(path: Path, make: Callable[[], bytes]) -> bytes:
    """Return the secret at `path`, making it when it is not there; whole or not at all, and the first maker wins."""
    if not path.exists():
        private_folder(path.parent)
        handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600 from the start
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(make())
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(aside, path)
        finally:
            Path(aside).unlink()
    return path.read_bytes()


def password(path: Path) -> str:
    """A random password of 256 bits."""
    return once(path, lambda: random.token_urlsafe(32).encode()).decode()


def operator_key(folder: Path) -> str:
    """The operator's ssh key pair `ssh/operator`; returns the public line."""

    def make() -> bytes:
        return ed25519.Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        )

    private = once(folder / "ssh" / "operator", make)
    key = serialization.load_ssh_private_key(private, password=None)
    line = (
        key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH) + b" ganyun"
    )
    return once(folder / "ssh" / "operator.pub", lambda: line + b"\n").decode().strip()


def make_all(paths: Paths) -> list[Path]:
    """What `pulumi up` and the playbooks need before the first host is there, and the folder for Pulumi's state."""
    password(paths.secrets / "pulumi-passphrase")
    operator_key(paths.secrets)
    private_folder(paths.state / "pulumi")
    return sorted(path for path in paths.secrets.rglob("*") if path.is_file())
