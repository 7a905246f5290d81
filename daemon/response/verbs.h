#pragma once
/*
 * What people can ask of this stage: one row a verb, and one a refusal. The engine's table of verbs, the command line's
 * help and the reference are made from these rows.
 *
 * A new verb is a row here and a function in the file of its subject: incident.c, step.c, note.c, disposition.c,
 * people.c, dispatch.c, escalation.c, flood.c.
 */
#include <jansson.h>
#include <stdbool.h>

struct response_call;

struct response_verb {
        const char *name; /* "incident-take" */
        const char *args; /* as the help shows them: "incident [version]"; a word in brackets may be left out */
        const char *help;
        unsigned roles;                         /* set of enum alarm_role that may */
        bool reason;                            /* must say why */
        unsigned reporters;                     /* set of enum reporter: workers that may */
        int (*run)(struct response_call *call); /* 0, REFUSED_*, -errno */
};
extern const struct response_verb response_verbs[];
extern const size_t response_verbs_n;

/** NULL: none of ours. */
const struct response_verb *response_verb_find(const char *name);

/*
 * What may be done has become less over time, and what was accepted once must be accepted again when its input is
 * replayed. So the engine writes into each command, as it takes it, which edition of the acts it was taken under; who
 * asks cannot say it. A restriction that came later holds from its edition on.
 */
enum response_edition {
        EDITION_FIRST,        /* commands that say none */
        EDITION_ACKNOWLEDGED, /* an incident is closed only when none of its alarms asks for attention */
        EDITION_MAX_,
};
#define EDITION_NEWEST (EDITION_MAX_ - 1)

enum response_refusal {
        REFUSED_MALFORMED = 1, /* call.why says what */
        REFUSED_ROLE,
        REFUSED_REASON,
        REFUSED_UNKNOWN, /* no such incident, step, guard … */
        REFUSED_STATE,   /* the act does not apply as it stands */
        REFUSED_CHANGED, /* it changed since the version that the person saw */
        REFUSED_STEPS_OPEN,
        REFUSED_DISPOSITION_NEEDED,
        REFUSED_APPROVAL_PENDING,
        REFUSED_UNACKNOWLEDGED, /* alarms of it ask for attention */
        REFUSED_SAME_PERSON,
        REFUSED_NO_WAY_OUT,
        REFUSED_LIMIT,
        REFUSED_MAX_,
};

struct response_refused {
        const char *name, *text, *cure;
};
extern const struct response_refused response_refusals[REFUSED_MAX_];
