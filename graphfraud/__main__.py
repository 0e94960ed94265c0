"""``python -m graphfraud``."""

from graphfraud.cli.main import main

main()
