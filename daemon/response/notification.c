/* Notifications. */
#include "response/response_internal.h"
#include "response/verbs_run.h"

int verb_notification_result(struct response_call *c) {
        return call_refuse(c, REFUSED_STATE, "not in this version");
}
