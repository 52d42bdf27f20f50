"""The rules of `deployments/gcp` that hold of any Terraform: pins, variables, what is referred to, nothing of somebody's own in it."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from deployments.checks.hcl import Block, arguments, blocks, parsed, references, unquoted

#: Pessimistic, to a minor version at the least: `~> 8.7`, or an exact one.
PINNED = re.compile(r"^(~> )?\d+\.\d+(\.\d+)?$")
#: What would be somebody's own: a region or zone, an e-mail address, a number that Google knows a project or an account by.
OWN = {
    "a region": re.compile(r"\b(europe|us|asia|australia|northamerica|southamerica|me|africa)-[a-z]+\d+(-[a-z])?\b"),
    "an e-mail address": re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"),
    "a number of a project": re.compile(r"\b\d{9,}\b"),
    "a billing account": re.compile(r"\b[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}\b"),
}
#: Whatever else is a number is somebody's choice, and a variable.
PLAIN_NUMBERS = (0, 1)
#: Arguments that say in which project something is.
PROJECTS = ("project", "project_id", "billing_project")
#: A validation may name an example.
EXPLAINS = ("description", "error_message", "condition")


def variables(found: Sequence[Block]) -> Iterator[str]:
    """Variables that nobody explains, that admit anything, or that nothing reads."""
    read = {path.partition(".")[0] for block in found for root, path in _read_by(block) if root == "var"}
    for block in found:
        if block.kind != "variable":
            continue
        (name,) = block.labels
        for needed in ("description", "type"):
            if not unquoted(block.body.get(needed, "")):
                yield f"{block.file}: variable {name} has no {needed}"
        if block.body.get("type") in ("any", "${any}"):
            yield f"{block.file}: variable {name} is of any type: say which"
        if name not in read:
            yield f"{block.file}: variable {name} is read by nothing: remove it, or use it"


def outputs(found: Sequence[Block]) -> Iterator[str]:
    for block in found:
        if block.kind == "output" and not unquoted(block.body.get("description", "")):
            yield f"{block.file}: output {block.labels[0]} has no description"


def resolve(found: Sequence[Block]) -> Iterator[str]:
    """References to what is not there, and what is there twice."""
    defined = [name for block in found for name in _defines(block)]
    for name in sorted({name for name in defined if defined.count(name) > 1}):
        yield f"{name} is defined twice"
    for block in found:
        for root, path in references(block.body):
            first, _, second = path.partition(".")
            name = f"data.{first}.{second}" if root == "data" else f"{root}.{first}"
            if name not in defined:
                yield f"{block.file}: {block.address or block.kind} refers to {name}, which is not there"


def pins(found: Sequence[Block]) -> Iterator[str]:
    """Providers that would be others tomorrow, that are used and not required, or required and not used."""
    required: dict[str, Any] = {}
    for block in found:
        if block.kind == "terraform":
            if "<" not in block.body.get("required_version", ""):
                yield f"{block.file}: required_version has no upper bound"
            for listed in block.body.get("required_providers", ()):
                required |= {name: told for name, told in listed.items() if isinstance(told, dict)}
    for name, told in required.items():
        if not PINNED.match(unquoted(told.get("version", ""))):
            yield f"versions.tf: provider {name} is not pinned, as in ~> 8.7"
    used = {block.labels[0].partition("_")[0] for block in found if block.kind in ("resource", "data")}
    yield from (f"versions.tf: provider {name} is used, and not in required_providers" for name in sorted(used - set(required)))
    yield from (f"versions.tf: provider {name} is in required_providers, and used by nothing" for name in sorted(set(required) - used))


def literals(found: Sequence[Block]) -> Iterator[str]:
    """What is somebody's own, or a choice, and stands elsewhere than in a variable's default."""
    for block in found:
        for path, value in arguments(block.body):
            where = f"{block.file}: {block.address or block.kind}: {'.'.join(path)}"
            if value is None or isinstance(value, bool) or block.kind == "terraform" or path[-1:] == ("error_message",):
                continue
            if isinstance(value, (int, float)):
                if block.kind != "variable" and value not in PLAIN_NUMBERS:
                    yield f"{where} is {value}: make it a variable"
                continue
            if path[-1] in PROJECTS and not value.startswith("${"):
                yield f"{where} is {value}: make it a variable"
            for what, written in OWN.items():
                if path[-1] not in EXPLAINS and (shown := written.search(value)):
                    yield f"{where} has {what} in it, {shown[0]}: tell it in terraform.tfvars"


def _read_by(block: Block) -> Iterator[tuple[str, str]]:
    """A variable that only its own validation reads is read by nothing."""
    own = block.labels[0] if block.kind == "variable" else None
    yield from ((root, path) for root, path in references(block.body) if (root, path.partition(".")[0]) != ("var", own))


def _defines(block: Block) -> Iterator[str]:
    if block.kind == "variable":
        yield f"var.{block.labels[0]}"
    elif block.kind == "locals":
        yield from (f"local.{name}" for name in block.body)
    elif block.kind in ("resource", "data"):
        yield block.address


def read(folder: Path) -> list[Block]:
    """Raise ValueError where a file is no HCL."""
    return blocks({path.name: parsed(path) for path in sorted(folder.glob("*.tf"))})


def problems(folder: Path) -> list[str]:
    """All that is wrong with the files of the folder, each by its file's name; only the first that is no HCL where one is not."""
    from deployments.checks import gcp_guarded

    try:
        found = read(folder)
    except ValueError as error:
        return [str(error)]
    rules = (variables, outputs, resolve, pins, literals, *gcp_guarded.RULES)
    return [problem for rule in rules for problem in rule(found)]
