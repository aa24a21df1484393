"""Run the command line as `python -m dsol`."""

from dsol.cli import main

main()
