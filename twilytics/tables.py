"""All tables with their transforms, in an order in which each comes after its inputs."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module
from inspect import Parameter, signature
from typing import Any

import ibis.expr.types as ir

from twilytics import bronze, gold, silver
from twilytics.schema import Table


@dataclass(frozen=True)
class Definition:
    """A table and the function that makes it of its inputs; None where its rows come from outside."""

    table: Table
    transform: Callable[..., Any] | None

    @property
    def is_relational(self) -> bool:
        """Whether the transform is an Ibis expression; else it is a function of Arrow tables."""
        return self.transform is not None and self.transform.__annotations__["return"] is ir.Table

    @property
    def options(self) -> tuple[str, ...]:
        """What a function of Arrow tables is told beside them, by keyword: the ``interval``, the ``key`` of the hashes."""
        parameters = signature(self.transform).parameters.values() if self.transform else ()
        return tuple(parameter.name for parameter in parameters if parameter.kind is Parameter.KEYWORD_ONLY)


@cache
def definitions() -> dict[str, Definition]:
    """By table name, inputs first. Loads the transforms, and Ibis with them."""
    modules = [import_module(f"{layer.__name__}.{name}") for layer in (bronze, silver, gold) for name in layer.TABLES]
    found = {module.TABLE.name: Definition(module.TABLE, getattr(module, "transform", None)) for module in modules}
    order = TopologicalSorter({name: [i.name for i in definition.table.inputs] for name, definition in found.items()})
    return {name: found[name] for name in order.static_order()}


def of_layer(layer: str) -> tuple[Table, ...]:
    """The tables of ``bronze``, or those of ``silver`` or ``gold`` that a transform makes, inputs first."""
    found = (definition for definition in definitions().values() if definition.table.layer == layer)
    return tuple(definition.table for definition in found if layer == "bronze" or definition.transform is not None)


def named(name: str) -> Table:
    """Raise KeyError where there is no such table."""
    return definitions()[name].table
