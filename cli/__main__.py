"""`python -m cli` is the `vedette` command."""

from cli.main import main

main()
