"""Positive conditions under disorder: decided on arrival, in whatever order.

What has fired stands, so the engine may have told a match that later arrivals make superfluous, and a later one first, in
the episode that was open then. Expected is: episodes end at the same times, but for ends before a match that had fired;
every match that the whole history has is told; and beyond these only such as some part of the history, as far as it had
arrived, has.
"""

from collections import Counter

MATCHES = ("raise", "again")


def times(lines, *whats):
    return Counter(line[2] for line in lines if line[1] in whats)


def agree(want, got, justified):
    ends, told = times(want, "clear"), times(got, "clear")
    if told - ends or any(not passed(line, got) for line in want if line[1] == "clear" and not told[line[2]]):
        return False
    missing, extra = times(want, *MATCHES) - times(got, *MATCHES), times(got, *MATCHES) - times(want, *MATCHES)
    return not missing and (not extra or set(extra) <= justified())


def passed(clear, got):
    """True if a match behind this end had fired when it was decided."""
    return any(what in MATCHES and time >= clear[2] and row <= clear[0][1] for row, what, time, *_ in got)


def agree_sequence(want, got, justified):
    """A completion ends all runs, so one that disorder brought forward leaves nothing for the next: expected is only
    that each match is one, and that there is one if the whole history has any; what had fired where it has none, has to be
    taken back."""
    found, wanted = times(got, *MATCHES), times(want, *MATCHES)
    borne_out = bool(found) == bool(wanted) or bool(times(got, "refuted") and not wanted)
    return borne_out and set(found) <= justified()
