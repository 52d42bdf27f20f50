"""What the transforms share: the interval between two slots, steps from slot to slot, the overlap of two lists."""

import ibis
import ibis.expr.types as ir

#: Minutes from one slot to the next. Unbound, as the tables are: an engine binds it when it runs a transform.
INTERVAL = ibis.param("int64")


def later(slot: ir.TimestampValue, slots: int | ir.IntegerValue = 1) -> ir.TimestampValue:
    """The slot so many slots later (earlier, where negative)."""
    return slot + (INTERVAL * slots).as_interval("m")


def overlap(n_shared: ir.IntegerValue, n_a: ir.IntegerValue, n_b: ir.IntegerValue) -> ir.FloatingValue:
    """|A ∩ B| / max(|A|, |B|); NULL where one of them is. (``greatest`` alone ignores a NULL in both engines.)"""
    longer = ibis.ifelse(n_a >= n_b, n_a, n_b)
    return ibis.ifelse(n_a.isnull() | n_b.isnull(), ibis.null("float64"), n_shared / longer)


def total(values: ir.FloatingColumn) -> ir.FloatingScalar:
    """The sum, in units of 1e-15. Engines add in any order, and a sum of doubles depends on it: rows would change for nothing."""
    return values.cast("decimal(28, 15)").sum().cast("float64")


def day(slot: ir.TimestampValue) -> ir.TimestampValue:
    """Midnight UTC before the slot. (Ibis forgets the zone when it truncates; both engines' sessions are in UTC.)"""
    return slot.truncate("D").cast("timestamp('UTC', 6)")


def slots_between(earlier: ir.TimestampValue, later: ir.TimestampValue) -> ir.IntegerValue:
    """How many intervals lie between two slots."""
    return (later.epoch_seconds() - earlier.epoch_seconds()) // (60 * INTERVAL)
