/*
 * A gateway's link takes along those of the devices behind it: assets below it in the site model that have a device.
 *
 * A dead bridge says nothing of its devices, and they say nothing either; without this they would seem to be there
 * until their supervision has run out. So where an event says `children: true`, each of them becomes offline with the
 * gateway, and those that went with it come back with it. `word` of a child's link says which gateway took it along.
 * What a child says by itself counts more: one that was offline before, or says so meanwhile, stays so, and one that is
 * heard again is there again. A retained "online" is older than the gateway's end and changes nothing.
 */
#include "decode/run.h"

#define CHILDREN_MAX 4096 /* told with one message */

/* The type and the name by which the child's own messages know it: "TYPE/NAME", else a device of the gateway's type. */
static const struct type *type_of(const struct decode *d, struct ww_str *device) {
        const char *slash = memchr(device->p, '/', device->n);

        for (size_t i = 0; slash && i < d->types->n; i++)
                if (ww_str_equal(d->types->types[i].name, (struct ww_str){ device->p, (size_t)(slash - device->p) })) {
                        *device = (struct ww_str){ slash + 1, device->n - (size_t)(slash + 1 - device->p) };
                        return &d->types->types[i];
                }
        return d->type;
}

static uint64_t mark_of(const struct decode *d, struct ww_str gateway) {
        return states_device(d->type->owner, gateway, false).low | 1;
}

/* True if it changes with its gateway. `entry`: what is known of it, or NULL. */
static bool goes_along(const struct states_entry *entry, bool gone, uint64_t mark) {
        if (gone)
                return !entry || entry->state != WW_STATE_ACTIVE;
        return entry && entry->state == WW_STATE_ACTIVE && entry->word == mark;
}

static int tell_child(struct decode *d, const struct telling *gateway, uint32_t asset, struct ww_str device) {
        struct telling t = {
                .family = gateway->family, .state = gateway->state, .device = device, .asset = asset, .n_attrs = 1
        };

        d->attrs[0] = d->types->own_attrs[TYPE_ATTR_GATEWAY];
        d->attrs[0].value = ww_string(d->placement->readings[gateway->asset].id);
        return run_tell(d, &t);
}

static int child(struct decode *d, const struct telling *gateway, uint32_t asset, uint64_t mark) {
        struct ww_str device = site_asset(d->placement->site, asset)->device;
        const struct type *own = type_of(d, &device), *type = d->type;
        const bool gone = gateway->state == WW_STATE_ACTIVE;
        struct states_key key = states_key(states_device(own->owner, device, d->message->exercise),
                                           d->types->family_states[gateway->family]);
        struct states_entry *entry;
        bool fresh;
        int r;

        if (!device.n || !goes_along(states_find(&d->states, key), gone, mark))
                return 0;
        if (d->index - d->first >= CHILDREN_MAX) {
                run_fail(d, DECODE_E_BAD_PAYLOAD, "more than %d devices behind one gateway", CHILDREN_MAX);
                return 0;
        }
        d->type = own;
        r = run_entry(d, key, &entry, &fresh);
        if (r == 0) {
                entry->heard = d->message->time;
                entry->state = gateway->state & 0xFF;
                entry->word = gone ? mark : 0;
                r = tell_child(d, gateway, asset, device);
        }
        d->type = type;
        return r;
}

int children_tell(struct decode *d, const struct telling *gateway) {
        const struct site *site = d->placement->site;
        const uint64_t mark = mark_of(d, gateway->device);
        const uint32_t begun = d->index, first = d->first;
        int r = 0;

        if (gateway->asset == SITE_NONE || gateway->state == WW_STATE_UNKNOWN || (d->flags & WW_EVENT_SUSPECT))
                return 0;
        d->first = begun;
        for (uint32_t i = 0; i < site_asset_count(site) && r == 0; i++)
                if (site_asset(site, i)->device.n && site_asset_under(site, i, gateway->asset))
                        r = child(d, gateway, i, mark);
        d->first = first + d->index - begun; /* they are none of the message's own events */
        return r;
}

bool children_outlives(const struct decode *d, const struct telling *t, const struct states_entry *entry) {
        return entry && entry->word && d->message->retained && t->family == d->types->link &&
               entry->state == WW_STATE_ACTIVE && t->state == WW_STATE_NORMAL;
}
