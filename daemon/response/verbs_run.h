#pragma once
/* What the rows of response_verbs[] run. Each: 0, REFUSED_* (nothing has changed), -errno. */

struct response_call;

/* incident.c, incident_state.c */
int verb_incident_open(struct response_call *c);
int verb_incident_take(struct response_call *c);
int verb_incident_assign(struct response_call *c);
int verb_incident_hold(struct response_call *c);
int verb_incident_resume(struct response_call *c);
int verb_incident_resolve(struct response_call *c);
int verb_incident_close(struct response_call *c);
int verb_incident_reopen(struct response_call *c);
int verb_incident_merge(struct response_call *c);
int verb_incident_cause(struct response_call *c);

/* step.c */
int verb_step_done(struct response_call *c);
int verb_step_skip(struct response_call *c);
int verb_step_run(struct response_call *c);

/* note.c */
int verb_note(struct response_call *c);
int verb_amend(struct response_call *c);

/* disposition.c */
int verb_dispose(struct response_call *c);
int verb_approve(struct response_call *c);
int verb_reject(struct response_call *c);

/* dispatch.c */
int verb_dispatch(struct response_call *c);
int verb_arrived(struct response_call *c);
int verb_dispatch_done(struct response_call *c);
int verb_dispatch_cancel(struct response_call *c);

/* people.c */
int verb_operator_add(struct response_call *c);
int verb_operator_roles(struct response_call *c);
int verb_operator_remove(struct response_call *c);
int verb_guard_status(struct response_call *c);
int verb_shift_begin(struct response_call *c);
int verb_shift_end(struct response_call *c);
int verb_handover_offer(struct response_call *c);
int verb_handover_accept(struct response_call *c);

/* escalation.c, notification.c */
int verb_escalation_stop(struct response_call *c);
int verb_notification_result(struct response_call *c);
