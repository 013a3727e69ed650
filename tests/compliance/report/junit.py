"""The report as JUnit XML, so that CI systems show an audit as they show tests."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, tostring

from tests.compliance.report.model import HostReport, Report
from tests.compliance.verdicts import CHINESE, FAILED, ItemResult, Verdict

# Characters that XML 1.0 has no way to hold, and that a host's answers may contain.
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report) -> str:
    """One suite a subject, one case an item; what was not evaluated is skipped, and says why."""
    root = Element("testsuites", name=report.evaluation)
    for host in report.hosts:
        suite = SubElement(
            root,
            "testsuite",
            name=host.name,
            timestamp=host.started.strftime("%Y-%m-%dT%H:%M:%S"),
            time=f"{(host.ended - host.started).total_seconds():.3f}",
            tests=str(len(host.items)),
            failures=str(sum(host.counts[verdict] for verdict in FAILED)),
            skipped=str(host.counts[Verdict.NOT_EVALUATED] + host.counts[Verdict.NOT_APPLICABLE]),
            errors="0",
        )
        for result in host.items:
            _case(suite, report, host, result)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _case(suite: Element, report: Report, host: HostReport, result: ItemResult) -> None:
    control = report.by_id[result.id]
    name = f"{control.number(host.level)} {control.title}"
    case = SubElement(suite, "testcase", classname=f"{host.system}.{host.name}", name=name, time="0")
    told = [f"{CHINESE[f.verdict]} {f.title}: {f.detail}" for f in result.findings]
    word = f"{CHINESE[result.verdict]} {result.verdict}"
    if result.verdict in FAILED:
        failure = SubElement(case, "failure", message=word, type=str(result.verdict))
        failure.text = FORBIDDEN.sub("\ufffd", "\n".join([*told, control.mend]))
    elif result.verdict in (Verdict.NOT_EVALUATED, Verdict.NOT_APPLICABLE):
        SubElement(case, "skipped", message=FORBIDDEN.sub("\ufffd", "; ".join([word, *told])))
    else:
        SubElement(case, "system-out").text = FORBIDDEN.sub("\ufffd", "\n".join([word, *told]))
