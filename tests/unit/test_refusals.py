"""What Neutron refuses for a moment is asked for again, and nothing else is."""

import pytest

from infra.refusals import ATTEMPTS, momentary

TOLD = 'Error creating: Expected HTTP response code [201] when accessing [POST x], but got {} instead: {{"type": "{}"}}'


@pytest.mark.parametrize("kind", ["OverQuota", "SubnetPoolInUse"])
def test_a_refusal_for_a_moment_is_asked_again(kind: str) -> None:
    assert momentary([TOLD.format(409, kind)])


@pytest.mark.parametrize(
    "error",
    [
        TOLD.format(409, "IpAddressInUse"),
        TOLD.format(500, "OverQuota"),
        "connection reset by peer",
    ],
)
def test_what_may_have_been_made_or_stays_refused_is_not(error: str) -> None:
    assert not momentary([error])


def test_the_latest_refusal_counts() -> None:
    assert not momentary(["connection reset by peer", TOLD.format(409, "OverQuota")])


def test_a_quota_that_is_used_up_ends_in_an_error() -> None:
    assert momentary([TOLD.format(409, "OverQuota")] * (ATTEMPTS - 1))
    assert not momentary([TOLD.format(409, "OverQuota")] * ATTEMPTS)
    assert not momentary([])
