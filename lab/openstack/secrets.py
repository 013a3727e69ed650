"""Every password and key of one lab: made at its first start, kept readable by the owner alone, never printed."""

import base64
import hashlib
import json
import os
import secrets as random
from collections.abc import Mapping
from pathlib import Path

DATABASE_USERS: dict[str, tuple[str, ...]] = {
    "keystone": ("keystone",),
    "glance": ("glance",),
    "placement": ("placement",),
    "nova": ("nova", "nova_api", "nova_cell0"),
    "neutron": ("neutron",),
}
SERVICE_USERS = ("glance", "placement", "nova", "neutron", "swift")
NAMES = (
    "admin",
    "rabbitmq",
    "erlang_cookie",
    "metadata",
    "swift_suffix",
    "swift_prefix",
    *(f"database_{user}" for user in DATABASE_USERS),
    *(f"keystone_{user}" for user in SERVICE_USERS),
)
FERNET_KEYS = tuple(f"{repository}_{number}" for repository in ("fernet", "credential") for number in (0, 1))


def load(path: Path) -> Mapping[str, str]:
    """The lab's secrets by name; missing ones are made and kept."""
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    made = {name: random.token_urlsafe(24) for name in NAMES if name not in known}
    made |= {name: fernet_key() for name in FERNET_KEYS if name not in known}
    if made:
        write(path, json.dumps(known | made, indent=1))
    return known | made


def fernet_key() -> str:
    """What keystone signs tokens with."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def rabbitmq_hash(password: str, salt: bytes) -> str:
    """How RabbitMQ keeps a password: salt, then the hash of salt and password."""
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def write(path: Path, text: str, owner: tuple[int, int] = (0, 0)) -> None:
    """Replace a file that only its owner may read, in one move."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
    os.chown(fresh, *owner)
    fresh.rename(path)
