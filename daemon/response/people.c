/* Operators, guards, shifts and their handover. */
#include "response/response_internal.h"
#include "response/verbs_run.h"

int verb_operator_add(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}

int verb_operator_roles(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}

int verb_operator_remove(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}

int verb_guard_status(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}

int verb_shift_begin(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}

int verb_shift_end(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}

int verb_handover_offer(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}

int verb_handover_accept(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}
