#pragma once
/* The inside of `struct alarms`, for the files of this stage. */
#include "alarm/machine.h"
#include "config/site.h"

#define XXH_INLINE_ALL
#include <xxhash.h>
#define HASH_FUNCTION(key, n, hash) ((hash) = (unsigned)XXH3_64bits((key), (n)))
#define HASH_NONFATAL_OOM           1
#include <uthash.h>

#define ALARM_HEAP_NONE SIZE_MAX

/* Active alarms of one (zone or the ward that it is in, hazard, exercise): the first one is first-out. */
struct alarm_group {
        UT_hash_handle hh;
        size_t active, n_key;
        char key[];
};

/* A device from which alarms come, or that cannot be reached. */
struct alarm_source {
        UT_hash_handle hh;
        struct alarm *alarms;
        bool lost; /* it cannot be reached */
        size_t n_name;
        char name[];
};

/* Something that waits for an instant of journal time: an alarm, or an episode that mutes on. */
struct alarm_timer {
        int64_t deadline; /* WW_TIME_NEVER = none */
        uint64_t id;      /* of the alarm */
        bool episode;
        size_t place; /* in alarms.heap, or ALARM_HEAP_NONE */
};

/* What a rule's `regrade: [{after: …}]` has come to. */
struct alarm_regrade {
        struct ww_regrade_after rows[WW_REGRADE_AFTER_MAX]; /* ascending */
        unsigned n, done;                                   /* rows, and those that are due already */
        int64_t since;                                      /* journal time; WW_TIME_NONE: nothing is counted */
        enum ww_priority floor;                             /* no detection grades below it; 0 = none */
};

struct alarm {
        struct ww_alarm now; /* its strings point into `texts` and `marks` */
        char *texts;         /* of the detection, one allocation */
        char *marks;         /* acknowledged_by, suppressed_by, work_order, one allocation */
        char *key;           /* rule, key, exercise */
        size_t n_key;
        struct alarm_timer timer;
        struct alarm_regrade regrade;
        /* mute */
        int64_t settles;                      /* journal time until which it is pending; WW_TIME_NONE = it is not */
        const struct alarm_episode *by;       /* mutes it; NULL: nothing, or it is pending only */
        uint32_t asset;                       /* SITE_NONE: none that the site knows */
        struct alarm *place_next, **place_at; /* among the alarms of its asset; NULL: in no list */
        /* quality */
        bool lost;                   /* its device cannot be reached */
        bool silent;                 /* it tells of an asset that gives no sign of life */
        bool link;                   /* it tells of devices that cannot be reached */
        struct alarm_source *source; /* NULL: it has no device */
        struct alarm *source_next, **source_at;
        UT_hash_handle by_id, by_key;
};

/*
 * An episode of a muting rule: open, or over and muting on for `settle`. It outlives its alarm, which may be NORM and
 * forgotten meanwhile.
 */
struct alarm_episode {
        char *key; /* rule, key, exercise, and behind them the asset's id */
        size_t n_key;
        struct ww_str rule, key_text, asset_id;
        bool exercise;
        uint64_t alarm;            /* id of the alarm that opened it last: no two episodes have the same */
        const struct ww_mute *row; /* of its rule */
        uint32_t asset;            /* SITE_NONE: none that the site knows */
        int64_t opened;            /* match time */
        int64_t end;               /* match time, `settle` included; WW_TIME_NEVER while it is open */
        struct alarm_timer timer;  /* when nothing can be decided before `end` any more */
        struct alarm_episode *place_next, **place_at; /* of its asset, or of those that mute everywhere */
        UT_hash_handle hh;
};

/* What mutes an alarm, and until when (match time). */
struct alarm_cover {
        const struct alarm_episode *by; /* NULL: nothing */
        int64_t end;
};

/* One asset of the site. */
struct alarm_place {
        struct alarm *alarms;
        struct alarm_episode *episodes; /* of rules that mute `under` it */
        uint64_t visit;                 /* of the question that `cover` and `can` answer */
        struct alarm_cover cover;
        bool can;
};

/* The muting rules in force, and where what they do meets the site. */
struct alarm_mutes {
        const struct ww_mute *rows; /* borrowed */
        size_t n;
        const struct site *site;          /* borrowed */
        struct alarm_place *places;       /* by asset */
        uint32_t *children, *first_child; /* those of asset i: children[first_child[i]] to first_child[i + 1] */
        uint32_t *walk;                   /* room for a walk over all of them */
        size_t n_places;
        struct alarm_episode *episodes;   /* by key */
        struct alarm_episode *everywhere; /* those of rules that do not mute `under` something */
        uint64_t visit;
};

struct alarms {
        alarm_sink sink;
        void *userdata;
        const struct site_alarms *limits; /* borrowed from the site */
        uint64_t next_id, transitions, muted, regraded;
        struct alarm *ids, *keys;
        struct alarm_group *groups;
        struct alarm_source *sources;
        size_t n_lost;             /* of them, those that cannot be reached */
        struct alarm_timer **heap; /* by (deadline, id, episodes last) */
        size_t n_heap, heap_capacity;
        struct alarm_mutes mutes;
        struct alarm *gone; /* became NORM in the last call: freed in the next */
};

/* What comes with a change and is no part of the machine. */
struct alarm_change {
        struct ww_str actor, reason, context, work_order;
        const struct ww_str *suppressed_by; /* NULL: as it was, and "" once nothing suppresses it */
        const struct ww_evidence *evidence;
        size_t n_evidence;
};

/* alarms.c */
/** The only way to the machine; the alarm is forgotten if it is NORM then. 0, ALARM_E_STATE or ALARM_E_PROTECTED
 *  (nothing changed), -errno. */
int alarm_change(struct alarms *a, struct alarm *alarm, const struct machine_input *in,
                 const struct alarm_change *change);

/* alarm_act.c */
/** May this act be done to this alarm now? 0 with the machine's input, or ALARM_E_*. */
int alarm_act_check(const struct alarms *a, const struct ww_alarm *alarm, const struct alarm_act *act, int64_t now,
                    struct machine_input *ret);

/* alarm_index.c */
struct alarm *alarm_by_id(const struct alarms *a, uint64_t id);
/** The bytes by which alarms and episodes are found; `out` has room for alarm_key_size(). */
void alarm_key_write(char *out, struct ww_str rule, struct ww_str key, bool exercise);
size_t alarm_key_size(struct ww_str rule, struct ww_str key);
struct alarm *alarm_find(const struct alarms *a, struct ww_str rule, struct ww_str key, bool exercise);
/** A new one, NORM, id 0, not yet found by id. NULL without memory. */
struct alarm *alarm_new(struct ww_str rule, struct ww_str key, bool exercise);
struct alarm *alarm_free(struct alarm *alarm);
DEFINE_CLEANUP(struct alarm *, alarm_free)
int alarm_link(struct alarms *a, struct alarm *alarm); /* 0 or -ENOMEM */
void alarm_unlink(struct alarms *a, struct alarm *alarm);
/** Copies what `from` says into the alarm's own memory. */
int alarm_set_texts(struct alarm *alarm, const struct ww_alarm *from);
int alarm_set_marks(struct alarm *alarm, struct ww_str acknowledged_by, struct ww_str suppressed_by,
                    struct ww_str work_order);
/** Is nothing of the alarm's group active? */
bool alarm_group_quiet(const struct alarms *a, const struct ww_alarm *alarm);
int alarm_group_count(struct alarms *a, const struct ww_alarm *alarm, int by); /* 0 or -ENOMEM */
void alarm_groups_free(struct alarms *a);
/** Counts anew: another site has other groups. 0 or -ENOMEM. */
int alarm_groups_renew(struct alarms *a);

/* alarm_source.c */
/** Puts it with the others of its device. 0 or -ENOMEM. */
int alarm_source_link(struct alarms *a, struct alarm *alarm);
void alarm_source_unlink(struct alarms *a, struct alarm *alarm);
/** Is it cut off from where it comes from? */
bool alarm_source_stale(const struct alarms *a, const struct alarm *alarm);
/** Its condition has changed: if it tells of a silent asset, that is so for the others of the asset. */
int alarm_source_turned(struct alarms *a, const struct alarm *alarm, int64_t now);
/** Of each alarm: another site has other assets. */
int alarm_source_renew(struct alarms *a, int64_t now);
int alarm_source_save(const struct alarms *a, struct buf *out);
int alarm_source_load(struct alarms *a, struct rd *in); /* before the alarms. 0, -EBADMSG, -ENOMEM */
void alarm_source_free(struct alarms *a);

/* alarm_deadline.c */
void alarm_timer_init(struct alarm_timer *timer, uint64_t id, bool episode);
/** Room for the timer of one alarm or episode more. 0 or -ENOMEM. */
int alarm_timer_reserve(struct alarms *a);
/** WW_TIME_NEVER stops it. */
void alarm_timer_set(struct alarms *a, struct alarm_timer *timer, int64_t deadline);
/** Works out the alarm's deadline from its state, and puts it in its place. */
void alarm_deadline_update(struct alarms *a, struct alarm *alarm);
/** What is due at the alarm's deadline: REGRADE and UNSUPPRESS are decided by their files. */
enum ww_cause alarm_deadline_cause(const struct alarms *a, const struct alarm *alarm);

/* alarm_regrade.c */
/** Takes over the rows of the alarm's rule. */
void alarm_regrade_rows(struct alarm *alarm, const struct ww_detection *d);
/** After each change: does it stand unacknowledged, and since when? */
void alarm_regrade_note(struct alarm *alarm, const struct ww_alarm *old, int64_t now);
int64_t alarm_regrade_deadline(const struct alarm *alarm); /* WW_TIME_NEVER */
int alarm_regrade_due(struct alarms *a, struct alarm *alarm, int64_t now);

/* alarm_place.c: the assets as a tree */
/** What it depends on; NULL and 0: on nothing. */
const uint32_t *alarm_place_parents(const struct site *site, uint32_t asset, size_t *ret_n);
int alarm_places_new(struct alarm_mutes *mutes, const struct site *site); /* 0 or -ENOMEM */
void alarm_places_free(struct alarm_mutes *mutes);
void alarm_place_link(struct alarm_mutes *mutes, struct alarm *alarm);
void alarm_place_unlink(struct alarm *alarm);
void alarm_place_link_episode(struct alarm_mutes *mutes, struct alarm_episode *e);
void alarm_place_unlink_episode(struct alarm_episode *e);
/** The ids of all alarms, or only of those below an asset, ascending. *ret is malloc'd. 0 or -ENOMEM. */
int alarm_place_reach(struct alarms *a, bool under, uint32_t asset, uint64_t **ret, size_t *ret_n);

/* alarm_cover.c: questions about mutes, which change nothing but the marks of the question */
const struct ww_mute *alarm_mute_row(const struct alarm_mutes *mutes, struct ww_str rule);
bool alarm_mute_matches(const struct ww_mute *row, const struct ww_alarm *alarm);
/** What mutes the alarm, as far as it is known now. */
struct alarm_cover alarm_cover(struct alarm_mutes *mutes, const struct alarm *alarm, int64_t raised_at);
/** Does the episode take part in muting it, wherever else it is covered? */
bool alarm_cover_has(const struct alarm_mutes *mutes, const struct alarm *alarm, const struct alarm_episode *e);
/** Could something come to mute it that does not yet? The muting rule that takes longest to tell, or NULL. */
const struct ww_mute *alarm_cover_awaited(struct alarm_mutes *mutes, const struct alarm *alarm);

/* alarm_episode.c */
/** The episode of (rule, key, exercise), or NULL. */
struct alarm_episode *alarm_episode_find(const struct alarms *a, const struct alarm *alarm);
struct alarm_episode *alarm_episode_named(const struct alarms *a, struct ww_str rule, struct ww_str key, bool exercise);
/** An open one of the alarm that has just been raised, in its place and in force. 0 or -ENOMEM. */
int alarm_episode_new(struct alarms *a, const struct ww_mute *row, const struct alarm *alarm,
                      struct alarm_episode **ret);
/** One from a snapshot, with everything but its key, its row and its place. 0 or -ENOMEM. */
int alarm_episode_restore(struct alarms *a, const struct alarm_episode *from);
/** Out of the index and its place, `row` NULL, but not freed: alarms may name it still. */
void alarm_episode_unlink(struct alarms *a, struct alarm_episode *e);
struct alarm_episode *alarm_episode_free(struct alarm_episode *e);
DEFINE_CLEANUP(struct alarm_episode *, alarm_episode_free)

/* alarm_mute.c */
/* A raise that would sound: what suppresses it from the start. */
struct alarm_hold {
        const struct alarm_episode *by;
        int64_t settles; /* as in struct alarm */
        struct buf text; /* suppressed_by */
};
/** Is a raise at match time `time` to be held back? */
int alarm_mute_hold(struct alarms *a, const struct alarm *alarm, int64_t time, int64_t now, struct alarm_hold *ret);
/** After that raise. */
int alarm_mute_raised(struct alarms *a, struct alarm *alarm, const struct alarm_hold *hold, int64_t now);
/** The alarm's condition has changed (at match time `time`): an episode opens or closes, if its rule mutes. */
int alarm_mute_turned(struct alarms *a, struct alarm *alarm, int64_t time, int64_t now);
/** `settles` is due. */
int alarm_mute_settled(struct alarms *a, struct alarm *alarm, int64_t now);
/** The mute has outlasted its episode. */
int alarm_episode_over(struct alarms *a, struct alarm_episode *e, int64_t now);
