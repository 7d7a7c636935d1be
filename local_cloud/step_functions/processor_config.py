"""How a Map runs its items: its ProcessorConfig.
https://docs.aws.amazon.com/step-functions/latest/dg/state-map.html
"""

from typing import Any


def processor_config(map_state: dict[str, Any]) -> dict[str, Any]:
    config: dict[str, Any] = map_state["ItemProcessor"].get("ProcessorConfig", {})
    return config


def is_distributed(map_state: dict[str, Any]) -> bool:
    return str(processor_config(map_state).get("Mode")) == "DISTRIBUTED"


def is_express(map_state: dict[str, Any]) -> bool:
    return str(processor_config(map_state).get("ExecutionType")) == "EXPRESS"
