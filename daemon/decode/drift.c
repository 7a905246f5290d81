/*
 * Devices that are no longer understood. A new firmware names a key otherwise, and from then on a detector says
 * nothing to us, while it lives and sends. So for each topic whose messages were explained it is remembered how they
 * fared: after DRIFT_RUN of them that were, as many one behind the other that are not mean that the device has changed.
 *
 * Only topics that were understood have an entry; what nobody ever explained is another matter, and is kept and counted
 * as undecoded. A message that a type ignores says nothing either way, nor does a retained one, which the broker
 * repeats. A type says it once, however many of its topics are concerned, and once when the last of them is understood
 * again. With other types in force all begins anew.
 */
#include "decode/run.h"

#define DRIFT_RUN 8

/* An entry's word: how many were explained (up to DRIFT_RUN), how many in a row were not, and under which types it was
 * told (d->drift_era), 0 = not. */
struct record {
        uint8_t explained, failed;
        uint32_t told;
};

static struct record unpack(uint64_t word) {
        return (struct record){ (uint8_t)word, (uint8_t)(word >> 8), (uint32_t)(word >> 16) };
}

static uint64_t pack(struct record r) {
        return (uint64_t)r.explained | (uint64_t)r.failed << 8 | (uint64_t)r.told << 16;
}

/* A retained message says nothing of it. */
void drift_expect(struct decode *d) {
        if (d->message->retained)
                return;
        d->drift_key = states_key(d->topic_states, d->types->drift_states);
        states_expect(&d->states, d->drift_key);
}

static struct drift *drift_of(struct decode *d, uint32_t owner) {
        for (size_t i = 0; i < d->types->n; i++)
                if (d->types->types[i].owner == owner)
                        return &d->drifts[i];
        return NULL;
}

/* One topic more, or less, of the type; told at the first and behind the last. */
static void count(struct decode *d, uint32_t owner, bool begins) {
        struct drift *drift = drift_of(d, owner);

        if (!drift || (!begins && !drift->topics))
                return;
        drift->topics = begins ? drift->topics + 1 : drift->topics - 1;
        d->figures.drifted = begins ? d->figures.drifted + 1 : d->figures.drifted - 1;
        if (drift->topics != begins)
                return;
        d->drift = begins ? DECODE_DRIFT_BEGINS : DECODE_DRIFT_ENDS;
        d->drift_type = d->types->types[drift - d->drifts].name;
}

static void failed(struct decode *d) {
        struct states_entry *entry = states_find(&d->states, d->drift_key);
        struct record r;

        if (!entry)
                return;
        r = unpack(entry->word);
        r.failed += r.failed < DRIFT_RUN;
        if (r.failed == DRIFT_RUN && r.explained == DRIFT_RUN && r.told != d->drift_era) {
                r.told = d->drift_era;
                count(d, entry->owner, true);
        }
        entry->word = pack(r);
}

static int explained(struct decode *d) {
        struct states_entry *entry;
        struct record r;
        bool fresh;
        int e = run_entry(d, d->drift_key, &entry, &fresh);

        if (e < 0)
                return e;
        r = unpack(entry->word);
        if (r.told == d->drift_era)
                count(d, entry->owner, false);
        r = (struct record){ .explained = (uint8_t)(r.explained + (r.explained < DRIFT_RUN)) };
        entry->word = pack(r);
        entry->heard = d->message->time;
        entry->owner = d->type->owner;
        entry->state = WW_STATE_PULSE;
        return 0;
}

int drift_note(struct decode *d, int outcome) {
        if (d->message->retained || d->ignored || !d->type)
                return 0;
        if (outcome == 0)
                return explained(d);
        failed(d);
        return 0;
}

struct ww_str decode_drifting(const struct decode *d, size_t i) {
        for (size_t k = 0; k < d->types->n; k++)
                if (d->drifts[k].topics && i-- == 0)
                        return d->types->types[k].name;
        return WW_STR_NONE;
}

enum decode_drift decode_drift(const struct decode *d, struct ww_str *ret_sensor) {
        *ret_sensor = d->drift_type;
        return d->drift;
}

int drift_begin(struct decode *d, const struct decode_types *types) {
        struct drift *drifts = calloc(types->n + 1, sizeof *drifts);

        if (!drifts)
                return -ENOMEM;
        free(d->drifts);
        d->drifts = drifts;
        d->drift_era++;
        d->figures.drifted = 0;
        return 0;
}

void drift_save(const struct decode *d, struct buf *out) {
        size_t n = 0;

        for (size_t i = 0; i < d->types->n; i++)
                n += d->drifts[i].topics != 0;
        buf_put_u32(out, d->drift_era);
        buf_put_var(out, n);
        for (size_t i = 0; i < d->types->n; i++)
                if (d->drifts[i].topics) {
                        buf_put_u32(out, d->types->types[i].owner);
                        buf_put_u32(out, d->drifts[i].topics);
                }
}

int drift_load(struct decode *d, struct rd *in) {
        size_t n;

        d->drift_era = rd_u32(in);
        n = rd_var(in);
        if (in->failed || !d->drift_era || n > d->types->n)
                return -EBADMSG;
        for (size_t i = 0; i < n; i++) {
                struct drift *drift = drift_of(d, rd_u32(in));
                uint32_t topics = rd_u32(in);

                if (in->failed || !drift || drift->topics || !topics || topics > STATES_MAX)
                        return -EBADMSG;
                drift->topics = topics;
                d->figures.drifted += topics;
        }
        return 0;
}
