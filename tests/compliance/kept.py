"""What one run of the audit keeps between pytest's calls."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

import pytest

from infra.plan.waivers import Waiver
from tests.compliance.catalogue import Catalogue
from tests.compliance.probes import HostEvidence
from tests.compliance.report import HostReport, Report
from tests.compliance.scope import Scope
from tests.compliance.verdicts import ItemResult

CATALOGUE = pytest.StashKey[Catalogue]()
SCOPE = pytest.StashKey[Scope]()
WAIVERS = pytest.StashKey[tuple[Waiver, ...]]()
ANSWERS = pytest.StashKey[Future[dict[str, HostEvidence]]]()
PLATFORM = pytest.StashKey[HostReport]()
RESULTS = pytest.StashKey[list[ItemResult]]()
REPORT = pytest.StashKey[Report]()
NOTES = pytest.StashKey[Sequence[str]]()
