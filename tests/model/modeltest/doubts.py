"""What the generator leaves out, because the reference cannot tell.

MODEL_SETTLED=NAME,NAME takes some out of it, to see whether they still are.
"""

import os

DOUBTS = {
    # what has fired stands: it is the order of arrival that decides, and the reference does not follow it
    "QUIET_DISORDER": "`quiet` of an instant begins at the last match that was told, also one that disorder made superfluous",
    "CLEAR_DISORDER": "a clearing expression where a raise had fired that would have stood elsewhere, had all arrived in order",
}


def left_out(name):
    assert name in DOUBTS
    return name not in os.environ.get("MODEL_SETTLED", "").split(",")
