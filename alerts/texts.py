"""The words of every rung of the default ladders, by text id ``<kind>-<rung>`` and language. Data only.

They differ from rung to rung: a provider refuses the same text three times a day, and whoever reads two of them must see
which step was reached. Placeholders are filled by ``alerts.words``: {site}, {where} (scope, or the whole site), {what}
(what failed), {since} (local time), {minutes} (from the incident's start to this rung), {hurt}, {mode}, {plan}, {drill}; of
reports and callbacks {number}, {count}, {round}, {late}.
"""

from collections.abc import Mapping
from types import MappingProxyType

ZH, EN = "zh-CN", "en"
LANGUAGES = (ZH, EN)


def _text(zh: str, en: str) -> Mapping[str, str]:
    return MappingProxyType({ZH: zh, EN: en})


def _lasting(kind: str, zh: str, en: str) -> dict[str, Mapping[str, str]]:
    """The steps that A2 and A3 share [S0 二]: engineer, leader, supervisor, managers, higher, vendor."""
    return {
        f"{kind}-engineer": _text(
            f"{zh}:{{where}},{{what}},{{since}} 开始。请立即处理。",
            f"{en} at {{where}} since {{since}}: {{what}}. Please repair it now.",
        ),
        f"{kind}-leader": _text(
            f"{zh}:{{where}},{{what}},{{since}} 开始。请安排坐席,并报告主管。",
            f"{en} at {{where}} since {{since}}: {{what}}. Please organise the seats and report to the supervisor.",
        ),
        f"{kind}-supervisor": _text(
            f"{zh}已持续 {{minutes}} 分钟:{{where}},{{what}}。请主管跟进。",
            f"{en} for {{minutes}} minutes at {{where}}: {{what}}. Supervisor, please follow it up.",
        ),
        f"{kind}-managers": _text(
            f"{zh}过了 {{minutes}} 分钟仍未修复:{{where}},{{what}}。请运营经理和中心经理介入。",
            f"{en} not repaired after {{minutes}} minutes at {{where}}: {{what}}. Managers, please step in.",
        ),
        f"{kind}-higher": _text(
            f"{zh}过了 {{minutes}} 分钟仍未修复:{{where}},{{what}}。现上报上级主管。",
            f"{en} still there after {{minutes}} minutes at {{where}}: {{what}}. Reported to the higher supervisor.",
        ),
        f"{kind}-vendor": _text(
            f"{zh}过了 {{minutes}} 分钟仍未修复:{{where}},{{what}}。请联系厂商,采取进一步措施。",
            f"{en} after {{minutes}} minutes at {{where}}: {{what}}. Please call in the vendor; further measures are due.",
        ),
    }


_SEAT = {
    "a1-leader": _text(
        "坐席故障 {minutes} 分钟未恢复:{what}。请安排换机。",
        "A seat is not back after {minutes} minutes: {what}. Please move the agent to another device.",
    ),
    "a1-engineer": _text(
        "坐席故障待维修:{what},{since} 开始。", "A seat waits for repair since {since}: {what}."
    ),
    "a1-supervisor": _text(
        "坐席故障超过期限未修复:{what},{since} 开始。请主管督办。",
        "A seat fault is past its repair time: {what}, since {since}. Supervisor, please see to it.",
    ),
}

_LINES = {
    "a4-supervisor": _text(
        "中继线路故障:{where},{what},{since} 开始。请安排报修。",
        "Lines lost at {where} since {since}: {what}. Please arrange the repair.",
    ),
    "a4-engineer": _text(
        "中继线路故障:{where},{what},{since} 开始。请立即检查。",
        "Lines lost at {where} since {since}: {what}. Please look at it now.",
    ),
    "a4-leader": _text(
        "中继线路故障:{where},{what}。接通能力下降,请知悉。",
        "Lines lost at {where}: {what}. Fewer calls can get through.",
    ),
    "a4-managers": _text(
        "中继线路故障 {minutes} 分钟未恢复:{where},{what}。请经理介入。",
        "Lines still lost after {minutes} minutes at {where}: {what}. Managers, please step in.",
    ),
    "a4-carrier": _text(
        "中继线路故障 {minutes} 分钟未恢复:{where},{what}。请联系运营商启用改接。",
        "Lines still lost after {minutes} minutes at {where}: {what}. Please ask the carrier to divert.",
    ),
    "a4-higher": _text(
        "中继线路故障 {minutes} 分钟未恢复:{where},{what}。现上报上级主管。",
        "Lines lost for {minutes} minutes at {where}: {what}. Reported to the higher supervisor.",
    ),
}

_POWER = {
    "a5-now": _text(
        "供电故障:{where},{what},{since} 开始。请立即到场。",
        "Power fault at {where} since {since}: {what}. Please go there now.",
    ),
    "a5-engineer": _text(
        "供电故障:{where},{what},{since} 开始。请工程师立即处理。",
        "Power fault at {where} since {since}: {what}. Engineer, please act now.",
    ),
    "a5-leader": _text(
        "供电故障:{where},{what},{since} 开始。请中心负责人指挥。",
        "Power fault at {where} since {since}: {what}. Centre leader, please take charge.",
    ),
    "a5-supervisor": _text(
        "供电 {minutes} 分钟未恢复:{where},{what}。请主管跟进。",
        "Power not back after {minutes} minutes at {where}: {what}. Supervisor, please follow it up.",
    ),
    "a5-managers": _text(
        "供电 {minutes} 分钟未恢复:{where},{what}。请经理介入。",
        "Power not back after {minutes} minutes at {where}: {what}. Managers, please step in.",
    ),
}

_PEOPLE = {
    "a6-everybody": _text(
        "紧急疏散:{where},{what}。请立即撤离,按预案执行。",
        "EVACUATION of {where}: {what}. Leave now and follow the plan.",
    ),
    "a6-leader": _text(
        "{where} 处于疏散状态已 {minutes} 分钟。请中心负责人复核是否解除。",
        "{where} has been evacuated for {minutes} minutes. Centre leader, please review whether it can end.",
    ),
    "a6-review": _text(
        "疏散复核时间已到:{where}。只有负责人可以解除。",
        "The evacuation of {where} is up for review. Only a leader can end it.",
    ),
    "a7-leader": _text(
        "现场事件:{where},{what},{since}。请了解并记录。",
        "Incident at {where} at {since}: {what}. Please look into it and keep the log.",
    ),
    "a7-hurt": _text(
        "现场事件,{hurt} 人受伤:{where},{what},{since}。请中心负责人立即处理。",
        "Incident with {hurt} people hurt at {where} at {since}: {what}. Centre leader, please act now.",
    ),
    "a7-supervisor": _text(
        "现场事件 {minutes} 分钟:{where},{what}。请主管跟进。",
        "Incident for {minutes} minutes at {where}: {what}. Supervisor, please follow it up.",
    ),
    "a7-rate": _text(
        "现场事件 {minutes} 分钟:{where},{what}。请评估接通率。",
        "Incident for {minutes} minutes at {where}: {what}. Please assess the connect rate.",
    ),
}

_SURGE = {
    "a8-l1": _text(
        "话务高峰一级:{where},{what}。请所有班组长和资深坐席立即接线。",
        "Surge level 1 at {where}: {what}. All leaders and senior agents, please take calls now.",
    ),
    "a8-l2": _text(
        "话务高峰二级,已持续 {minutes} 分钟:{where},{what}。请后备人员 30 分钟内到岗。",
        "Surge level 2 at {where} after {minutes} minutes: {what}. Reserve staff, please be here within 30 minutes.",
    ),
    "a8-l3": _text(
        "话务高峰三级,已持续 {minutes} 分钟:{where},{what}。请 15 分钟内联系职能人员支援。",
        "Surge level 3 at {where} after {minutes} minutes: {what}. Please contact functional staff within 15 minutes.",
    ),
    "a8-l4": _text(
        "话务高峰四级,已持续 {minutes} 分钟:{where},{what}。请经理重新审视预案。",
        "Surge level 4 at {where} after {minutes} minutes: {what}. Manager, please review the plan.",
    ),
    "plan-general": _text(
        "启动一般预案:{where},{what}。请增开一席、延长本班、提前下一班。",
        "General plan for {where}: {what}. One more seat, this shift longer, the next one earlier.",
    ),
    "plan-major": _text(
        "启动重大预案:{where},{what}。请全体人员到岗。",
        "Major plan for {where}: {what}. Everybody, please come in.",
    ),
}

_STORE = {
    "a9-engineer": _text(
        "数据库故障:{what},{since} 开始。来电记录暂存本地,没有丢失。请立即修复。",
        "Data store lost since {since}: {what}. Captures wait on disk, none is lost. Please repair it now.",
    ),
    "a9-supervisor": _text(
        "数据库故障 {minutes} 分钟:{what}。回拨已暂停,请主管跟进。",
        "Data store lost for {minutes} minutes: {what}. Callbacks wait. Supervisor, please follow it up.",
    ),
    "a9-managers": _text(
        "数据库故障 {minutes} 分钟仍未修复:{what}。请经理介入。",
        "Data store not back after {minutes} minutes: {what}. Managers, please step in.",
    ),
}

_PLANNED = {
    "a10-leader": _text(
        "计划停机开始:{where},{what},{since}。请按准备执行。",
        "Planned outage of {where} begins at {since}: {what}. Please do as prepared.",
    ),
    "a10-engineer": _text(
        "计划停机开始:{where},{what},{since}。请工程师值守。",
        "Planned outage of {where} begins at {since}: {what}. Engineer, please stand by.",
    ),
    "a10-supervisor": _text(
        "计划停机 {minutes} 分钟:{where},{what}。请主管关注是否按时结束。",
        "Planned outage of {where} for {minutes} minutes: {what}. Supervisor, please watch that it ends in time.",
    ),
}

_OWN = {
    "own-engineer": _text(
        "Holdfast 自身故障:{what},{since} 开始。请检查。",
        "A part of Holdfast itself is down since {since}: {what}. Please look at it.",
    ),
    "own-leader": _text(
        "Holdfast 自身故障 {minutes} 分钟:{what}。请值班长留意热线。",
        "A part of Holdfast is down for {minutes} minutes: {what}. Leader, please keep an eye on the hotline.",
    ),
    "own-supervisor": _text(
        "Holdfast 自身故障 {minutes} 分钟仍未修复:{what}。请主管跟进。",
        "A part of Holdfast is not repaired after {minutes} minutes: {what}. Supervisor, please follow it up.",
    ),
}

_DUTY = {
    "duty-danger": _text(
        "危险报告:{where},来电号码 {number},{since} 报告,已 {minutes} 分钟(第 {round} 次通知)。请立即回电处置。",
        "DANGER reported at {where} at {since}, {minutes} minutes ago: caller {number}. Call back at once. (Message {round})",
    ),
    "duty-fault": _text(
        "故障报告 {count} 件待接手:{where},最早 {since}(已 {minutes} 分钟),号码 {number}(第 {round} 次通知)。",
        "{count} fault reports wait at {where}, the oldest since {since} ({minutes} minutes): {number}. (Message {round})",
    ),
}

_DEADLINES = {
    "deadlines-near": _text(
        "{count} 件回拨即将到期:{where},最早 {since}({what})。请安排回拨。",
        "{count} callbacks are due soon at {where}, the first by {since} ({what}). Please have them made.",
    ),
    "deadlines-late": _text(
        "{late} 件回拨已超期:{where},最早应于 {since}({what});另有 {count} 件即将到期。请立即处理。",
        "{late} callbacks are LATE at {where}, the first since {since} ({what}); {count} more are due soon. Please see to them.",
    ),
}

_OTHERS = {
    "drill": _text(
        "演练开始:{drill},{where},{since}。请按预案参加。",
        "Drill begins: {drill}, {where}, {since}. Please take part as planned.",
    ),
    "test": _text("试发消息,无须处理。", "A trial message; nothing is to be done."),
    "general": _text(
        "事件 {kind}:{where},{what},{since} 开始。", "Incident {kind} at {where} since {since}: {what}."
    ),
    "drill-overdue": _text(
        "演练“{drill}”已到期,请安排并记录。",
        "The drill “{drill}” is overdue. Please hold it and keep its record.",
    ),
    "end": _text(
        "已恢复:{where},{what},{since} 开始的事件结束。谢谢。",
        "Over: {where}, {what}; the incident that began at {since} has ended. Thank you.",
    ),
}

TEXTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    _SEAT
    | _lasting("a2", "应用系统故障", "Application fault")
    | _lasting("a3", "话务平台故障", "Voice platform fault")
    | _LINES
    | _POWER
    | _PEOPLE
    | _SURGE
    | _STORE
    | _PLANNED
    | _OWN
    | _DUTY
    | _DEADLINES
    | _OTHERS
)
