"""What every process of ours writes to its log: one JSON object a line on standard error, telephone numbers masked.

What libraries say through the standard library's logging is masked too: an error of theirs may repeat what it was given.
"""

import logging
import sys

import structlog

from callbacks.masking import mask_log_values, mask_text


class Masked(logging.Formatter):
    """A formatter that masks the whole line, with the traceback below it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return mask_text(super().format(record))


class _Stderr:
    """Standard error as it is at the moment of writing: a command's may be replaced."""

    def msg(self, message: str) -> None:
        print(message, file=sys.stderr, flush=True)  # noqa: T201  # this is the log

    log = debug = info = warn = warning = error = critical = exception = fatal = msg


def set_up(level: str, *, fast: bool = True) -> None:
    """For the whole process. level: debug, info, warning or error. fast: standard error stays what it is now."""
    threshold = logging.getLevelNamesMapping()[level.upper()]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Masked("%(name)s: %(message)s"))
    # panoramisk and others log through the standard library; what they say is ours to repeat only when it matters
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("panoramisk").setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask_log_values,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr) if fast else lambda *_: _Stderr(),
        cache_logger_on_first_use=fast,
    )
