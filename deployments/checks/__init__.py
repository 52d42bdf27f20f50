"""What can be told of the deployment without Docker: `python -m deployments.checks`, part of `make check`.

A rule takes what was read and yields what is wrong, each naming the service or the line, and what to do.
"""
