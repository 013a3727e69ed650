"""A release is the same bytes for the same facts, is taken in only when signed, and is served or rolled back."""

import http.server
import json
import os
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from infra.plan.sites import Site
from roles.site_release.files import build_releases as publisher
from roles.web_node.files import site_release as node

OWNER = "示例县办公室"


def site(*titles: str) -> Site:
    days = enumerate(titles, 1)
    notices = [{"title": title, "date": f"2025-03-{day:02}", "paragraphs": ["正文"]} for day, title in days]
    columns = [{"name": "news", "title": "要闻", "notices": notices}]
    facts = {"name": "portal", "title": "示例", "host": "portal.example.test", "division": "110101", "columns": columns}
    return Site.model_validate({**facts, "owner": "$departments:office"})


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("publisher") / "publisher"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "publisher", "-f", path], check=True)
    return path


class Sites(http.server.SimpleHTTPRequestHandler):
    """The web node's server, as far as a release is concerned."""

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def web(tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A node: folder of sites, trusted publisher, and a server that follows the site's link."""
    (tmp_path / "portal" / "bundles").mkdir(parents=True)
    trusted = tmp_path / "publishers"
    trusted.write_text(f'publisher namespaces="ganyun-site" {key.with_suffix(".pub").read_text()}')
    root = str(tmp_path / "portal" / "current" / "public")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *given: Sites(*given, directory=root))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    for name, value in (("SITES", tmp_path), ("PUBLISHERS", trusted), ("PORT", server.server_port)):
        monkeypatch.setattr(node, name, value)
    yield tmp_path
    server.shutdown()
    server.server_close()


def publish(web: Path, key: Path, content: Site, note: str = "") -> str:
    """Build and stage; return the version."""
    built = publisher.build(content, OWNER, note, web / "out", key)
    bundle = web / "portal" / "bundles" / Path(built["bundle"]).name
    bundle.write_bytes(Path(built["bundle"]).read_bytes())
    node.stage("portal", built["version"])
    return str(built["version"])


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_same_facts_give_the_same_bytes(tmp_path: Path, key: Path) -> None:
    first = publisher.build(site("甲"), OWNER, "", tmp_path / "a", key)
    again = publisher.build(site("甲"), OWNER, "", tmp_path / "b", key)
    assert first["version"] == again["version"]
    assert Path(first["bundle"]).read_bytes() == Path(again["bundle"]).read_bytes()
    assert not publisher.build(site("甲"), OWNER, "", tmp_path / "a", key)["changed"]


MOVED = site("甲").model_copy(update={"host": "b.example.test"})


@pytest.mark.parametrize("other", [site("乙"), site("甲", "乙"), MOVED])
def test_other_facts_are_another_version(other: Site) -> None:
    assert publisher.compose(other, OWNER, "").version != publisher.compose(site("甲"), OWNER, "").version


def test_two_versions_of_one_day_never_share_a_time() -> None:
    """A web server makes its ETag from time and size."""
    notes = [publisher.compose(site("甲"), OWNER, note).seconds for note in ("停水通知", "停电通知")]
    assert notes[0] != notes[1]


def test_every_page_carries_the_version_and_what_visitors_type_is_escaped() -> None:
    release = publisher.compose(site("<script>x</script>"), OWNER, "")
    pages = {path: body.decode() for path, body in release.files.items() if path.endswith(".html")}
    assert len(pages) == 4
    assert all(f'content="{release.version}"' in page for page in pages.values())
    assert not any("<script>" in page for page in pages.values())


def test_an_address_of_a_notice_stays_when_others_come() -> None:
    before = set(publisher.compose(site("甲"), OWNER, "").files)
    after = set(publisher.compose(site("甲", "乙"), OWNER, "").files)
    assert before < after


def test_two_notices_at_one_address_are_refused() -> None:
    facts = site("甲").columns[0]
    twice = site("甲").model_copy(update={"columns": [facts.model_copy(update={"notices": facts.notices * 2})]})
    with pytest.raises(ValueError, match="甲"):
        publisher.compose(twice, OWNER, "")


def test_a_staged_release_is_not_served_until_activated(web: Path, key: Path) -> None:
    version = publish(web, key, site("甲"))
    assert not (web / "portal" / "current").exists()
    assert node.activate("portal", version)
    assert str((web / "portal" / "current").readlink()) == f"releases/{version}"
    assert not node.activate("portal", version)
    assert not node.stage("portal", version)


@pytest.mark.parametrize("part", ["release.tar", "release.tar.sig"])
def test_a_changed_bundle_is_refused_before_anything_is_unpacked(web: Path, key: Path, part: str) -> None:
    built = publisher.build(site("甲"), OWNER, "", web / "out", key)
    with tarfile.open(built["bundle"]) as tar:
        files = {member.name: (tar.extractfile(member) or BytesIO()).read() for member in tar}
    middle = len(files[part]) // 2
    files[part] = files[part][:middle] + bytes([files[part][middle] ^ 1]) + files[part][middle + 1 :]
    (web / "portal" / "bundles" / f"{built['version']}.release").write_bytes(publisher.pack(files, 0))
    with pytest.raises(node.ReleaseError, match="签名无效"):
        node.stage("portal", built["version"])
    assert not (web / "portal" / "releases").exists()


def signed(web: Path, key: Path, files: dict[str, bytes]) -> None:
    archive = publisher.pack(files, 0)
    bundle = publisher.pack({"release.tar": archive, "release.tar.sig": publisher.sign(archive, key)}, 0)
    (web / "portal" / "bundles" / "v1.release").write_bytes(bundle)


@pytest.mark.parametrize("named", [{"site": "other", "version": "v1"}, {"site": "portal", "version": "v2"}, {}])
def test_a_signature_for_another_site_or_version_is_refused(web: Path, key: Path, named: dict[str, str]) -> None:
    signed(web, key, {"release.json": json.dumps(named).encode(), "public/index.html": b""})
    with pytest.raises(node.ReleaseError, match="not for portal v1"):
        node.stage("portal", "v1")


@pytest.mark.parametrize("path", ["../../escaped", "/etc/escaped", "public/../../../escaped"])
def test_a_signed_release_may_still_not_write_elsewhere(web: Path, key: Path, path: str) -> None:
    signed(web, key, {"release.json": b"{}", path: b"x"})
    with pytest.raises(node.ReleaseError, match="below the release"):
        node.stage("portal", "v1")


def test_a_release_that_is_not_served_is_rolled_back(web: Path, key: Path) -> None:
    old, new = publish(web, key, site("甲")), publish(web, key, site("甲", "乙"))
    node.activate("portal", old)
    (web / "portal" / "releases" / new / "public" / "version.txt").write_text("wrong\n")
    with pytest.raises(node.ReleaseError, match=f"rolled back to releases/{old}"):
        node.activate("portal", new)
    assert str((web / "portal" / "current").readlink()) == f"releases/{old}"


def test_a_first_release_not_served_leaves_nothing(web: Path, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = publish(web, key, site("甲"))
    monkeypatch.setattr(node, "PORT", 1)
    with pytest.raises(node.ReleaseError, match="rolled back to nothing"):
        node.activate("portal", version)
    assert not (web / "portal" / "current").is_symlink()


def test_what_was_touched_on_the_node_is_restored_from_the_bundle(web: Path, key: Path) -> None:
    version = publish(web, key, site("甲"))
    public = web / "portal" / "releases" / version / "public"
    before = tree(public)
    (public / "index.html").write_text("defaced")
    (public / "shell.php").write_text("<?php")
    (public / "404.html").unlink()
    (public / "404.html").symlink_to("/etc/passwd")
    assert node.stage("portal", version)
    assert tree(public) == before


def test_three_releases_are_kept_and_their_assets_with_them(web: Path, key: Path) -> None:
    versions = []
    for age in range(5):
        versions.append(publish(web, key, site("甲"), note=str(age)))
        node.activate("portal", versions[-1])
        os.utime(web / "portal" / "releases" / versions[-1], (age, age))
    kept = {path.name for path in (web / "portal" / "releases").iterdir()}
    assert kept == set(versions[-3:])
    assert {path.stem for path in (web / "portal" / "bundles").iterdir()} == kept
    own = web / "portal" / "current" / "public" / "assets"
    assert {path.name for path in (web / "portal" / "assets").iterdir()} == {path.name for path in own.iterdir()}


@pytest.mark.usefixtures("web")
def test_an_unstaged_version_is_named() -> None:
    with pytest.raises(node.ReleaseError, match="20250101-x isn't staged"):
        node.activate("portal", "20250101-x")
