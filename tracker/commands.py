"""What ``flask --app tracker.commands NAME`` starts: the application with its commands and without its pages."""

from tracker.app import create_command_app as create_app

__all__ = ["create_app"]
