/* The rows. Order = order of the help. */
#include "response/verbs.h"

#include "alarm/alarm.h"
#include "base/reporters.h"
#include "response/verbs_run.h"

#include <string.h>

#define ANYBODY    (ALARM_ROLE_OPERATOR | ALARM_ROLE_SUPERVISOR)
#define STEPPERS   (ANYBODY | ALARM_ROLE_MAINTENANCE)
#define SUPERVISOR ALARM_ROLE_SUPERVISOR
#define ADMIN      ALARM_ROLE_ADMINISTRATOR

/* clang-format off */
const struct response_verb response_verbs[] = {
        { "incident-open", "hazard title [priority] [zone] [procedure] [exercise]",
          "open an incident that no alarm opened", ANYBODY, false, 0, verb_incident_open },
        { "incident-take", "incident [version]",
          "make it mine, and in progress", ANYBODY, false, 0, verb_incident_take },
        { "incident-assign", "incident owner [version]",
          "give it to somebody", ANYBODY, false, 0, verb_incident_assign },
        { "incident-hold", "incident until [version]",
          "put it aside for a while; it comes back by itself", ANYBODY, true, 0, verb_incident_hold },
        { "incident-resume", "incident [version]",
          "take it up again before the time", ANYBODY, false, 0, verb_incident_resume },
        { "incident-resolve", "incident [force] [version]",
          "the steps are done; `force` by a supervisor, with a reason, if not", ANYBODY, false, 0, verb_incident_resolve },
        { "incident-close", "incident [version]",
          "it is over: its alarms acknowledged, and it disposed of where it must be", ANYBODY, false, 0, verb_incident_close },
        { "incident-reopen", "incident [version]",
          "resolved or closed too early", SUPERVISOR, true, 0, verb_incident_reopen },
        { "incident-merge", "incident into [version]",
          "it is the same as another one: its alarms go there", ANYBODY, true, 0, verb_incident_merge },
        { "incident-cause", "incident alarm cause [version]",
          "say of an alarm whether it is a cause (true) or a symptom (false)", ANYBODY, false, 0, verb_incident_cause },
        { "step-done", "step [text] [version]",
          "a step of the procedure is done", STEPPERS, false, 0, verb_step_done },
        { "step-skip", "step [version]",
          "it does not apply, or cannot be done", STEPPERS, true, 0, verb_step_skip },
        { "step-run", "step [version]",
          "send its command to the field", STEPPERS, false, 0, verb_step_run },
        { "note", "incident text [attachment]",
          "write something down; attachment: {name, sha256, size, where, type}", ANYBODY, false, 0, verb_note },
        { "amend", "note|disposition text",
          "add to what was written; nothing is ever changed", ANYBODY, false, 0, verb_amend },
        { "dispose", "incident code done [break_glass] [version]",
          "say what it was and what was done; some codes take a second person", ANYBODY, true, 0, verb_dispose },
        { "approve", "approval",
          "the second person agrees: to a disposition, or, an administrator, to roles", ANYBODY | ADMIN, false, 0, verb_approve },
        { "reject", "approval",
          "the second person does not agree", ANYBODY | ADMIN, true, 0, verb_reject },
        { "dispatch", "incident guard [text]",
          "send a guard", ANYBODY, false, 0, verb_dispatch },
        { "arrived", "dispatch",
          "the guard is there", ANYBODY, false, 0, verb_arrived },
        { "dispatch-done", "dispatch [text]",
          "the guard is free again", ANYBODY, false, 0, verb_dispatch_done },
        { "dispatch-cancel", "dispatch",
          "call the guard back", ANYBODY, true, 0, verb_dispatch_cancel },
        { "operator-add", "name [title] [may] [break_glass]",
          "a person who may act; `may`: roles; those that decide take a second administrator", ADMIN, false, 0, verb_operator_add },
        { "operator-roles", "operator may [break_glass] [version]",
          "what that person may do; roles that decide take a second administrator", ADMIN, true, 0, verb_operator_roles },
        { "operator-remove", "operator",
          "the person may act no more", ADMIN, true, 0, verb_operator_remove },
        { "guard-status", "name status [zone] [post] [badge]",
          "a guard is free, off or gone; assigned and on-scene come of dispatches", ANYBODY, false, 0, verb_guard_status },
        { "shift-begin", "[post]",
          "I am on duty", ANYBODY, false, 0, verb_shift_begin },
        { "shift-end", "[shift]",
          "I am not any more; a supervisor may say it of others", ANYBODY, false, 0, verb_shift_end },
        { "handover-offer", "[to] [text]",
          "hand all that is open to the next person", ANYBODY, false, 0, verb_handover_offer },
        { "handover-accept", "handover items [text]",
          "take items over, such as incident:7, or `all`", ANYBODY, false, 0, verb_handover_accept },
        { "escalation-stop", "escalation",
          "nobody else needs to be told", ANYBODY, true, 0, verb_escalation_stop },
        { "notification-result", "key attempt ok [final] [answer] [channel]",
          "what became of a notification", 0, false, REPORTER_NOTIFY, verb_notification_result },
};
/* clang-format on */
const size_t response_verbs_n = sizeof response_verbs / sizeof *response_verbs;

const struct response_verb *response_verb_find(const char *name) {
        for (size_t i = 0; name && i < response_verbs_n; i++) {
                if (strcmp(response_verbs[i].name, name) == 0)
                        return &response_verbs[i];
        }
        return NULL;
}

const struct response_refused response_refusals[REFUSED_MAX_] = {
        [REFUSED_MALFORMED] = { "malformed", "the request is not right", "see `wardwatch help act`" },
        [REFUSED_ROLE] = { "role", "your role does not allow this", "ask a supervisor, or an administrator" },
        [REFUSED_REASON] = { "reason-needed", "this needs a reason", "say why" },
        [REFUSED_UNKNOWN] = { "unknown", "there is no such thing", "look at what is open with `wardwatch open`" },
        [REFUSED_STATE] = { "state", "it does not apply as things stand",
                            "look at its state, and at the table in "
                            "rules/README.md" },
        [REFUSED_CHANGED] = { "changed", "it has changed since the version that you saw", "look again, and repeat" },
        [REFUSED_STEPS_OPEN] = { "steps-open", "steps that must be done are open",
                                 "do them, or skip them with a reason; a supervisor may force it" },
        [REFUSED_DISPOSITION_NEEDED] = { "disposition-needed", "it has no disposition",
                                         "say what it was with `dispose`" },
        [REFUSED_APPROVAL_PENDING] = { "approval-pending", "its disposition waits for a second person",
                                       "have it approved" },
        [REFUSED_UNACKNOWLEDGED] = { "alarms-unacknowledged", "alarms of it are not acknowledged",
                                     "acknowledge them, each after a look; then close it" },
        [REFUSED_SAME_PERSON] = { "same-person", "the second person must be another one",
                                  "let somebody else answer; in an emergency `break_glass`" },
        [REFUSED_NO_WAY_OUT] = { "no-way-out", "commands to the field cannot be sent",
                                 "do it by hand, and skip the "
                                 "step with a reason" },
        [REFUSED_LIMIT] = { "limit", "there are too many", "close what is over" },
};
