"""Signs a report's folder, so that a changed, missing or added file is noticed: SHA256SUMS, and an Ed25519 signature.

The private key is made at first use and never leaves the operator's secrets; evaluators get the public one. A report is
checked with a key from outside its folder, since whoever changes a report can also sign it with a key of their own.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SUMS, SIGNATURE = "SHA256SUMS", "SHA256SUMS.sig"
PRIVATE, PUBLIC = "audit-report.key", "audit-report.pub"


def private_key(secrets: Path) -> Ed25519PrivateKey:
    """The operator's key; made at first use, with the public one beside it."""
    file = secrets / PRIVATE
    if file.exists():
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError(f"{PRIVATE}: 不是 Ed25519 私钥 not an Ed25519 key")
        return key
    key = Ed25519PrivateKey.generate()
    secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(pem)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (secrets / PUBLIC).write_bytes(public)
    return key


def public_key(file: Path) -> Ed25519PublicKey:
    """The key that a report is checked with."""
    key = serialization.load_pem_public_key(file.read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"{file.name}: 不是 Ed25519 公钥 not an Ed25519 public key")
    return key


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a report, by its name; a link counts as the file that it stands for."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in (SUMS, SIGNATURE))
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def sign(folder: Path, secrets: Path) -> None:
    """Write down every file's digest, and sign that."""
    sums = "".join(f"{digest}  {name}\n" for name, digest in digests(folder).items()).encode()
    (folder / SUMS).write_bytes(sums)
    (folder / SIGNATURE).write_bytes(private_key(secrets).sign(sums))


def verify(folder: Path, key: Ed25519PublicKey) -> Iterator[str]:
    """What is wrong with a report; nothing at all when it is as it was signed."""
    try:
        sums, signature = (folder / SUMS).read_bytes(), (folder / SIGNATURE).read_bytes()
    except FileNotFoundError as missing:
        yield f"没有签名 not signed: {Path(missing.filename).name}"
        return
    try:
        key.verify(signature, sums)
    except InvalidSignature:
        yield f"签名无效 the signature of {SUMS} does not fit"
        return
    signed = {name: digest for digest, name in (line.split("  ", 1) for line in sums.decode().splitlines())}
    found = digests(folder)
    yield from (f"缺失 missing: {name}" for name in sorted(signed.keys() - found.keys()))
    yield from (f"多出 added: {name}" for name in sorted(found.keys() - signed.keys()))
    yield from (
        f"被改动 changed: {name}" for name in sorted(signed.keys() & found.keys()) if signed[name] != found[name]
    )
