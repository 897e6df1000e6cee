"""`make run`: bring the database up, make the demo clinic on first start, then web and scheduler side by side."""

import argparse
import signal
import subprocess
import sys
from types import FrameType

from flask import Flask
from flask.cli import ScriptInfo

from config import Config
from tracker import migrate
from tracker.app import create_command_app, open_database
from tracker.cli_demo import seed_demo
from tracker.errors import TrackerError

STOP_WITHIN = 15


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted; the exit status is that of the part that ended first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=5000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--no-demo", action="store_true", help="do not make the demo clinic in an empty database")
    options = parser.parse_args(arguments)
    try:
        prepare(demo=not options.no_demo)
    except TrackerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"\nOpen http://localhost:{options.port}   (stop with Ctrl+C)\n\n")
    sys.stdout.flush()
    return run_together(commands(options.port, options.workers))


def prepare(*, demo: bool) -> None:
    """The newest schema, and on first start the demo clinic with its printed sign-ins."""
    config = Config.from_env()
    database = open_database(config)
    migrate.upgrade(database.engine)
    database.close()
    if demo and not config.production:
        seed_if_empty(create_command_app(config))


def seed_if_empty(app: Flask) -> None:
    """What ``flask seed-demo --if-empty`` does."""
    seed_demo.main(["--if-empty"], standalone_mode=False, obj=ScriptInfo(create_app=lambda: app))


def commands(port: int, workers: int) -> list[list[str]]:
    """The two processes: gunicorn, which never starts a scheduler, and the scheduler."""
    web = [sys.executable, "-m", "gunicorn", "tracker.wsgi:app", "--bind", f"127.0.0.1:{port}"]
    web += ["--workers", str(workers), "--threads", "4", "--no-control-socket", "--log-level", "warning"]
    return [web, [sys.executable, "-m", "tracker.scheduler"]]


def run_together(argvs: list[list[str]]) -> int:
    """Start all; when one ends, or on Ctrl+C, end the others."""
    children = [subprocess.Popen(argv) for argv in argvs]  # noqa: S603  (our own commands)

    def interrupted(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupted)
    try:
        return _first_to_end(children)
    except KeyboardInterrupt:
        return 0
    finally:
        _end(children)


def _first_to_end(children: list[subprocess.Popen[bytes]]) -> int:
    while True:
        for child in children:
            try:
                return child.wait(timeout=0.5)
            except subprocess.TimeoutExpired:
                continue


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.terminate()
    for child in children:
        try:
            child.wait(timeout=STOP_WITHIN)
        except subprocess.TimeoutExpired:
            child.kill()


if __name__ == "__main__":
    sys.exit(main())
