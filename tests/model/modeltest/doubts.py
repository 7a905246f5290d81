"""What the reference does not judge.

A name here says what is not generated, or what is decided one way. What depends on the moment is a mark: the reference
notes it, and that key's outcome is not compared from there on.
"""

import os

# One alias over two families is one level a device, not one for each family: not generated.
FAMILIES_ARE_ONE = False
# `not` makes a condition patient, also `not count(a) < 2`, which further events cannot make false.
NOT_IS_PATIENT = False
# A window counts a span that a retained event began, and the event is a further match.
RETAINED_SPANS_COUNT = False

# An alarm that no event raises has no ward, asset or device for those who read it: such rules are read by badge.
ALARMS_WITHOUT_PLACE = True
# A drill's event begins a key of `after: schedule(x)` that counts from 1970: no drills there.
OPENING_DRILLED = False
# Scores are others behind a snapshot: not compared.
SCORES_CHANGE = False
# Under disorder: `quiet` of an instant counts from the match that arrived last; an event of `clear` before the raise ends
# the episode; a rise is lost where `when` holds for an empty window; levels are not those of the point from which a key
# is re-evaluated; an episode is ended by a deadline before its raise. Not generated.
IN_DISORDER = True

# Marks. MODEL_SETTLED names some that are to be compared all the same.
CLEARS_AT_RAISE = "the expression of `clear` holds at the match already"
EMPTY = "the level holds though nothing is left in the window, and no episode is open"
HOLD_AND_LEAVING = "a hold ends when something leaves the window that `regrade` or `clear` reads"
QUIET_UNDECIDED = "a clearing timer ended before a blindness, and is undecided when it begins"
QUIET_BEGINS_BLIND = "a clearing timer begins in a blindness, or is undecided when it begins"
SPANS_ALONE = "overlapping spans alone make a positive `when` of a tumbling window true"
ENDS_AT_BEGIN = "a span ends where a window or session begins"
RETAINED_WINDOW = "a span that a retained event began overlaps tumbling windows"
HOLD_AND_GUARD = "a hold ends when a term of the guard changes"
HOLD_AND_SCORE = "a hold ends on a score"
GUARD_AT_EVENT = "a guard changes where an event of another key stands"
GUARD_IN_WINDOW = "a positive `when` of a window becomes true while its guard is false"
READS = "it reads alarms that are not settled"
READS_AT_ONCE = "it reads alarms that are raised or cleared at the same instant"

# Marks on which engine and reference agree, so that they are compared; MODEL_SETTLED= (nothing) narrows a difference.
AGREED = ("EMPTY,HOLD_AND_LEAVING,QUIET_UNDECIDED,QUIET_BEGINS_BLIND,RETAINED_WINDOW,HOLD_AND_GUARD,HOLD_AND_SCORE,"
          "GUARD_AT_EVENT")
SETTLED = {globals().get(name) for name in os.environ.get("MODEL_SETTLED", AGREED).split(",")}
