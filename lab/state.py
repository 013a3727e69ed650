"""The state folder before there is an OpenStack in it, and the stacks' settings: in `stacks/`, but of this lab."""

import base64
import hashlib
import re
import shutil
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lab.openstack import inside, settings
from lab.paths import Paths, stack_settings

# By these a folder without an OpenStack is known for ours: all that earlier steps and clients put there.
OWN = frozenset({"ansible", "cp", "known_hosts", "log", "pulumi", "secrets", "settled", "ssh_config", "steps.json"})
SALT = re.compile(r"^encryptionsalt: v1:([^:\s]+):v1:([^:\s]+):(\S+)$", re.MULTILINE)
ROUNDS = 1_000_000  # of Pulumi's passphrase provider


def has_openstack(paths: Paths) -> bool:
    """Was an OpenStack started from this folder? Only then is there anything in the kernel that is ours to end."""
    return (paths.state / "openstack").exists() or bool(inside.processes(settings.load()))


def opens(passphrase: bytes, text: str) -> bool:
    """Do these stack settings belong to this passphrase? (They hold a known word, encrypted with it.)"""
    match = SALT.search(text)
    if not match:
        return False
    salt, nonce, word = (base64.b64decode(part) for part in match.groups())
    key = hashlib.pbkdf2_hmac("sha256", passphrase.strip(), salt, ROUNDS, 32)
    try:
        return AESGCM(key).decrypt(nonce, word, None) == b"pulumi"
    except InvalidTag:
        return False


def own_stack_settings(paths: Paths) -> list[Path]:
    """The settings of stacks that are of this lab and not of another one; the lab's own stack may have no salt yet."""
    passphrase = paths.secrets / "pulumi-passphrase"
    if not passphrase.exists():
        return []
    texts = {file: file.read_text(encoding="utf-8") for file in sorted(paths.stacks.glob("Pulumi.*.yaml"))}
    own, lab = passphrase.read_bytes(), stack_settings(paths)
    return [f for f, text in texts.items() if opens(own, text) or (f == lab and not SALT.search(text))]


def forget_stacks(paths: Paths) -> None:
    """Remove the stacks' settings of this lab: no other passphrase opens them."""
    for file in own_stack_settings(paths):
        file.unlink()


def remove_half_made(paths: Paths) -> None:
    """Remove a folder in which no OpenStack was started and nothing else lies."""
    if paths.state.is_dir() and {entry.name for entry in paths.state.iterdir()} <= OWN:
        shutil.rmtree(paths.state)
