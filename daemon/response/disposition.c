/* Dispositions and their approval. */
#include "response/response_internal.h"
#include "response/verbs_run.h"

int verb_dispose(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}

int verb_approve(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}

int verb_reject(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}
