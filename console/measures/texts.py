"""Words of the tables, and figures as people read them."""

from callbacks.measures import Figure, Unit
from callbacks.measures.words import Words

TEXTS = {
    "measures": Words("指标", "Measures"),
    "formulas": Words("公式", "Formulas"),
    "whole": Words("合计", "All"),
    "queue": Words("队列", "Queue"),
    "agent": Words("座席", "Agent"),
    "incident": Words("事件", "Incident"),
    "carrier": Words("运营商", "Carrier"),
    "day": Words("日", "Day"),
    "month": Words("月", "Month"),
    "half-hour": Words("半小时", "Half hour"),
    "group": Words("类别", "Group"),
    "measure": Words("指标", "Measure"),
    "value": Words("数值", "Value"),
    "formula": Words("公式", "Formula"),
    "worked": Words("代入数值", "With the numbers"),
    "note": Words("说明", "Remark"),
    "not ours": Words("非本系统指标", "Not ours"),
    "answered": Words("接通", "Answered"),
    "abandoned": Words("放弃", "Abandoned"),
    "others": Words("其他", "Others"),
    "calls chart": Words("呼叫量", "Calls"),
    "level chart": Words("服务水平", "Service level"),
    "nothing": Words("无数据", "Nothing was counted"),
    "no records": Words(
        "{since} 至 {until}({zone})没有任何记录。", "There are no records from {since} to {until} ({zone})."
    ),
    "records since": Words("最早的呼叫记录:{first}。", "The oldest record of a call is of {first}."),
}


def value_text(figure: Figure) -> str:
    """A figure with its unit; "–" where there is none."""
    value = figure.value
    if value is None:
        return "–"
    match figure.measure.unit:
        case Unit.SHARE:
            return f"{value * 100:.1f} %"
        case Unit.SECONDS:
            return f"{value:,.1f} s" if value < 3600 else f"{value / 3600:,.1f} h"
        case Unit.RATE:
            return f"{value:,.2f}"
        case Unit.NUMBER:
            return f"{value:,.0f}"
