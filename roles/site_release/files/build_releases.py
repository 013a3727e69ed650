"""Render, pack and sign a release of each site: the same facts give the same bytes, so a second time changes nothing.

Usage: build_releases.py FACTS_FOLDER OUTPUT_FOLDER KEY NOTE SITE...
NOTE is shown at the top of every page when it isn't empty.
Prints [{"site": …, "version": …, "bundle": …, "changed": …}, …]. Needs the project's home in PYTHONPATH.
"""

import datetime as dt
import hashlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from infra.plan.base import target
from infra.plan.load import load
from infra.plan.problems import FactsError
from infra.plan.sites import Column, Notice, Site

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
BEIJING = dt.timezone(dt.timedelta(hours=8))
OLDEST = dt.date(2000, 1, 1)


class Release(NamedTuple):
    """The files of one site, named after what is in them."""

    version: str
    seconds: int
    files: dict[str, bytes]


def notice_path(column: Column, notice: Notice) -> str:
    """An address that stays when other notices come and go."""
    digest = hashlib.sha256(notice.title.encode()).hexdigest()[:8]
    return f"{column.name}/{notice.date:%Y%m%d}-{digest}.html"


def newest_first(column: Column) -> list[Notice]:
    """Notices in the order in which they are listed."""
    return sorted(column.notices, key=lambda notice: (notice.date, notice.title), reverse=True)


def pages(site: Site, owner: str, note: str, version: str) -> dict[str, str]:
    """Every page of the site by its path."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    css = (TEMPLATES / "site.css").read_text(encoding="utf-8")
    style = f"assets/site.{hashlib.sha256(css.encode()).hexdigest()[:12]}.css"
    environment.globals.update(
        site=site,
        owner=owner,
        note=note,
        columns=[(column, newest_first(column)) for column in site.columns],
        notice_path=notice_path,
        style=style,
        version=version,
    )

    def render(template: str, **values: Any) -> str:
        return environment.get_template(f"{template}.j2").render(values)

    result = {"version.txt": f"{version}\n", style: css, "favicon.svg": render("favicon.svg")}
    result |= {"index.html": render("home.html"), "404.html": render("missing.html")}
    for column in site.columns:
        notices = newest_first(column)
        result[f"{column.name}/index.html"] = render("column.html", column=column, notices=notices)
        for notice in notices:
            path = notice_path(column, notice)
            if path in result:
                raise ValueError(f"{site.name}: {column.name}: 标题日期重复 same title and date: {notice.title}")
            result[path] = render("notice.html", column=column, notice=notice)
    return result


def compose(site: Site, owner: str, note: str) -> Release:
    """Render twice: what the pages say decides the version, which the pages then carry."""
    digest = hashlib.sha256()
    for path, text in sorted({**pages(site, owner, note, ""), "host": site.host}.items()):
        digest.update(f"{path}\0{len(text)}\0{text}".encode())
    newest = max((notice.date for column in site.columns for notice in column.notices), default=OLDEST)
    version = f"{newest:%Y%m%d}-{digest.hexdigest()[:12]}"
    # A web server makes its ETag from time and size: without the digest in the time two versions could share one.
    midnight = int(dt.datetime.combine(newest, dt.time(), BEIJING).timestamp())
    files = {f"public/{path}": text.encode() for path, text in pages(site, owner, note, version).items()}
    manifest = {"site": site.name, "version": version, "host": site.host}
    files["release.json"] = json.dumps(manifest, sort_keys=True).encode()
    return Release(version, midnight + int(digest.hexdigest()[:8], 16) % 86400, files)


def pack(files: dict[str, bytes], seconds: int) -> bytes:
    """A tar without a trace of who packs it, where or when; not compressed, because compressors differ."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in sorted(files.items()):
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.mode = len(content), seconds, 0o644
            tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def sign(archive: bytes, key: Path) -> bytes:
    """The publisher's signature, valid for sites alone."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "release.tar"
        path.write_bytes(archive)
        command = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", "ganyun-site", str(path)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)
        return path.with_suffix(".tar.sig").read_bytes()


def build(site: Site, owner: str, note: str, output: Path, key: Path) -> dict[str, Any]:
    """Write the signed bundle of one site where it isn't there yet."""
    release = compose(site, owner, note)
    archive = pack(release.files, release.seconds)
    bundle = pack({"release.tar": archive, "release.tar.sig": sign(archive, key)}, release.seconds)
    path = output / site.name / f"{release.version}.release"
    changed = not path.is_file() or path.read_bytes() != bundle
    if changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_bytes(bundle)
        partial.replace(path)
    return {"site": site.name, "version": release.version, "bundle": str(path), "changed": changed}


def main(arguments: list[str]) -> int:
    """Build the sites that the command line names."""
    if len(arguments) < 5:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    facts, output, key = (Path(argument) for argument in arguments[:3])
    try:
        world = load(facts)
        sites = [world.sites[name] for name in arguments[4:]]
        owners = [world.departments[target(site.owner)].title for site in sites]
        built = [build(site, owner, arguments[3], output, key) for site, owner in zip(sites, owners, strict=True)]
    except (FactsError, ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"{error}: {error.stderr.decode()}\n")
        return 1
    sys.stdout.write(json.dumps(built))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
