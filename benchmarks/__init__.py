"""Measurements of the project, each a script that prints what it measured; not part of the tests."""
