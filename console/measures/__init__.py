"""The measures of a hotline as people read them (requirement G): gathered from the store, as tables, files and charts."""

from console.measures.report import BY, Asked, Line, Report, Wrong, asked_for, build, is_counted

__all__ = ["BY", "Asked", "Line", "Report", "Wrong", "asked_for", "build", "is_counted"]
