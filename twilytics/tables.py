"""All tables with their transforms, in an order in which each comes after its inputs."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module
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


@cache
def definitions() -> dict[str, Definition]:
    """By table name, inputs first. Loads the transforms, and Ibis with them."""
    modules = [import_module(f"{layer.__name__}.{name}") for layer in (bronze, silver, gold) for name in layer.TABLES]
    found = {module.TABLE.name: Definition(module.TABLE, getattr(module, "transform", None)) for module in modules}
    order = TopologicalSorter({name: [i.name for i in definition.table.inputs] for name, definition in found.items()})
    return {name: found[name] for name in order.static_order()}


def of_layer(layer: str) -> tuple[Table, ...]:
    """The tables of ``bronze``, ``silver`` or ``gold``, inputs first."""
    return tuple(definition.table for definition in definitions().values() if definition.table.layer == layer)


def named(name: str) -> Table:
    """Raise KeyError where there is no such table."""
    return definitions()[name].table
