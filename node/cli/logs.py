"""Logs of commands that stay in service: one line each on stderr, never a traceback unasked."""

import logging
import os
import sys

from node.cli.screen import DEBUG_VARIABLE, clean


class OneLine(logging.Formatter):
    """A record as one line; an exception as its type and words."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, name and text."""
        told = f"{self.formatTime(record)} {record.levelname.lower()} {record.name}: "
        told += " ".join(record.getMessage().split())
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            told += f" ({type(error).__name__}: {' '.join(str(error).split())[:300]})"
            if os.environ.get(DEBUG_VARIABLE):
                told += "\n" + self.formatException(record.exc_info)
        return clean(told)


def to_stderr() -> None:
    """Send the program's log to stderr: warnings, and everything with MAILLAGE_DEBUG=1."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine())
    debug = bool(os.environ.get(DEBUG_VARIABLE))
    logging.basicConfig(
        handlers=[handler], level=logging.INFO if debug else logging.WARNING, force=True
    )
