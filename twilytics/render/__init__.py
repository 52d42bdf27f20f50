"""A declaration as something else, a module a target. Pure: the same declaration gives the same text or schema."""
