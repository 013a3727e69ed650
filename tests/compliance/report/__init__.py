"""The audit's report: canonical JSON first, and every other form derived from nothing else."""

from tests.compliance.report.model import HostReport, Report, build_report, load_report
from tests.compliance.report.summary import summary
from tests.compliance.report.write import write_report

__all__ = ["HostReport", "Report", "build_report", "load_report", "summary", "write_report"]
