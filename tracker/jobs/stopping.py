"""How a job in hand ends when its process is being ended."""


class Stopped(Exception):
    """The process is being ended; what is left is done by the next run."""
