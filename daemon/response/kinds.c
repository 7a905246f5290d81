/* What falls due, by kind: one row a kind that has timers. */
#include "response/response_internal.h"

const struct subject_kind subject_kinds[WW_SUBJECT_MAX_] = {
        [WW_SUBJECT_FLOOD] = { flood_due, flood_fire },
};
