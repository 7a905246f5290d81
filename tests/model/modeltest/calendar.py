"""Local time: windows of `every`, and when schedules are open."""

from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

T0 = 1_700_000_000  # seconds; stories count from here
SECOND, DAY = 1_000_000, 86_400_000_000


def local_date(zone, t):
    """The local date at `t`, µs from T0."""
    return (datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=T0, microseconds=t)).astimezone(ZoneInfo(zone)).date()


@lru_cache(maxsize=10000)
def first_instant(zone, day):
    """The first instant of a local date: searched for, since midnight may be missing or be there twice."""
    noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=timezone.utc).timestamp()) - T0
    low, high = (noon - 86400 * 2) * SECOND, (noon + 86400 * 2) * SECOND
    while high - low > SECOND:
        middle = (low + high) // 2 // SECOND * SECOND
        low, high = (low, middle) if local_date(zone, middle) >= day else (middle, high)
    return high


def window_of(zone, t, every):
    """The window of `every` that holds `t`: [from, to). Counted in elapsed time from each local date's first instant, cut
    at the next one's; N days are N local dates, counted from 1970-01-01."""
    day = local_date(zone, t)
    if every < DAY:
        begin, end = first_instant(zone, day), first_instant(zone, day + timedelta(days=1))
        begin += (t - begin) // every * every
        return begin, min(begin + every, end)
    n = every // DAY
    ordinal = (day - date(1970, 1, 1)).days // n * n
    first = date(1970, 1, 1) + timedelta(days=ordinal)
    return first_instant(zone, first), first_instant(zone, first + timedelta(days=n))


def hours_of(zone, schedule, begin, end):
    """The hours of a schedule, a list of seconds of the local day, between two instants: [(from, to)]. They are far from
    any change of the clocks."""
    day, found = local_date(zone, begin), []
    while first_instant(zone, day) < end:
        found += [tuple(first_instant(zone, day) + s * SECOND for s in hours) for hours in schedule]
        day += timedelta(days=1)
    return found
