/* Guards sent to incidents. */
#include "response/response_internal.h"
#include "response/verbs_run.h"

int verb_dispatch(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}

int verb_arrived(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}

int verb_dispatch_done(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}

int verb_dispatch_cancel(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}
