#pragma once
/*
 * The inside of the stage.
 *
 * A subject's state is its body, the JSON object that its changes carry, and nothing else: what is remembered, saved,
 * acted on and journaled is one thing and cannot differ. A subject changes in two steps: its file sets members of the
 * body, then calls subject_changed(), which tells the sink, counts the version, and puts the timer in its place.
 *
 * A subject belongs to an incident, or to none. It is live while it is not ended and its incident is not closed: so
 * closing an incident needs no record for each of its notes. What is closed is kept for a day, to be reopened whole,
 * and then forgotten.
 */
#include "alarm/alarm.h"
#include "response/response.h"
#include "response/rules.h"
#include "response/verbs.h"

#define XXH_INLINE_ALL
#include <xxhash.h>
#define HASH_FUNCTION(key, n, hash) ((hash) = (unsigned)XXH3_64bits((key), (n)))
#define HASH_NONFATAL_OOM           1
#include <sys/queue.h>
#include <uthash.h>

#define SUBJECT_HEAP_NONE SIZE_MAX
#define INCIDENT_KEEP     WW_DAY
#define INCIDENT_KEEP_MAX 1000  /* closed ones that are kept */
#define INCIDENT_ALARMS   200   /* the next alarm opens another incident */
#define INCIDENT_OPEN_MAX 10000 /* open ones; see crowd.c */
#define INCIDENT_NOTES    1000  /* and each other kind of subject that people add to it */
#define COVERT_MAX        10000 /* forgotten incidents that are known to have been covert */
#define TEXT_MAX          4000  /* bytes of a note */
#define TITLE_MAX         512   /* bytes of what an alarm tells of itself, in its incident; the alarm has all of it */

struct subject {
        uint64_t key; /* ww_change_key() */
        enum ww_subject kind;
        uint64_t id, version, incident;
        bool exercise, ended;
        bool failed; /* a member could not be set: -ENOMEM at the next change */
        int64_t changed_at;
        char *what, *actor, *reason; /* of the last change; one allocation each */
        json_t *body;
        int64_t due; /* WW_TIME_NEVER: nothing waits */
        size_t place;
        struct subject *of;         /* its incident, or itself; NULL: of none */
        struct subject *next, **at; /* of the same incident, newest first */
        struct subject *first;      /* of an incident: what belongs to it, but for its members */
        struct subject *members;    /* of an incident: its alarms */
        uint64_t alarm;             /* of a member: which; of an incident: the highest of its members' */
        uint32_t asset;             /* of a member: that of its alarm in the site, or SITE_NONE */
        size_t standing, asking;    /* of an incident: alarms that are not over; those that nobody took note of */
        TAILQ_ENTRY(subject) order; /* of the same kind, by number */
        bool in_queue;
        TAILQ_ENTRY(subject) queue; /* of a closed incident, of a step that waits for an event */
        UT_hash_handle hh;
};

TAILQ_HEAD(subject_queue, subject);

/* An alarm that stands in an open incident, until it is NORM. What the incident keeps of it is a subject of its own. */
struct standing {
        uint64_t alarm, incident;
        bool unacknowledged; /* asks for attention */
        UT_hash_handle hh;
};

/* The newest incident of a hazard in a place. */
struct gathered {
        uint64_t incident;
        UT_hash_handle hh;
        size_t n_key;
        char key[];
};

#define FLOOD_RING 1024

/* Alarms that came and went: three times within a minute is chatter. The table's own order is that of `cleared[2]`. */
struct flutter {
        uint64_t key;       /* hash of rule, key */
        int64_t cleared[3]; /* the last one last */
        UT_hash_handle hh;
};

struct flood {
        int64_t times[FLOOD_RING]; /* annunciations of the last 10 min, oldest first from `first` */
        size_t first, n;
        unsigned peak;
        uint64_t subject; /* id of the flood that goes on; 0 = none */
        struct flutter *flutters;
};

struct response {
        const struct response_rules *rules;
        const struct site *site;
        struct response_sink sink;
        uint64_t next_id[WW_SUBJECT_MAX_];
        struct subject *subjects;
        struct subject_queue of_kind[WW_SUBJECT_MAX_]; /* by number: all of them in the order of their keys */
        struct subject **heap;                         /* by (due, key) */
        size_t n_heap, heap_capacity;
        struct standing *standing;
        struct gathered *gathered;
        struct flood flood;
        struct subject_queue running; /* steps that wait for an event, in no order */
        struct subject_queue ended;   /* closed incidents that are kept, the next to be forgotten first */
        size_t waiting, closed;       /* how many are in these */
        size_t incidents;             /* open and closed */
        int64_t settle_at;            /* posts are to be looked at; 0 = as soon as time goes on; NEVER */
        bool old_members;             /* loaded from a state in which an incident held its alarms itself */
        struct {
                uint64_t *ids, unknown; /* forgotten ones that were, in order; of those up to `unknown` nobody knows */
                size_t n, capacity;
        } covert;
        uint64_t changes, refused, forgotten, crowded;
        json_t *told;         /* what the command at work has changed; NULL: none is */
        struct subject *gone; /* freed when the call is over */
};

/* --- subject.c --- */

/** A new one with an empty body; not told yet. `incident` NULL: belongs to none. NULL without memory. */
struct subject *subject_new(struct response *r, enum ww_subject kind, struct subject *incident);
struct subject *subject_find(const struct response *r, enum ww_subject kind, uint64_t id);
bool subject_live(const struct response *r, const struct subject *s);
struct subject *subject_incident(const struct response *r, const struct subject *s); /* NULL: of none */

/** Who changes something, when and why. */
struct act {
        struct ww_str actor, reason;
        int64_t now;
};
#define ACT_TIMER(at) ((struct act){ WW_STR("timer"), WW_STR_NONE, (at) })

/** Tells the change, with the next version. Sets `ended` before if it is. 0 or -errno. */
int subject_changed(struct response *r, struct subject *s, const char *what, const struct act *act);
/** The change as its record has it; the text of the body is `*ret_text`, to be freed. 0 or -ENOMEM. */
int subject_as_change(const struct subject *s, struct ww_change *ret, char **ret_text);
/** Out of memory, with all that belongs to it; freed at the end of the call. */
void subject_forget(struct response *r, struct subject *s);
void response_free_gone(struct response *r);
void subject_timer(struct response *r, struct subject *s); /* after its body changed */
/** A step waits for an event from here on, or does not any more. */
void subject_wait(struct response *r, struct subject *s, bool waits);
/** An incident has been closed, and its timer set; or opened again. */
void subject_keep(struct response *r, struct subject *incident, bool closed);
struct subject *subject_restore(struct response *r, enum ww_subject kind, uint64_t id, struct subject *incident);

/* members of the body; a name is alphabetical ASCII */
void body_set(struct subject *s, const char *name, json_t *value); /* steals; NULL latches `failed` */
void body_set_text(struct subject *s, const char *name, struct ww_str text);
void body_set_name(struct subject *s, const char *name, const char *text);
void body_set_time(struct subject *s, const char *name, int64_t time); /* NONE: null */
void body_set_number(struct subject *s, const char *name, uint64_t number);
void body_set_bool(struct subject *s, const char *name, bool value);
/** "" if it is not there or not a text; borrowed from the body. */
const char *body_text(const struct subject *s, const char *name);
bool body_is(const struct subject *s, const char *name, const char *text);
int64_t body_time(const struct subject *s, const char *name); /* NONE if it is not there */
uint64_t body_number(const struct subject *s, const char *name);
bool body_true(const struct subject *s, const char *name);
/** An instant in any JSON object. */
int64_t json_time(const json_t *o, const char *name);

/* --- covert.c --- */

/** The incident, or one that it was merged into, is covert or was; also if it is forgotten. 0 = none: false. */
bool covert_is(const struct response *r, uint64_t incident);
int covert_note(struct response *r, uint64_t incident); /* before it is forgotten. 0 or -ENOMEM */
void covert_save(const struct response *r, struct buf *out);
int covert_load(struct response *r, struct rd *in); /* 0, -EBADMSG or -ENOMEM */
void covert_load_none(struct response *r);          /* from a state that did not have them */
void covert_free(struct response *r);

/* --- gather.c: alarms into incidents --- */

struct standing *standing_find(const struct response *r, uint64_t alarm);
/** It must not stand already. 0 or -ENOMEM. */
int standing_add(struct response *r, uint64_t alarm, struct subject *incident, bool unacknowledged);
void standing_remove(struct response *r, struct standing *m);
void standing_set(struct response *r, struct standing *m, bool unacknowledged);
void standing_move(struct response *r, struct standing *m, struct subject *incident);
void gather_free(struct response *r);
/** An incident that alarms of its hazard and place join from here on. 0 or -ENOMEM. */
int gather_note(struct response *r, const struct subject *incident);
/** It is closed, or forgotten: nothing joins it, none of its alarms is looked at any more.
 *  0 or -ENOMEM. */
int gather_drop(struct response *r, const struct subject *incident);
/** The one that an alarm would join now, or NULL. 0 or -ENOMEM. */
int gather_find(const struct response *r, const struct ww_alarm *alarm, int64_t now, struct subject **ret);
/** After a swap of the rules. 0 or -ENOMEM. */
int gather_again(struct response *r);
int gather_save(const struct response *r, struct buf *out);
int gather_load(struct response *r, struct rd *in);

/* --- crowd.c: a bound on what is open --- */

/** Room for one more incident: closes some, if there are too many. 0 or -errno. */
int crowd_room(struct response *r, const struct act *act);

/* --- flood.c: figures, and the flood --- */

int flood_transition(struct response *r, const struct ww_transition *t, int64_t now);
unsigned flood_rate(const struct response *r, int64_t now);
size_t flood_chattering(const struct response *r, int64_t now);
int flood_save(const struct response *r, struct buf *out);
int flood_load(struct response *r, struct rd *in);
void flood_free(struct response *r);
int64_t flood_due(const struct response *r, const struct subject *s);
int flood_fire(struct response *r, struct subject *s, int64_t now);

/* --- response.c --- */

/** After a load: what is counted of the subjects. */
void response_count(struct response *r);

/* --- member.c --- */

/** Alarms of incidents from before they were subjects become members, and are told. 0 or -errno. */
int members_from_old(struct response *r, int64_t now);

/* --- post.c --- */

/** Which posts are short of people, and when to look again (r->settle_at). 0 or -errno. */
int posts_settle(struct response *r, int64_t now);
bool posts_watched(const struct response *r); /* is there any to look at? */
size_t posts_understaffed(const struct response *r);

/* --- kinds.c: what falls due, by kind --- */

struct subject_kind {
        int64_t (*due)(const struct response *r, const struct subject *s); /* NULL: nothing ever */
        int (*fire)(struct response *r, struct subject *s, int64_t now);
};
extern const struct subject_kind subject_kinds[WW_SUBJECT_MAX_];

/* --- call.c: a command at work --- */

struct response_call {
        struct response *r;
        const struct response_verb *verb;
        json_t *request;
        struct act act;
        unsigned roles;
        char why[256]; /* REFUSED_MALFORMED; else adds to the refusal's text if it is not empty */
};

/** A text; `*ret` "" if it is left out. 0, or REFUSED_MALFORMED (not a text, longer than TEXT_MAX bytes, or missing).
 */
int call_text(struct response_call *c, const char *name, bool must, struct ww_str *ret);
int call_number(struct response_call *c, const char *name, bool must, uint64_t *ret);
int call_bool(struct response_call *c, const char *name, bool *ret);
/** Under which edition of the acts the engine took it. */
enum response_edition call_edition(const struct response_call *c);
int call_until(struct response_call *c, const char *name, int64_t *ret); /* NONE if left out */
/** The subject that the member named like its kind says ("incident": 7), live, and not changed by a person since the
 *  `version` that the caller saw. 0 or REFUSED_*. */
int call_subject(struct response_call *c, enum ww_subject kind, struct subject **ret);
/** The same of one that may be closed. */
int call_kept(struct response_call *c, enum ww_subject kind, struct subject **ret);
int call_refuse(struct response_call *c, enum response_refusal refusal, const char *format, ...) _printf_(3, 4);
/** Room for one more of this kind in the incident? 0 or REFUSED_LIMIT. */
int call_room(struct response_call *c, const struct subject *incident, enum ww_subject kind);

/** A member as an array of text; 0 with *ret a new reference. Words with commas between them are one, too. */
int call_words(struct response_call *c, const char *name, bool must, json_t **ret);

/* --- text.c --- */

/** At most TITLE_MAX bytes of it, and no half character. */
struct ww_str text_cut(struct ww_str s);
/** `{zone}`, `{hazard}`, `{incident}`, `{title}`, `{priority}` of an incident in a text of the rules; another
 *  brace stands for itself. False: one that it holds is not known; there is nothing in its place.
 *  -ENOMEM is latched in `out`. */
bool text_render(const struct subject *incident, struct ww_str text, struct buf *out);
/** The same for people to read: "an unknown place" in the place of what is not known, in the text's language. */
void text_tell(const struct subject *incident, struct ww_str text, struct buf *out);
