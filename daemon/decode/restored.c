/*
 * What restore.h keeps, in the decoder's hands: a state of this message gets its deadline, and those that are due are
 * told as events of their own.
 */
#include "decode/run.h"

static int make_room(struct decode *d);

int restored_set(struct decode *d, const struct telling *t, struct states_entry *entry) {
        const struct restore what = { .due = d->message->time + t->event->restores_after,
                                      .owner = d->type->owner,
                                      .exercise = d->message->exercise,
                                      .family = ww_str(d->types->kinds->rows[t->family].family),
                                      .device = t->device,
                                      .host = d->device };
        int r = states_is_timed(entry) ? 0 : make_room(d);

        return r < 0 ? r : restores_set(&d->restores, entry, &what);
}

static const struct type *type_of(const struct decode *d, uint32_t owner) {
        for (size_t i = 0; i < d->types->n; i++)
                if (d->types->types[i].owner == owner)
                        return &d->types->types[i];
        return NULL;
}

static uint32_t asset_of(const struct decode *d, const struct restore *x) {
        uint32_t asset = placement_asset(d->placement, d->type->name, x->device);

        return asset == SITE_NONE ? placement_asset(d->placement, d->type->name, x->host) : asset;
}

/* A kind that the site had and has no more ends without a word. */
static int tell_restored(struct decode *d, const struct restore *x) {
        struct telling t = { .device = x->device };
        enum ww_state any;

        if (!d->type || !ww_kind_find(d->types->kinds, x->family, &t.family, &any) ||
            d->types->kinds->rows[t.family].nature != WW_NATURE_STATE)
                return 0;
        t.state = WW_STATE_NORMAL;
        t.asset = asset_of(d, x);
        return run_tell(d, &t);
}

static int fire(struct decode *d, uint64_t seq, int64_t at) {
        const struct decode_message message = { .seq = seq, .time = at, .received = at };
        struct states_entry *entry;
        struct restore x;
        int r;

        restores_pop(&d->restores, &x);
        entry = states_find(&d->states, x.key);
        if (entry) {
                entry->state = WW_STATE_NORMAL;
                entry->heard = at;
        }
        d->message = &message;
        d->type = type_of(d, x.owner);
        d->time = at;
        d->device_time = WW_TIME_NONE;
        d->flags = x.exercise ? WW_EVENT_EXERCISE : 0;
        r = tell_restored(d, &x);
        d->message = NULL;
        free(x.names);
        return r;
}

/* Where there are as many deadlines as there may be, the first one ends now: its state is told too early, which is less
 * than not at all. */
static int make_room(struct decode *d) {
        const struct decode_message *message = d->message;
        const struct type *type = d->type;
        const int64_t device_time = d->device_time, time = d->time;
        const uint32_t flags = d->flags;
        const bool lived = d->lived;
        int r;

        if (d->restores.n < RESTORE_MAX)
                return 0;
        d->figures.restored_early++;
        r = fire(d, message->seq, message->time);
        d->message = message;
        d->type = type;
        d->device_time = device_time;
        d->time = time;
        d->flags = flags;
        d->lived = lived;
        return r;
}

int64_t decode_deadline(const struct decode *d) {
        return restores_due(&d->restores);
}

int decode_time(struct decode *d, uint64_t seq, int64_t now) {
        int r = 0;

        if (d->fired_seq != seq)
                d->fired = 0;
        d->fired_seq = seq;
        d->index = d->fired;
        while (!r && restores_due(&d->restores) <= now)
                r = fire(d, seq, restores_due(&d->restores));
        d->fired = d->index;
        return r;
}
