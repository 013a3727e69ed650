"""One range gives a lab all its addresses and names; two ranges never meet."""

from ipaddress import IPv4Network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lab.openstack import settings
from lab.openstack.settings import LabSettings
from lab.openstack.shell import LabError
from lab.openstack.teardown import check_removable

RANGES = st.integers(0, 2**16 - 1).map(lambda number: IPv4Network((number << 16, 16)))


def lab(network: str | IPv4Network = "198.18.0.0/16", state: Path = Path("/state")) -> LabSettings:
    places = {"cache": Path("/cache"), "state": state, "secrets": state / "secrets"}
    return LabSettings.model_validate({**places, "network": network})


def test_the_default_range_gives_the_documented_addresses() -> None:
    default = lab()
    assert (str(default.external), str(default.external_gateway)) == ("198.18.0.0/24", "198.18.0.1")
    assert (str(default.address), str(default.user_address)) == ("198.18.255.1", "198.18.255.2")
    assert default.auth_url == "http://198.18.255.1:5000/v3"


@given(RANGES)
def test_all_addresses_lie_in_the_range_and_the_link_name_fits_the_kernel(network: IPv4Network) -> None:
    one = lab(network)
    assert one.transfer.subnet_of(network)
    assert one.external.subnet_of(network)
    assert not one.external.overlaps(one.transfer)
    assert len(one.link) <= 15


@given(RANGES, RANGES)
def test_two_ranges_have_two_link_names(first: IPv4Network, second: IPv4Network) -> None:
    assert (lab(first).link == lab(second).link) == (first == second)


def test_a_range_that_is_no_16_is_refused_by_name() -> None:
    with pytest.raises(ValidationError, match="GANYUN_LAB_NETWORK"):
        lab("198.18.0.0/24")


def test_the_range_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANYUN_LAB_NETWORK", "198.19.0.0/16")
    for name in ("HOME", "CACHE", "STATE", "SECRETS", "REPORTS"):
        monkeypatch.setenv(f"GANYUN_{name}", f"/ganyun/{name.lower()}")
    assert str(settings.load().address) == "198.19.255.1"


@pytest.mark.parametrize("state", [Path("/"), Path.home(), Path.cwd()])
def test_a_state_folder_that_holds_more_than_a_lab_is_never_removed(state: Path) -> None:
    with pytest.raises(LabError, match="nothing removed"):
        check_removable(lab(state=state))


def test_a_folder_of_its_own_may_be_removed(tmp_path: Path) -> None:
    check_removable(lab(state=tmp_path / "lab"))
