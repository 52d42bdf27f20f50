"""`python -m twilytics.cli`: the command line where the package is not installed."""

from twilytics.cli import main

main()
