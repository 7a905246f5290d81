/*
 * Which incidents are covert, also when they are long over. An incident that is forgotten leaves its number here if it
 * was covert or merged into one that was: a report on it may be written weeks later. Kept are the newest COVERT_MAX
 * numbers; of those before them nobody knows any more, and they all count as covert: what is withheld once too often
 * goes by the fallback, what is told once too often cannot be taken back.
 */
#include "response/incident.h"

static size_t covert_place(const struct response *r, uint64_t incident) {
        size_t low = 0, high = r->covert.n;

        while (low < high) {
                size_t mid = low + (high - low) / 2;

                if (r->covert.ids[mid] < incident)
                        low = mid + 1;
                else
                        high = mid;
        }
        return low;
}

static bool covert_was(const struct response *r, uint64_t incident) {
        size_t at = covert_place(r, incident);

        return incident <= r->covert.unknown || (at < r->covert.n && r->covert.ids[at] == incident);
}

bool covert_is(const struct response *r, uint64_t incident) {
        while (incident) {
                const struct subject *s = subject_find(r, WW_SUBJECT_INCIDENT, incident);

                if (!s)
                        return covert_was(r, incident);
                if (body_true(s, "covert"))
                        return true;
                incident = body_number(s, "merged_into");
        }
        return false;
}

static void covert_drop_oldest(struct response *r) {
        r->covert.unknown = r->covert.ids[0];
        r->covert.n--;
        memmove(r->covert.ids, r->covert.ids + 1, r->covert.n * sizeof *r->covert.ids);
}

static int covert_grow(struct response *r) {
        size_t capacity = r->covert.capacity ? 2 * r->covert.capacity : 16;
        uint64_t *ids;

        if (r->covert.n < r->covert.capacity)
                return 0;
        ids = reallocarray(r->covert.ids, capacity, sizeof *ids);
        if (!ids)
                return -ENOMEM;
        r->covert.ids = ids;
        r->covert.capacity = capacity;
        return 0;
}

int covert_note(struct response *r, uint64_t incident) {
        size_t at;

        if (!covert_is(r, incident) || covert_was(r, incident))
                return 0;
        if (r->covert.n == COVERT_MAX)
                covert_drop_oldest(r);
        if (incident <= r->covert.unknown)
                return 0;
        if (covert_grow(r))
                return -ENOMEM;
        at = covert_place(r, incident);
        memmove(r->covert.ids + at + 1, r->covert.ids + at, (r->covert.n - at) * sizeof *r->covert.ids);
        r->covert.ids[at] = incident;
        r->covert.n++;
        return 0;
}

void covert_save(const struct response *r, struct buf *out) {
        buf_put_var(out, r->covert.unknown);
        buf_put_var(out, r->covert.n);
        for (size_t i = 0; i < r->covert.n; i++)
                buf_put_var(out, r->covert.ids[i]);
}

int covert_load(struct response *r, struct rd *in) {
        uint64_t n, last;

        last = r->covert.unknown = rd_var(in);
        n = rd_var(in);
        if (in->failed || n > COVERT_MAX)
                return -EBADMSG;
        for (uint64_t i = 0; i < n; i++) {
                uint64_t id = rd_var(in);

                if (in->failed || id <= last)
                        return -EBADMSG;
                if (covert_grow(r))
                        return -ENOMEM;
                last = r->covert.ids[r->covert.n++] = id;
        }
        return 0;
}

/* An older state did not say which of the forgotten ones were covert. */
void covert_load_none(struct response *r) {
        r->covert.unknown = r->next_id[WW_SUBJECT_INCIDENT];
}

void covert_free(struct response *r) {
        free(r->covert.ids);
}
