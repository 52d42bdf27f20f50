"""The rules of `Dockerfile`: what it starts from, what it takes in, who it runs as, what the last stage is left with."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

BASE = re.compile(r"^[a-z0-9./_-]+:\d+(\.\d+)+[\w.-]*(@sha256:[0-9a-f]{64})?$")
CONTINUED = re.compile(r"\\\s*$")
INSTALLS = re.compile(r"\b(apt-get|apk|pip|uv|curl|wget|gcc|make)\b")
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
        if word == "RUN" and "pip" in rest and "install" in rest and "--require-hashes" not in rest:
            yield f"line {line}: installs what nobody has compared: use --require-hashes"
        if word == "RUN" and "apt-get" in rest and "/var/lib/apt/lists" not in rest:
            yield f"line {line}: leaves the lists of apt in the image: remove /var/lib/apt/lists in the same RUN"
        if word in ("CMD", "ENTRYPOINT", "HEALTHCHECK") and not _is_exec(rest.rpartition("CMD ")[2] if word == "HEALTHCHECK" else rest):
            yield f"line {line}: {word} runs in a shell, which gets the signals in its place: write it as a list"


def last_stage(read: Sequence[Instruction]) -> Iterator[str]:
    """What holds of the stage that is run."""
    found = stages(read)
    if len(found) < 2:
        yield f"line {read[0].line}: one stage only: build in one, and run in another without what built it"
    stage = found[-1]
    users = [instruction for instruction in stage if instruction.word == "USER"]
    if not users or users[-1].rest.partition(":")[0] in ("root", "0"):
        yield f"line {(users or stage)[-1].line}: it runs as root: end with USER and a number"
    if not any(instruction.word == "HEALTHCHECK" for instruction in stage):
        yield f"line {stage[0].line}: no HEALTHCHECK"
    for line, word, rest in stage:
        if word == "RUN" and (tool := INSTALLS.search(rest)):
            yield f"line {line}: {tool[0]} in the last stage: what it brings stays there; do it in the stage before"


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
    return [*everywhere(read), *last_stage(read), *taken_in(read, context)]


def _is_exec(rest: str) -> bool:
    try:
        return isinstance(json.loads(rest), list)
    except ValueError:
        return False
