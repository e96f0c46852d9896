"""Structured logs: one JSON object a line on standard error, telephone numbers masked."""

import logging
import sys

import structlog

from callbacks.masking import mask_log_values


def set_up(level: str) -> None:
    """For the whole process. level: debug, info, warning or error."""
    threshold = logging.getLevelNamesMapping()[level.upper()]
    # panoramisk and others log through the standard library; what they say is ours to repeat only when it matters
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
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
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
