"""The rules of `Dockerfile` that hadolint does not know: what it starts from, what it takes in, what is left in what is shipped."""

import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from deployments.checks.read import ROOT

BASE = re.compile(r"^[a-z0-9./_-]+:\d+(\.\d+)+[\w.-]*(@sha256:[0-9a-f]{64})?$")
CONTINUED = re.compile(r"\\\s*$")
#: The first word of each command of a shell's line.
COMMAND = re.compile(r"(?:^|&&|\|\||[;|])\s*(?:\S*/)?([\w.+-]+)")
INSTALLERS = {"apk", "apt-get", "apt", "cc", "curl", "gcc", "make", "pip", "uv", "wget"}
#: What Dataproc asks of an image, and nothing that builds.
FROM_DEBIAN = re.compile(r"apt-get install (?:--\S+ )*procps tini(?= &&|$)")
#: With both of them goes every pip of the base.
PIPS = ("site-packages", "ensurepip")
LABEL = re.compile(r'org\.opencontainers\.image\.([\w.]+)="([^"]*)"')
LABELS = ("title", "description", "version", "licenses", "base.name", "revision")
INSTALLING = re.compile(r"\bpip\b.*\binstall\b")
SECRETIVE = re.compile(r"PASSW|SECRET|TOKEN|CREDENTIAL|_DSN", re.IGNORECASE)


class Instruction(NamedTuple):
    """A line of the file, with those that continue it: its number, the word that it begins with, and the rest."""

    line: int
    word: str
    rest: str


def instructions(text: str) -> list[Instruction]:
    read: list[Instruction] = []
    begun: tuple[int, str] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#") or not line.strip():
            continue
        start, before = begun or (number, "")
        whole = before + CONTINUED.sub(" ", line)
        begun = (start, whole) if CONTINUED.search(line) else None
        if begun is None:
            word, _, rest = whole.strip().partition(" ")
            read.append(Instruction(start, word.upper(), " ".join(rest.split())))
    return read


def stages(read: Sequence[Instruction]) -> list[list[Instruction]]:
    """The instructions of each stage, its FROM first."""
    starts = [place for place, instruction in enumerate(read) if instruction.word == "FROM"]
    return [list(read[start:end]) for start, end in zip(starts, [*starts[1:], len(read)], strict=True)]


def everywhere(read: Sequence[Instruction]) -> Iterator[str]:
    """What holds of every instruction."""
    names: set[str] = set()
    for line, word, rest in read:
        if word == "FROM":
            image, _, name = rest.partition(" ")
            if image not in names and not BASE.match(image):
                yield f"line {line}: {image} is not pinned by version, as in python:3.11.13-slim-bookworm"
            names.add(name.removeprefix("AS ").removeprefix("as "))
        if word == "ADD":
            yield f"line {line}: ADD fetches and unpacks by itself: use COPY"
        if word in ("ARG", "ENV") and SECRETIVE.search(rest):
            yield f"line {line}: a secret would stay in the image: mount it when the container runs"
        if word == "RUN" and INSTALLING.search(rest) and "--require-hashes" not in rest:
            yield f"line {line}: installs what nobody has compared: use --require-hashes"
        if word == "RUN" and "apt-get" in rest and "/var/lib/apt/lists" not in rest:
            yield f"line {line}: leaves the lists of apt in the image: remove /var/lib/apt/lists in the same RUN"
        if word in ("CMD", "ENTRYPOINT", "HEALTHCHECK") and not _is_exec(rest.rpartition("CMD ")[2] if word == "HEALTHCHECK" else rest):
            yield f"line {line}: {word} runs in a shell, which gets the signals in its place: write it as a list"


def shipped(read: Sequence[Instruction]) -> list[list[Instruction]]:
    """The stages that become an image, each with those that it stands on: the last one, and whatever no other stage takes from."""
    found = stages(read)
    names = {_name(stage): stage for stage in found}
    taken = {_parent(stage) for stage in found} | {
        word.removeprefix("--from=") for _, _, rest in read for word in rest.split() if word.startswith("--from=")
    }

    def whole(stage: list[Instruction]) -> list[Instruction]:
        parent = names.get(_parent(stage))
        return [*(whole(parent) if parent else ()), *stage]

    return [whole(stage) for stage in found if stage is found[-1] or _name(stage) not in taken]


def left(read: Sequence[Instruction]) -> Iterator[str]:
    """What holds of an image: who it runs as, and what is in it."""
    found = shipped(read)
    if len(stages(read)) < 2:
        yield f"line {read[0].line}: one stage only: build in one, and run in another without what built it"
    for stage in found:
        begins = [instruction.line for instruction in stage if instruction.word == "FROM"][-1]
        users = [instruction for instruction in stage if instruction.word == "USER"]
        if not users or not users[-1].rest.partition(":")[0].strip("0").isdigit():
            yield f"line {(users or stage)[-1].line}: it runs as root, or as a name that nobody can compare: end with USER and a number"
        runs = [instruction for instruction in stage if instruction.word == "RUN"]
        for line, _, rest in runs:
            for tool in sorted(INSTALLERS.intersection(COMMAND.findall(FROM_DEBIAN.sub("", rest).replace("apt-get update", "")))):
                yield f"line {line}: {tool} in what is shipped: what it brings stays there; do it in a stage before"
        if not any(all(pip in rest for pip in PIPS) and rest.startswith("rm ") for _, _, rest in runs):
            yield f"line {begins}: the base's pip is shipped: remove {' and '.join(PIPS)}"
    if not any(instruction.word == "HEALTHCHECK" for instruction in found[-1]):
        yield f"line {found[-1][-1].line}: no HEALTHCHECK"


def labels(read: Sequence[Instruction]) -> Iterator[str]:
    """What an image does not say of itself, or says wrongly: so that two builds of a commit say the same."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    base = read[0].rest.partition(" ")[0].partition("@")[0]
    for stage in shipped(read):
        begins = [instruction.line for instruction in stage if instruction.word == "FROM"][-1]
        told = {name: value for _, word, rest in stage if word == "LABEL" for name, value in LABEL.findall(rest)}
        for name in LABELS:
            if not told.get(name):
                yield f"line {begins}: no label org.opencontainers.image.{name}"
        if told.get("version", version) != version:
            yield f"line {begins}: is labelled {told['version']}, and the package is {version}"
        if not told.get("base.name", base).endswith(f"/{base}") and "base.name" in told:
            yield f"line {begins}: is labelled as made from {told['base.name']}, and is made from {base}"
        if "created" in told:
            yield f"line {begins}: a label tells the time: no two builds would be the same"


def taken_in(read: Sequence[Instruction], context: Path) -> Iterator[str]:
    """What is copied from the project's folder and is not there, or that `.dockerignore` keeps out."""
    lines = (context / ".dockerignore").read_text(encoding="utf-8").splitlines()
    if "*" not in lines:
        yield ".dockerignore: does not begin by leaving out everything: a secret could slip in"
    let_in = {line.removeprefix("!").strip("/") for line in lines if line.startswith("!")}
    for line, word, rest in read:
        if word != "COPY" or "--from=" in rest:
            continue
        for source in rest.split()[:-1]:
            if source not in let_in:
                yield f"line {line}: .dockerignore leaves out {source}: name it there with a !, and nothing wider"
            elif not (context / source).exists():
                yield f"line {line}: {source} is not there"


def problems(path: Path, context: Path) -> list[str]:
    """All that is wrong with the file. ``context``: the folder that it is built from."""
    read = instructions(path.read_text(encoding="utf-8"))
    return [*everywhere(read), *left(read), *labels(read), *taken_in(read, context)]


def _name(stage: Sequence[Instruction]) -> str:
    """What FROM calls the stage; empty where it has no name."""
    return stage[0].rest.replace(" as ", " AS ").partition(" AS ")[2]


def _parent(stage: Sequence[Instruction]) -> str:
    return stage[0].rest.partition(" ")[0]


def _is_exec(rest: str) -> bool:
    try:
        return isinstance(json.loads(rest), list)
    except ValueError:
        return False
