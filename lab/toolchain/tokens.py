"""The type tokens of the installed OpenStack SDK: the built plugin must answer to exactly these."""

import re
from importlib import metadata
from pathlib import Path

DISTRIBUTION = "pulumi-openstack"
TOKEN = re.compile(r"'(openstack:[a-z]+/[A-Za-z0-9]+:[A-Za-z0-9]+)'")


def sdk_version() -> str:
    """The installed SDK's version, which the plugin reports as its own."""
    return metadata.version(DISTRIBUTION)


def sdk_tokens() -> list[str]:
    """Every token that the SDK's code sends."""
    files = [Path(str(f.locate())) for f in metadata.files(DISTRIBUTION) or () if f.suffix == ".py"]
    return sorted({token for file in files for token in TOKEN.findall(file.read_text(encoding="utf-8"))})
