"""Run the command line."""

from disaster_recovery.cli import app

app()
