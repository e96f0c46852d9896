"""A caller of the pure dialogue: plays it and remembers everything, as a driver and a dial plan would carry it on."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ivr.dialogue import Stage, advance, start
from ivr.policy import CallerPolicy, Region
from ivr.steps import (
    Admit,
    Admitted,
    Ask,
    End,
    Input,
    Keys,
    Play,
    Record,
    Recorded,
    Seen,
    SetFacts,
    SetLanguage,
    Spool,
    Step,
)
from ivr.values import CallFacts, Left, Outage

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
POLICY = CallerPolicy(area_code="0571", ask_message=False)
WHOLE = CallerPolicy(area_code="0571", regions=(Region("west", "1"), Region("east", "2")))
CALL = CallFacts("1.1", "power", "zh-CN", "fault", caller_id="13912345678", own="13912345678")
WITHHELD = replace(CALL, caller_id="", own="")
REFERENCED = replace(CALL, reference="402913")
NONE_YET = Seen(None)
OUTAGES = (
    Outage("west", NOW + timedelta(hours=22), NOW + timedelta(hours=26)),
    Outage("", NOW + timedelta(days=2), NOW + timedelta(days=2, hours=1)),
)


class Heard:
    """Plays a whole dialogue and remembers everything. facts: the call's variables, as the dial plan has them.

    admit: what is answered when it is asked whether a number may be taken; None leaves that to the test. meet: what is
    answered when it is asked whether there is a promise for his number already; None again leaves it to the test.
    """

    def __init__(
        self,
        call: CallFacts = CALL,
        policy: CallerPolicy = POLICY,
        outages: Sequence[Outage] = (),
        admit: bool | None = True,
        meet: Input | None = NONE_YET,
    ) -> None:
        self._admit, self._meet = admit, meet
        self.facts: dict[str, str] = {}
        self.order: list[Step] = []
        self.dialogue, steps = start(call, policy, SHANGHAI, NOW, outages)
        self._take(steps)

    def answer(self, *answers: str | Input) -> "Heard":
        for answer in answers:
            given = Keys(answer) if isinstance(answer, str) else answer
            self._dial_plan(given)
            self.dialogue, steps = advance(self.dialogue, given, NOW)
            self._take(steps)
        return self

    def _dial_plan(self, given: Input) -> None:
        """What the dial plan's own steps put into the call: keys of more than one digit, and the name of a recording."""
        if isinstance(given, Keys) and isinstance(self.last, Ask) and self.last.digits > 1:
            self.facts["HF_KEYED"] = "".join(c for c in given.text if c.isdecimal())
        if isinstance(given, Recorded) and given.name:
            self.facts["HF_RECORDING"] = given.name

    def _take(self, steps: tuple[Step, ...]) -> None:
        assert all(isinstance(step, Play | SetFacts | SetLanguage) for step in steps[:-1])
        self.order += steps
        for step in steps:
            if isinstance(step, SetFacts):
                self.facts |= dict(step.facts)
        if isinstance(self.last, Admit) and self._admit is not None:
            self.answer(Admitted(self._admit))
        elif self.dialogue.stage is Stage.MEETING and self._meet is not None:
            self.answer(self._meet)

    @property
    def last(self) -> Step:
        return self.order[-1]

    @property
    def ended(self) -> bool:
        return isinstance(self.last, End)

    @property
    def asked(self) -> tuple[str, ...]:
        return self.last.prompts if isinstance(self.last, Ask | Record) else ()

    @property
    def lines(self) -> list[Left]:
        return [step.left for step in self.order if isinstance(step, Spool)]

    @property
    def left(self) -> Left:
        (left,) = self.lines
        return left

    @property
    def spoken(self) -> list[str]:
        return [p for step in self.order if isinstance(step, Play | Ask | Record) for p in step.prompts]

    @property
    def played(self) -> list[tuple[str, ...]]:
        return [step.prompts for step in self.order if isinstance(step, Play)]


def called_again(call: CallFacts, facts: dict[str, str], tier: int = 2) -> CallFacts:
    """The call as the next tier gets it: what was known when it began, and every variable that was set since."""
    known = facts.get
    return replace(
        call,
        tier=tier,
        language=known("HF_LANG", call.language),
        key=known("HF_KEY", call.key),
        own=known("HF_OWN", call.own),
        number=known("HF_NUMBER", call.number),
        source=known("HF_SOURCE", call.source),
        wanted=known("HF_WANTED", "1" if call.wanted else "") == "1",
        keyed=known("HF_KEYED", call.keyed),
        matter=known("HF_MATTER", call.matter),
        region=known("HF_REGION", call.region),
        recording=known("HF_RECORDING", call.recording),
        length=known("HF_LENGTH", call.length),
        spooled=known("HF_SPOOLED", "1" if call.spooled else "") == "1",
        parts=int(known("HF_PARTS", str(call.parts))),
    )
