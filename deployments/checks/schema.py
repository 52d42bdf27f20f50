"""The form of `compose.yaml`: a strict schema of the keys that it uses, of our own.

Compose knows many more. Those that are not here are refused all the same: whoever needs one adds it, with its form, and sees
whether a rule should know of it.
"""

from typing import Any

TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
TEXTS: dict[str, Any] = {"type": "array", "items": TEXT, "minItems": 1, "uniqueItems": True}
DURATION: dict[str, Any] = {"type": "string", "pattern": r"^([0-9]+(ms|s|m|h))+$"}
SIZE: dict[str, Any] = {"type": "string", "pattern": r"^[0-9]+[kmg]$"}


def _only(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def _named(form: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "patternProperties": {"^[a-z][a-z0-9_-]*$": form}, "additionalProperties": False, "minProperties": 1}


CONDITION = _only({"condition": {"enum": ["service_started", "service_healthy", "service_completed_successfully"]}}, "condition")
HEALTH = {
    "oneOf": [
        _only({"disable": {"const": True}}, "disable"),
        _only(
            {
                "test": {"type": "array", "items": TEXT, "minItems": 2, "prefixItems": [{"enum": ["CMD", "CMD-SHELL"]}]},
                "interval": DURATION,
                "timeout": DURATION,
                "start_period": DURATION,
                "retries": {"type": "integer", "minimum": 1},
            },
            "test",
            "interval",
            "timeout",
            "retries",
        ),
    ]
}
SERVICE = _only(
    {
        "image": TEXT,
        "build": _only({"context": TEXT, "dockerfile": TEXT, "args": {"type": "object", "additionalProperties": TEXT}}, "context"),
        "command": {"type": "array", "items": TEXT, "minItems": 1},
        "user": TEXT,
        "hostname": TEXT,
        "init": {"type": "boolean"},
        # Texts only: YAML makes other things of an unquoted yes, 010 or 1e3 than the container gets.
        "environment": {"type": "object", "patternProperties": {"^[A-Z][A-Z0-9_]*$": {"type": "string"}}, "additionalProperties": False},
        "secrets": {"type": "array", "items": {"oneOf": [TEXT, _only({"source": TEXT, "target": TEXT}, "source", "target")]}},
        "volumes": TEXTS,
        "tmpfs": TEXTS,
        "networks": TEXTS,
        "ports": TEXTS,
        "depends_on": _named(CONDITION),
        "healthcheck": HEALTH,
        "restart": {"enum": ["no", "always", "on-failure", "unless-stopped"]},
        "read_only": {"type": "boolean"},
        "cap_drop": TEXTS,
        "security_opt": TEXTS,
        "pids_limit": {"type": "integer", "minimum": 1},
        "mem_limit": SIZE,
        "shm_size": SIZE,
        "stop_grace_period": DURATION,
        "logging": _only({"driver": TEXT, "options": {"type": "object", "additionalProperties": TEXT}}, "driver", "options"),
    },
    "image",
)
COMPOSE = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **_only(
        {
            "name": TEXT,
            "services": _named(SERVICE),
            "networks": _named(_only({"internal": {"type": "boolean"}})),
            "volumes": _named(_only({})),
            "secrets": _named(_only({"file": TEXT}, "file")),
        },
        "name",
        "services",
        "networks",
        "volumes",
        "secrets",
    ),
    "patternProperties": {"^x-": {}},
}
