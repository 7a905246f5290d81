/* What one shift hands to the next: all that is open, one item each, by the name that it is accepted by. */
#include "response/people.h"

#include "journal/record_json.h"

struct items {
        json_t *list;
        size_t more;
};

static int put_item(struct items *items, const char *kind, uint64_t id, const char *why, struct ww_str text) {
        char name[48];

        if (json_array_size(items->list) >= HANDOVER_ITEMS_MAX) {
                items->more++;
                return 0;
        }
        (void)snprintf(name, sizeof name, "%s:%llu", kind, (unsigned long long)id);
        return json_array_append_new(items->list,
                                     json_pack("{s:s, s:s, s:o, s:s, s:n}", "item", name, "why", why, "text",
                                               record_json_str(text), "accepted_by", "", "accepted_at")) < 0
                       ? -ENOMEM
                       : 0;
}

/* --- subjects: by a member that says what they are about --- */

static const struct {
        enum ww_subject kind;
        const char *why, *text; /* members of the body */
} kinds[] = {
        { WW_SUBJECT_INCIDENT, "state", "title" },
        { WW_SUBJECT_APPROVAL, "state", "asked_by" },
        { WW_SUBJECT_DISPATCH, "state", "guard" },
};

static int compare_keys(const void *a, const void *b) {
        const struct subject *x = *(struct subject *const *)a, *y = *(struct subject *const *)b;

        return (x->key > y->key) - (x->key < y->key);
}

static bool is_item(const struct response *r, const struct subject *s) {
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
                if (s->kind == kinds[i].kind)
                        return subject_live(r, s);
        return false;
}

static int put_subject(struct items *items, const struct subject *s) {
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
                if (s->kind == kinds[i].kind)
                        return put_item(items, ww_subject_name(s->kind), s->id, body_text(s, kinds[i].why),
                                        ww_str(body_text(s, kinds[i].text)));
        return 0;
}

static int put_subjects(const struct response *r, struct items *items) {
        _cleanup_free_ struct subject **all = calloc(HASH_COUNT(r->subjects) + 1, sizeof(*all));
        struct subject *s, *next;
        size_t n = 0;
        int e = 0;

        if (!all)
                return -ENOMEM;
        HASH_ITER(hh, r->subjects, s, next) {
                if (is_item(r, s))
                        all[n++] = s;
        }
        qsort(all, n, sizeof(*all), compare_keys);
        for (size_t i = 0; !e && i < n; i++)
                e = put_subject(items, all[i]);
        return e;
}

/* --- alarms: what is hidden, and what nobody has taken note of --- */

static int put_alarm(void *to, const struct ww_alarm *a) {
        const char *why = a->regions.out_of_service  ? "out-of-service"
                          : a->regions.shelved       ? "shelved"
                          : a->regions.suppressed    ? NULL
                          : !a->regions.acknowledged ? "unacknowledged"
                                                     : NULL;

        return why ? put_item(to, "alarm", a->id, why, a->title) : 0;
}

int handover_items(const struct response *r, json_t **ret, size_t *ret_more) {
        struct items items = { .list = json_array() };
        int e = items.list ? put_subjects(r, &items) : -ENOMEM;

        if (!e && r->sink.alarms)
                e = r->sink.alarms(r->sink.userdata, put_alarm, &items);
        if (e) {
                json_decref(items.list);
                return e;
        }
        *ret = items.list;
        *ret_more = items.more;
        return 0;
}
