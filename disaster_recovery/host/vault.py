"""Talk to the vault without restic: is it there, does it know us, has it room? Each answer has its own message."""

from __future__ import annotations

import base64
import json
import ssl
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from .config import Config
from .problem import Problem

ROOM_FILE = "room.json"
ROOM_REFRESH_SECONDS = 25


@dataclass(frozen=True)
class Room:
    """Space on the vault as the vault itself last measured it."""

    free_bytes: int
    reserve_bytes: int
    measured_at: float

    @property
    def full(self) -> bool:
        """Whether the vault has fallen below what it keeps back for pruning."""
        return self.free_bytes < self.reserve_bytes


def knock(config: Config) -> bool:
    """Return whether our repository exists; unreachable, unknown certificate and refused credentials are problems."""
    status, _ = _request(config, "config", method="HEAD")
    return status == 200


def room(config: Config) -> Room | None:
    """Return the vault's own measurement of its free space, None before its first one."""
    status, body = _request(config, ROOM_FILE)
    if status != 200:
        return None
    values: dict[str, Any] = json.loads(body)
    return Room(int(values["free_bytes"]), int(values["reserve_bytes"]), float(values["measured_at"]))


def require_room(config: Config) -> None:
    """Refuse to start a backup that the vault couldn't take."""
    if (now := room(config)) is not None and now.full:
        raise full(now)


def fresh_room(config: Config, since: float) -> Room | None:
    """Wait for a measurement younger than `since`, so that a failure is explained by what was true after it."""
    deadline = time.monotonic() + ROOM_REFRESH_SECONDS
    while (latest := room(config)) is not None and latest.measured_at < since and time.monotonic() < deadline:
        time.sleep(1)
    return latest


def full(now: Room) -> Problem:
    """Name a full disk as a full disk."""
    free, reserve = now.free_bytes // 2**20, now.reserve_bytes // 2**20
    return Problem(
        "vault-full",
        f"灾备保险库磁盘已满：剩余 {free} MiB，低于保留量 {reserve} MiB；本次备份不计为成功",
        f"the vault's disk is full: {free} MiB free, {reserve} MiB kept in reserve; this backup does not count",
    )


def credential(config: Config) -> str:
    """Return the password of this client's account on the vault."""
    return config.credential.read_text(encoding="ascii").strip()


def _request(config: Config, path: str, method: str = "GET") -> tuple[int, bytes]:
    url = f"https://{config.vault}/{config.client}/{path}"
    account = base64.b64encode(f"{config.client}:{credential(config)}".encode()).decode()
    request = urllib.request.Request(url, method=method, headers={"Authorization": f"Basic {account}"})
    try:
        context = ssl.create_default_context(cafile=str(config.authority))
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:  # noqa: S310 - https by construction
            return int(answer.status), answer.read()
    except urllib.error.HTTPError as error:
        if error.code in (401, 403):
            raise Problem(
                "vault-refused",
                f"灾备保险库拒绝了客户端 {config.client} 的口令（HTTP {error.code}）",
                f"the vault refused the credentials of {config.client}",
            ) from None
        return error.code, b""
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLError):
            raise Problem(
                "vault-untrusted",
                f"灾备保险库 {config.vault} 的证书不可信",
                f"the certificate of {config.vault} is not trusted",
                str(reason),
            ) from None
        raise Problem(
            "vault-unreachable",
            f"无法连接灾备保险库 {config.vault}",
            f"the vault {config.vault} is unreachable",
            str(reason),
        ) from None
