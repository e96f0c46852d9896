"""Who calls in the demo, in which order. Indices make numbers; the last digit says how that telephone behaves later."""

from lab import people

WAITING = (people.waiting(20, 1), people.waiting(21, 8))

DANGER = people.in_danger(23)
CUT_OFF = people.danger_cut_off(24, 9)
CANCELS = people.own(22, 1, "presses 1, and notes the reference that he hears")
NOTICE = people.only_notice(25)
BEFORE = (CANCELS, DANGER, CUT_OFF, NOTICE)

FIRST = (
    people.corrected(4, 9),
    people.keyed(2, 8),
    people.withheld(6, 1),
    people.own(1, 1),
    people.own(3, 4, "presses 1 (his line will be busy)"),
    people.own(7, 5, "presses 1 (he will not answer)"),
    people.early(8),
    people.own(9, 2, "presses 1 (a man of few words)"),
    people.half_way(10, 1),
    people.own(1, 1, "the first caller again: presses 1"),
    people.silent(5, 0),
    people.own(11, 3, "presses 1 (a voicemail will answer)"),
)
HANDED = people.own(12, 1)
WISHING = people.own(19, 1)
# The bridge is dead. Whoever keys a number does so once the script is gone: he would key on while it still starts.
SECOND = (
    HANDED,
    people.own(14, 6, "presses 1 (his network is full)"),
    people.own(16, 7, "presses 1 (his line will refuse)"),
    WISHING,
)
THIRD = (
    people.silent(15, 8),
    people.keyed(13, 1),
    people.withheld(18, 9),
    people.early(17),
)
