/* Subjects: where they are kept, how they change, and whose turn is next. */
#include "response/response_internal.h"

#include "base/span.h"
#include "journal/record_json.h"

/* --- members of a body --- */

void body_set(struct subject *s, const char *name, json_t *value) {
        if (!value || json_object_set_new(s->body, name, value) < 0)
                s->failed = true;
}

void body_set_text(struct subject *s, const char *name, struct ww_str text) {
        body_set(s, name, record_json_str(text));
}

void body_set_name(struct subject *s, const char *name, const char *text) {
        body_set(s, name, json_string(text));
}

void body_set_time(struct subject *s, const char *name, int64_t time) {
        body_set(s, name, record_json_time(time));
}

void body_set_number(struct subject *s, const char *name, uint64_t number) {
        body_set(s, name, json_integer((json_int_t)number));
}

void body_set_bool(struct subject *s, const char *name, bool value) {
        body_set(s, name, json_boolean(value));
}

const char *body_text(const struct subject *s, const char *name) {
        const char *text = json_string_value(json_object_get(s->body, name));

        return text ? text : "";
}

bool body_is(const struct subject *s, const char *name, const char *text) {
        return strcmp(body_text(s, name), text) == 0;
}

int64_t json_time(const json_t *o, const char *name) {
        const char *text = json_string_value(json_object_get(o, name));
        int64_t time;

        return text && instant_parse(ww_str(text), 0, &time) == 0 ? time : WW_TIME_NONE;
}

int64_t body_time(const struct subject *s, const char *name) {
        return json_time(s->body, name);
}

uint64_t body_number(const struct subject *s, const char *name) {
        return (uint64_t)json_integer_value(json_object_get(s->body, name));
}

bool body_true(const struct subject *s, const char *name) {
        return json_is_true(json_object_get(s->body, name));
}

/* --- whose turn is next: a heap by (due, key) --- */

static bool heap_before(const struct subject *a, const struct subject *b) {
        return a->due != b->due ? a->due < b->due : a->key < b->key;
}

static void heap_put(struct response *r, size_t place, struct subject *s) {
        r->heap[place] = s;
        s->place = place;
}

static void heap_settle(struct response *r, size_t place) {
        struct subject *s = r->heap[place];
        size_t child;

        for (; place > 0 && heap_before(s, r->heap[(place - 1) / 2]); place = (place - 1) / 2)
                heap_put(r, place, r->heap[(place - 1) / 2]);
        for (; (child = 2 * place + 1) < r->n_heap; place = child) {
                if (child + 1 < r->n_heap && heap_before(r->heap[child + 1], r->heap[child]))
                        child++;
                if (!heap_before(r->heap[child], s))
                        break;
                heap_put(r, place, r->heap[child]);
        }
        heap_put(r, place, s);
}

static void heap_remove(struct response *r, struct subject *s) {
        size_t place = s->place;

        if (place == SUBJECT_HEAP_NONE)
                return;
        s->place = SUBJECT_HEAP_NONE;
        if (place == --r->n_heap)
                return;
        heap_put(r, place, r->heap[r->n_heap]);
        heap_settle(r, place);
}

/* Each subject has its place in reserve, so that a timer cannot fail. */
static int heap_reserve(struct response *r) {
        size_t n = HASH_COUNT(r->subjects) + 1, capacity = r->heap_capacity ? r->heap_capacity * 2 : 64;
        struct subject **heap;

        if (n <= r->heap_capacity)
                return 0;
        heap = reallocarray(r->heap, capacity, sizeof(*heap));
        if (!heap)
                return -ENOMEM;
        r->heap = heap;
        r->heap_capacity = capacity;
        return 0;
}

/* Of a closed incident nothing falls due but its own end. */
static bool subject_rests(const struct response *r, const struct subject *s) {
        const struct subject *incident = s->kind == WW_SUBJECT_INCIDENT ? NULL : subject_incident(r, s);

        return incident && incident->ended;
}

void subject_timer(struct response *r, struct subject *s) {
        const struct subject_kind *kind = &subject_kinds[s->kind];

        s->due = kind->due && !subject_rests(r, s) ? kind->due(r, s) : WW_TIME_NEVER;
        if (s->due == WW_TIME_NEVER) {
                heap_remove(r, s);
                return;
        }
        if (s->place == SUBJECT_HEAP_NONE)
                heap_put(r, r->n_heap++, s);
        heap_settle(r, s->place);
}

int64_t response_deadline(const struct response *r) {
        int64_t due = r->n_heap ? r->heap[0]->due : WW_TIME_NEVER;

        return r->settle_at < due ? r->settle_at : due;
}

/* --- life --- */

static void subject_free(struct subject *s) {
        json_decref(s->body);
        free(s->what);
        free(s->actor);
        free(s->reason);
        free(s);
}

static void subject_link(struct subject *incident, struct subject *s) {
        struct subject **first = s->kind == WW_SUBJECT_MEMBER ? &incident->members : &incident->first;

        s->next = *first;
        s->at = first;
        if (s->next)
                s->next->at = &s->next;
        *first = s;
}

struct subject *subject_restore(struct response *r, enum ww_subject kind, uint64_t id, struct subject *incident) {
        struct subject *s = calloc(1, sizeof *s);

        if (!s || heap_reserve(r)) {
                free(s);
                return NULL;
        }
        s->kind = kind;
        s->id = id;
        s->key = ww_change_key(kind, id);
        s->due = WW_TIME_NEVER;
        s->place = SUBJECT_HEAP_NONE;
        s->of = incident ? incident : kind == WW_SUBJECT_INCIDENT ? s : NULL;
        s->incident = incident ? incident->id : kind == WW_SUBJECT_INCIDENT ? id : 0;
        s->exercise = incident && incident->exercise;
        s->body = json_object();
        if (s->body)
                HASH_ADD(hh, r->subjects, key, sizeof s->key, s);
        if (!s->body || !s->hh.tbl) {
                subject_free(s);
                return NULL;
        }
        if (incident)
                subject_link(incident, s);
        TAILQ_INSERT_TAIL(&r->of_kind[kind], s, order); /* numbers only grow */
        r->incidents += kind == WW_SUBJECT_INCIDENT;
        return s;
}

struct subject *subject_new(struct response *r, enum ww_subject kind, struct subject *incident) {
        struct subject *s = subject_restore(r, kind, r->next_id[kind] + 1, incident);

        if (s)
                r->next_id[kind]++;
        return s;
}

struct subject *subject_find(const struct response *r, enum ww_subject kind, uint64_t id) {
        uint64_t key = ww_change_key(kind, id);
        struct subject *s;

        if (id >> WW_SUBJECT_SHIFT_BITS)
                return NULL;
        HASH_FIND(hh, r->subjects, &key, sizeof key, s);
        return s;
}

struct subject *subject_incident(const struct response *r, const struct subject *s) {
        return s->of;
}

/* A notification may outlive its incident: it says that it is closed. */
bool subject_live(const struct response *r, const struct subject *s) {
        const struct subject *incident = s->kind == WW_SUBJECT_NOTIFICATION ? NULL : subject_incident(r, s);

        return !s->ended && s->version && !(incident && incident->ended);
}

/* --- two queues: a subject is in one of them, or in none --- */

static void queue_remove(struct subject_queue *queue, struct subject *s) {
        if (s->in_queue)
                TAILQ_REMOVE(queue, s, queue);
        s->in_queue = false;
}

void subject_wait(struct response *r, struct subject *s, bool waits) {
        if (waits == s->in_queue)
                return;
        if (!waits) {
                queue_remove(&r->running, s);
                r->waiting--;
                return;
        }
        TAILQ_INSERT_TAIL(&r->running, s, queue);
        s->in_queue = true;
        r->waiting++;
}

/* Those that close come last but for the clock's grain, and a load, which brings them by their numbers. */
void subject_keep(struct response *r, struct subject *incident, bool closed) {
        struct subject *before;

        queue_remove(&r->ended, incident);
        if (!closed)
                return;
        before = TAILQ_LAST(&r->ended, subject_queue);
        while (before && heap_before(incident, before))
                before = TAILQ_PREV(before, subject_queue, queue);
        if (before)
                TAILQ_INSERT_AFTER(&r->ended, before, incident, queue);
        else
                TAILQ_INSERT_HEAD(&r->ended, incident, queue);
        incident->in_queue = true;
}

static void subject_unlink(struct response *r, struct subject *s) {
        if (s->kind == WW_SUBJECT_INCIDENT) {
                queue_remove(&r->ended, s);
                r->incidents--;
        } else {
                subject_wait(r, s, false);
        }
        heap_remove(r, s);
        TAILQ_REMOVE(&r->of_kind[s->kind], s, order);
        HASH_DELETE(hh, r->subjects, s);
        if (s->at) {
                *s->at = s->next;
                if (s->next)
                        s->next->at = s->at;
        }
        s->at = NULL;
        s->next = r->gone;
        r->gone = s;
}

void subject_forget(struct response *r, struct subject *s) {
        while (s->members)
                subject_unlink(r, s->members);
        while (s->first)
                subject_unlink(r, s->first);
        subject_unlink(r, s);
}

void response_free_gone(struct response *r) {
        while (r->gone) {
                struct subject *s = r->gone;

                r->gone = s->next;
                subject_free(s);
        }
}

/* --- change --- */

static int keep_text(char **to, struct ww_str text) {
        char *copy = ww_str_copy(text);

        if (!copy)
                return -ENOMEM;
        free(*to);
        *to = copy;
        return 0;
}

int subject_as_change(const struct subject *s, struct ww_change *ret, char **ret_text) {
        char *text = json_dumps(s->body, JSON_COMPACT | JSON_SORT_KEYS);

        if (!text)
                return -ENOMEM;
        *ret = (struct ww_change){
                .subject = s->kind,
                .id = s->id,
                .version = s->version,
                .incident = s->incident,
                .exercise = s->exercise,
                .ended = s->ended,
                .time = s->changed_at,
                .what = ww_str(s->what),
                .actor = ww_str(s->actor),
                .reason = ww_str(s->reason),
                .body = ww_str(text),
        };
        *ret_text = text;
        return 0;
}

/* So that who asked learns what came of it. */
static int subject_note_told(struct response *r, const struct subject *s) {
        if (!r->told)
                return 0;
        return json_array_append_new(r->told, json_pack("{s:s, s:I, s:I, s:s}", "subject", ww_subject_name(s->kind),
                                                        "id", (json_int_t)s->id, "version", (json_int_t)s->version,
                                                        "what", s->what)) < 0
                       ? -ENOMEM
                       : 0;
}

int subject_changed(struct response *r, struct subject *s, const char *what, const struct act *act) {
        _cleanup_free_ char *text = NULL;
        struct ww_change change;
        int e;

        if (s->failed || keep_text(&s->what, ww_str(what)) || keep_text(&s->actor, act->actor) ||
            keep_text(&s->reason, act->reason))
                return -ENOMEM;
        s->version++;
        s->changed_at = act->now;
        e = subject_as_change(s, &change, &text);
        if (!e)
                e = subject_note_told(r, s);
        if (e)
                return e;
        r->changes++;
        subject_timer(r, s);
        if ((s->kind == WW_SUBJECT_SHIFT || s->kind == WW_SUBJECT_GUARD) && act->now < r->settle_at && posts_watched(r))
                r->settle_at = act->now;
        return r->sink.change(r->sink.userdata, &change);
}
