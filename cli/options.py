"""Options that many commands take."""

from typing import Annotated

import typer

Project = Annotated[str, typer.Option("--project", help="Id or name; the default project when left out.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")]
