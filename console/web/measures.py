"""The page of measures (requirement G): figures with their formulas, tables, charts, and the same as CSV and XLSX.

For leaders: what one agent does is told by agent.
"""

from dataclasses import replace
from typing import Final

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup

from callbacks.measures import GROUPS, NOT_OURS, SERVICE_LEVELS
from console.measures import BY, Report, Wrong, asked_for, build, is_counted
from console.measures.charts import charts
from console.measures.files import XLSX, file_name, to_csv, to_xlsx
from console.measures.texts import TEXTS, value_text
from console.web.auth import leaders
from console.web.problems import Refused
from console.web.site import now, site, store
from console.web.words import language
from console.web.words import translate as _

blueprint = Blueprint("measures", __name__, url_prefix="/measures")
MOST_LINES: Final = 500  # on the page; the files hold all


@blueprint.get("/")
@leaders
def page() -> str:
    """The measures of a time, today's otherwise."""
    report = _report()
    return render_template(
        "measures.html",
        report=report,
        counted=is_counted(report),
        lines=report.lines[-MOST_LINES:],
        groups=GROUPS,
        charts=[Markup(one) for one in charts(report, language())],  # noqa: S704  # drawn by us, names escaped
        not_ours=NOT_OURS,
        by=BY,
        levels=SERVICE_LEVELS,
        texts=TEXTS,
        value_text=value_text,
        first=request.args.get("from", ""),
        last=request.args.get("until", ""),
        zone=site().known.zone.key,
    )


@blueprint.get("/measures.csv")
@leaders
def as_csv() -> Response:
    """The same as CSV."""
    report = _report()
    return _file(report, to_csv(report, language()), "csv", "text/csv; charset=utf-8")


@blueprint.get("/measures.xlsx")
@leaders
def as_xlsx() -> Response:
    """The same as XLSX."""
    report = _report()
    return _file(report, to_xlsx(report, language()), "xlsx", XLSX)


def _file(report: Report, content: bytes, ending: str, kind: str) -> Response:
    response = Response(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name(report, ending)}"'
    return response


def _report() -> Report:
    zone = site().known.zone
    args = request.args
    wanted = args.get("level", "")
    try:
        asked = asked_for(args.get("from", ""), args.get("until", ""), args.get("by", ""), now(), zone)
        policy = replace(site().measures, formula=wanted) if wanted else site().measures
        return build(store(), asked, policy, zone, now(), site().queues)
    except Wrong as wrong:
        words = {
            "by": _("There is nothing to tell by “%(name)s”.", name=args.get("by", "")[:40]),
            "from": _("Give the first day as YYYY-MM-DD."),
            "until": _(
                "Give the last day as YYYY-MM-DD, not before the first, and for half hours at most %(days)s days after it.",
                days=31,
            ),
            "formula": _("There is no such formula of the service level."),
        }
        raise Refused(words[wrong.field]) from None
