"""The few things that belong to one installation and not to the facts: Pulumi configuration."""

from dataclasses import dataclass
from pathlib import Path

import pulumi

from infra.plan.problems import FactsError, Problem

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Settings:
    """Where the facts are, which stack of them is meant, and who may log in to its hosts."""

    facts: Path
    stack: str
    operator_key: str


def read_settings(config: pulumi.Config, stack: str) -> Settings:
    """Read them, or say which command sets what is missing."""
    file = f"stacks/Pulumi.{stack}.yaml"
    facts = (ROOT / (config.get("facts") or "stacks")).resolve()
    key = (config.get("operatorKey") or "").strip()
    problems = []
    if len(key.split()) < 2 or not key.startswith(("ssh-", "ecdsa-")):
        text = 'SSH 公钥缺失或无效 · no SSH public key; run: pulumi config set ganyun:operatorKey "$(cat KEY.pub)"'
        problems.append(Problem(file, 1, "ganyun:operatorKey", text))
    if not (facts / f"{stack}.yaml").is_file():
        text = f"没有 {facts.name}/{stack}.yaml · stack {stack} has no settings file in {facts.name}/"
        problems.append(Problem(file, 1, "ganyun:facts", text))
    if problems:
        raise FactsError(problems)
    return Settings(facts, stack, key)
