"""RPO and RTO, from canaries and clocks and never from what a job says about itself."""

from disaster_recovery.manifest import Canary
from disaster_recovery.objectives import Model, Objective


class Measurement(Model):
    """What the drill lost, and how long it took; in seconds of the controller's clock."""

    rpo_seconds: float
    rto_seconds: float
    canaries_lost: int
    newest_recovered: Canary
    last_written: Canary


class Judgement(Model):
    """Measured against promised."""

    rpo_met: bool
    rto_met: bool

    @property
    def met(self) -> bool:
        """Whether both objectives were met."""
        return self.rpo_met and self.rto_met


def measure(*, fault_at: float, served_at: float, last: Canary, recovered: Canary, clock_offset: float) -> Measurement:
    """Compare moments; `clock_offset` is how far the database host's clock ran ahead of the controller's."""
    if served_at <= fault_at:
        msg = "服务恢复时间早于故障时间 · the service can't have come back before the fault"
        raise ValueError(msg)
    newest = recovered.written_at - clock_offset
    return Measurement(
        rpo_seconds=round(max(fault_at - newest, 0.0), 3),
        rto_seconds=round(served_at - fault_at, 3),
        canaries_lost=max(last.number - recovered.number, 0),
        newest_recovered=recovered,
        last_written=last,
    )


def judge(measured: Measurement, objective: Objective) -> Judgement:
    """Compare with the objective."""
    return Judgement(
        rpo_met=measured.rpo_seconds <= objective.rpo_seconds,
        rto_met=measured.rto_seconds <= objective.rto_seconds,
    )
