/* Ladders. */
#include "response/response_internal.h"
#include "response/verbs_run.h"

int verb_escalation_stop(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}
