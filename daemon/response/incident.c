/* Incidents, as people act on them. */
#include "response/response_internal.h"
#include "response/verbs_run.h"

int verb_incident_open(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}

int verb_incident_take(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}

int verb_incident_assign(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}

int verb_incident_hold(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}

int verb_incident_resume(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}

int verb_incident_resolve(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}

int verb_incident_close(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}

int verb_incident_reopen(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}

int verb_incident_merge(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}

int verb_incident_cause(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}
