#!/usr/bin/python3
"""Takes signed releases of static sites in on a web node, and makes one of them the current one.

Usage: site-release stage SITE=VERSION...      verify and unpack SITES/<site>/bundles/<version>.release
       site-release activate SITE=VERSION...   switch, ask this node's own web server, switch back if it is wrong

A bundle is a tar of two files: release.tar and its signature by the publisher. Nothing is unpacked before the
signature was verified on this node. Both verbs print {"changed": [...]} and change nothing when all is so already.
"""

import hashlib
import http.client
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

SITES = Path(os.environ.get("SITE_RELEASE_ROOT", "/srv/sites"))
PUBLISHERS = Path(os.environ.get("SITE_RELEASE_PUBLISHERS", "/etc/ganyun/publishers"))
PORT = int(os.environ.get("SITE_RELEASE_PORT", "8080"))
KEEP = 3
MANIFEST = "release.json"


class ReleaseError(Exception):
    """Why a release isn't taken in or activated."""


def _read_bundle(bundle: Path) -> tuple[bytes, bytes]:
    """Archive and signature, as sent."""
    with tarfile.open(bundle, "r:") as tar:
        parts = {member.name: tar.extractfile(member) for member in tar.getmembers() if member.isfile()}
        archive, signature = parts.get("release.tar"), parts.get("release.tar.sig")
        if archive is None or signature is None:
            raise ReleaseError(f"{bundle}: not a bundle of archive and signature")
        return archive.read(), signature.read()


def _verify(archive: bytes, signature: bytes, bundle: Path) -> None:
    """Refuse what the publisher hasn't signed for this purpose."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(signature)
        file.flush()
        command = ["ssh-keygen", "-Y", "verify", "-f", str(PUBLISHERS), "-I", "publisher", "-n", "ganyun-site"]
        run = subprocess.run([*command, "-s", file.name], input=archive, capture_output=True, check=False)
    if run.returncode != 0:
        raise ReleaseError(f"{bundle}: 签名无效 signature refused: {(run.stderr or run.stdout).decode().strip()}")


def _files(archive: bytes) -> Iterator[tuple[str, bytes]]:
    """Plain files alone, none of them outside the release."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as tar:
        for member in tar:
            path = PurePosixPath(member.name)
            if not member.isfile() or path.is_absolute() or ".." in path.parts:
                raise ReleaseError(f"{member.name}: only plain files below the release are allowed")
            stream = tar.extractfile(member)
            yield str(path), stream.read() if stream else b""


def _timestamps(archive: bytes) -> dict[str, float]:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as tar:
        return {member.name: float(member.mtime) for member in tar}


def _sync(folder: Path, files: dict[str, bytes], times: dict[str, float]) -> bool:
    """Make the folder hold exactly these files, each replaced in one step; repairs what was touched since."""
    changed = False
    for name, content in files.items():
        path = folder / name
        if path.is_file() and not path.is_symlink() and path.read_bytes() == content:
            continue
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.partial")
        partial.write_bytes(content)
        partial.chmod(0o644)
        os.utime(partial, (times[name], times[name]))
        partial.replace(path)
        changed = True
    wanted = {folder / name for name in files}
    for path in [path for path in folder.rglob("*") if (path.is_symlink() or not path.is_dir()) and path not in wanted]:
        path.unlink()
        changed = True
    return changed


def _share_assets(site: Path, release: Path) -> None:
    """Offer the release's assets to pages of any release: they are named after their content."""
    for asset in (release / "public" / "assets").glob("*"):
        shared = site / "assets" / asset.name
        if shared.exists() and shared.samefile(asset):
            continue
        shared.parent.mkdir(mode=0o755, exist_ok=True)
        partial = shared.with_name(f".{shared.name}.partial")
        partial.unlink(missing_ok=True)
        partial.hardlink_to(asset)
        partial.replace(shared)


def stage(name: str, version: str) -> bool:
    """Verify and unpack one release; True when something was written."""
    site = SITES / name
    bundle = site / "bundles" / f"{version}.release"
    archive, signature = _read_bundle(bundle)
    _verify(archive, signature, bundle)
    files = dict(_files(archive))
    manifest = json.loads(files.get(MANIFEST, b"{}"))
    if (found := (manifest.get("site"), manifest.get("version"))) != (name, version):
        raise ReleaseError(f"{bundle}: signed for {found[0]} {found[1]}, not for {name} {version}")
    changed = _sync(site / "releases" / version, files, _timestamps(archive))
    _share_assets(site, site / "releases" / version)
    return changed


def _link(site: Path, target: str | None) -> None:
    """Point the site at a release in one step; a reader sees the old one or the new one."""
    current = site / "current"
    if target is None:
        current.unlink(missing_ok=True)
        return
    partial = site / ".current.partial"
    partial.unlink(missing_ok=True)
    partial.symlink_to(target)
    partial.replace(current)


def _get(host: str, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": host})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _fault(release: Path, version: str) -> str | None:
    """What this node's web server answers wrongly about the release, asked as a gateway asks."""
    host = json.loads((release / MANIFEST).read_bytes())["host"]
    home = (release / "public" / "index.html").read_bytes()
    try:
        for path, expected in (("/version.txt", f"{version}\n".encode()), ("/", home)):
            status, body = _get(host, path)
            if status != 200 or body != expected:
                digest = hashlib.sha256(body).hexdigest()
                return f"http://{host}{path}: {status}, sha256 {digest[:12]} instead of the release's"
    except (OSError, http.client.HTTPException) as error:
        return f"http://{host}: {error}"
    return None


def _prune(site: Path, current: str) -> None:
    """Keep the current release and those activated last; assets that no kept release uses go too."""
    releases = sorted((site / "releases").iterdir(), key=lambda path: (path.name != current, -path.stat().st_mtime))
    for release in releases[KEEP:]:
        shutil.rmtree(release)
        (site / "bundles" / f"{release.name}.release").unlink(missing_ok=True)
    for asset in (site / "assets").glob("*"):
        if asset.stat().st_nlink == 1:
            asset.unlink()


def activate(name: str, version: str) -> bool:
    """Make the release the current one and see that it is served; True when that was a change."""
    site = SITES / name
    release, current = site / "releases" / version, site / "current"
    before = str(current.readlink()) if current.is_symlink() else None
    target = f"releases/{version}"
    if not release.is_dir():
        raise ReleaseError(f"{name}: {version} isn't staged on this node")
    if before != target:
        _link(site, target)
    if fault := _fault(release, version):
        _link(site, before)
        raise ReleaseError(f"{name}: {version} 未生效,已退回 rolled back to {before or 'nothing'}: {fault}")
    if before == target:
        return False
    os.utime(release)
    _prune(site, version)
    return True


def main(arguments: list[str]) -> int:
    """Do what the command line says, site by site; stop at the first fault."""
    verbs = {"stage": stage, "activate": activate}
    if not arguments or arguments[0] not in verbs or not all("=" in pair for pair in arguments[1:]):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    changed: list[str] = []
    try:
        for name, version in (pair.split("=", 1) for pair in arguments[1:]):
            if verbs[arguments[0]](name, version):
                changed.append(name)
    except (ReleaseError, OSError, tarfile.TarError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps({"changed": changed}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
