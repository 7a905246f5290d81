#include "correlate/standing.h"

#include <stdlib.h>
#include <string.h>

#define CHANGES 128 /* of a mode that are remembered: a guard is asked as far back as windows reach */

struct mode_change {
        int64_t time;
        bool on;
};

struct mode {
        bool before; /* the first change that is remembered */
        uint8_t n;
        struct mode_change changes[CHANGES];
};

/* sorted by (list, member) */
struct member {
        uint32_t list;
        bool added;
        int64_t until;
        char *text;
        size_t n;
};

struct standing {
        const struct site *site;
        struct mode *modes;
        struct member *members;
        size_t n, capacity;
};

int standing_new(struct standing **ret, const struct site *site) {
        struct standing *s = calloc(1, sizeof *s);

        if (!s)
                return -ENOMEM;
        s->site = site;
        s->modes = calloc(site_mode_count(site) + 1, sizeof *s->modes);
        if (!s->modes) {
                free(s);
                return -ENOMEM;
        }
        for (uint32_t i = 0; i < site_mode_count(site); i++)
                s->modes[i].before = site_mode(site, i)->initially;
        *ret = s;
        return 0;
}

struct standing *standing_free(struct standing *s) {
        if (!s)
                return NULL;
        for (size_t i = 0; i < s->n; i++)
                free(s->members[i].text);
        free(s->members);
        free(s->modes);
        free(s);
        return NULL;
}

/* ---- modes ---- */

bool standing_mode(const struct standing *s, uint32_t mode, int64_t time) {
        const struct mode *m = &s->modes[mode];
        bool on = m->before;

        for (size_t i = 0; i < m->n && m->changes[i].time <= time; i++)
                on = m->changes[i].on;
        return on;
}

int64_t standing_mode_next(const struct standing *s, uint32_t mode, int64_t after) {
        const struct mode *m = &s->modes[mode];

        for (size_t i = 0; i < m->n; i++)
                if (m->changes[i].time > after)
                        return m->changes[i].time;
        return WW_TIME_NEVER;
}

bool standing_mode_set(struct standing *s, uint32_t mode, bool on, int64_t time) {
        struct mode *m = &s->modes[mode];

        if (standing_mode(s, mode, WW_TIME_NEVER) == on)
                return false;
        if (m->n == CHANGES) {
                m->before = m->changes[0].on;
                memmove(m->changes, m->changes + 1, --m->n * sizeof *m->changes);
        }
        m->changes[m->n++] = (struct mode_change){ time, on };
        return true;
}

bool standing_exercise(const struct standing *s, int64_t time) {
        for (uint32_t i = 0; i < site_mode_count(s->site); i++)
                if (site_mode(s->site, i)->exercise && standing_mode(s, i, time))
                        return true;
        return false;
}

/* ---- lists ---- */

static size_t member_place(const struct standing *s, uint32_t list, struct ww_str text, bool *found) {
        size_t low = 0, high = s->n;

        *found = false;
        while (low < high) {
                size_t middle = (low + high) / 2;
                const struct member *m = &s->members[middle];
                int r = m->list != list ? (m->list < list ? -1 : 1)
                                        : ww_str_compare((struct ww_str){ m->text, m->n }, text);

                if (!r) {
                        *found = true;
                        return middle;
                }
                *(r < 0 ? &low : &high) = r < 0 ? middle + 1 : middle;
        }
        return low;
}

bool standing_list_has(const struct standing *s, uint32_t list, struct ww_str text, int64_t time) {
        const struct member *m;
        bool found = false;
        size_t at = s->n ? member_place(s, list, text, &found) : 0;

        if (!found)
                return site_list_has(s->site, list, text);
        m = &s->members[at];
        if (m->added && time < m->until)
                return true;
        return m->added && m->until != WW_TIME_NEVER && site_list_has(s->site, list, text);
}

static int member_insert(struct standing *s, size_t at, struct member m) {
        if (s->n == s->capacity) {
                size_t capacity = s->capacity ? s->capacity * 2 : 16;
                struct member *members = realloc(s->members, capacity * sizeof *members);

                if (!members)
                        return -ENOMEM;
                s->members = members;
                s->capacity = capacity;
        }
        memmove(s->members + at + 1, s->members + at, (s->n - at) * sizeof m);
        s->members[at] = m;
        s->n++;
        return 0;
}

static void member_drop(struct standing *s, size_t at) {
        free(s->members[at].text);
        memmove(s->members + at, s->members + at + 1, (s->n - at - 1) * sizeof *s->members);
        s->n--;
}

int standing_list_set(struct standing *s, uint32_t list, struct ww_str text, bool add, int64_t until) {
        struct member m = { .list = list, .added = add, .until = until, .n = text.n };
        bool found;
        size_t at = member_place(s, list, text, &found);

        if (found)
                member_drop(s, at);
        if (!add && !site_list_has(s->site, list, text))
                return 0;
        if (s->n >= STANDING_MEMBERS_MAX)
                return STANDING_E_FULL;
        m.text = ww_str_copy(text);
        if (!m.text || member_insert(s, at, m) < 0) {
                free(m.text);
                return -ENOMEM;
        }
        return 0;
}

int standing_members_each(const struct standing *s,
                          int (*visit)(void *userdata, struct ww_str list, struct ww_str member, bool add,
                                       int64_t until),
                          void *userdata) {
        int r = 0;

        for (size_t i = 0; i < s->n && !r; i++) {
                const struct member *m = &s->members[i];

                r = visit(userdata, site_list_name(s->site, m->list), (struct ww_str){ m->text, m->n }, m->added,
                          m->until);
        }
        return r;
}

/* ---- snapshots ---- */

int standing_save(const struct standing *s, struct buf *out) {
        buf_put_var(out, site_mode_count(s->site));
        for (uint32_t i = 0; i < site_mode_count(s->site); i++) {
                const struct mode *m = &s->modes[i];

                buf_put_str(out, site_mode(s->site, i)->name);
                buf_put_u8(out, m->before);
                buf_put_var(out, m->n);
                for (size_t j = 0; j < m->n; j++) {
                        buf_put_time(out, m->changes[j].time);
                        buf_put_u8(out, m->changes[j].on);
                }
        }
        buf_put_var(out, s->n);
        for (size_t i = 0; i < s->n; i++) {
                buf_put_str(out, site_list_name(s->site, s->members[i].list));
                buf_put_str(out, (struct ww_str){ s->members[i].text, s->members[i].n });
                buf_put_u8(out, s->members[i].added);
                buf_put_time(out, s->members[i].until);
        }
        return out->error;
}

static void mode_load(struct standing *s, struct rd *in) {
        uint32_t index = site_mode_find(s->site, rd_str(in));
        struct mode m = { .before = rd_u8(in) };
        uint64_t n = rd_var(in);

        in->failed |= n > CHANGES;
        for (uint64_t i = 0; i < n && !in->failed; i++) {
                struct mode_change change = { .time = rd_time(in) };

                change.on = rd_u8(in);
                m.changes[m.n++] = change;
        }
        if (index != SITE_NONE && !in->failed && m.n)
                s->modes[index] = m;
}

static int member_load(struct standing *s, struct rd *in) {
        uint32_t list = site_list_find(s->site, rd_str(in));
        struct ww_str text = rd_str(in);
        bool added = rd_u8(in);
        int64_t until = rd_time(in);

        if (in->failed || list == SITE_NONE)
                return in->failed ? -EBADMSG : 0;
        return standing_list_set(s, list, text, added, until);
}

int standing_load(struct standing *s, struct rd *in) {
        uint64_t modes = rd_var(in), members;
        int r = 0;

        in->failed |= modes > rd_left(in);
        for (uint64_t i = 0; i < modes && !in->failed; i++)
                mode_load(s, in);
        members = rd_var(in);
        if (in->failed || members > STANDING_MEMBERS_MAX)
                return -EBADMSG;
        for (uint64_t i = 0; i < members && !r; i++)
                r = member_load(s, in);
        return r < 0 ? r : in->failed ? -EBADMSG : 0;
}
