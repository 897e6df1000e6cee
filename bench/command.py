"""``python -m bench.command DAY COMMAND …``: a flask command as on that day, in a process of its own to be measured."""

import sys
from datetime import date

from flask.cli import ScriptInfo

from config import Config
from tracker.app import create_command_app
from tracker.clock import FixedClock


def main(arguments: list[str]) -> None:
    day, *command = arguments
    app = create_command_app(Config.from_env(), clock=FixedClock.on(date.fromisoformat(day)))
    app.cli.main(command, prog_name="flask", obj=ScriptInfo(create_app=lambda: app))


if __name__ == "__main__":
    main(sys.argv[1:])
