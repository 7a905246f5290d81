/* What falls due, by kind: one row a kind that has timers. */
#include "response/incident.h"
#include "response/people.h"

const struct subject_kind subject_kinds[WW_SUBJECT_MAX_] = {
        [WW_SUBJECT_INCIDENT] = { incident_due, incident_fire },
        [WW_SUBJECT_STEP] = { step_due, step_fire },
        [WW_SUBJECT_APPROVAL] = { approval_due, approval_fire },
        [WW_SUBJECT_ESCALATION] = { escalation_due, escalation_fire },
        [WW_SUBJECT_HANDOVER] = { handover_due, handover_fire },
        [WW_SUBJECT_FLOOD] = { flood_due, flood_fire },
};
