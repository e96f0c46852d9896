"""What a danger call leads to (requirement B6): a key that works before the phrase, in every mode and every tier. Values only."""

from dataclasses import dataclass, field

KEYS = ("4", "5", "6", "7", "8")
"""Keys that may be the danger key: 1, 2, 3, 9 and 0 mean something else at the same moment."""


@dataclass(frozen=True, slots=True)
class DangerPolicy:
    """key: one of ``KEYS``. oncall: telephone numbers (dialled through the scope's trunks) or dial strings such as
    ``PJSIP/8001``, rung one after another; () rings nobody, and the danger is captured and told to the duty role (E0).
    ring: seconds that each one rings. in_normal: offered when the hotline works as well, if somebody is on call.
    """

    key: str = "8"
    oncall: tuple[str, ...] = field(default=(), repr=False)  # people's numbers: not for every log
    ring: float = 20.0
    in_normal: bool = True
