/* Notes and amendments. */
#include "response/response_internal.h"
#include "response/verbs_run.h"

int verb_note(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}

int verb_amend(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}
