/* Steps of procedures. */
#include "response/response_internal.h"
#include "response/verbs_run.h"

int verb_step_done(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}

int verb_step_skip(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}

int verb_step_run(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}
