"""Records made of rows: incident report, fault form, leader's log, closing review, drill record, public notice (F1–F5).

Builders are pure: rows in, a ``Document`` out, the same rows the same document. What nobody has told is a gap that
says so; nothing is invented. ``markdown``, ``table`` and ``page`` put a document into bytes.
"""

from console.records.archive import archive
from console.records.closing_review import closing_review
from console.records.drill_record import drill_record
from console.records.fault_form import fault_form
from console.records.gather import Record, UnknownIncident, load, load_day
from console.records.incident_report import incident_report
from console.records.leader_log import leader_log
from console.records.markdown import to_markdown
from console.records.page import to_page
from console.records.place import Place, place_of
from console.records.table import to_csv
from console.records.values import PARTS, Document

__all__ = [
    "PARTS",
    "Document",
    "Place",
    "Record",
    "UnknownIncident",
    "archive",
    "closing_review",
    "drill_record",
    "fault_form",
    "incident_report",
    "leader_log",
    "load",
    "load_day",
    "place_of",
    "to_csv",
    "to_markdown",
    "to_page",
]
