/*
 * Events that no device tells.
 *
 * One that a person tells: {"cmd": "event", "kind": …, "zone": …, "device": …, "value": …}. It goes the way of all
 * events, with the sensor type `manual`, and says who told it.
 *
 * A hint that somebody gave at the public form: {"cmd": "tip", "text": …, "place": …, "from": …, "reply_to": …,
 * "reference": …}, from the console. It is the event `tip` of the device `tips` and the sensor type `form`, as one that
 * came over MQTT would be.
 */
#include "pipeline_internal.h"

#include "alarm/alarm.h"

#define EVENT_ROLES  (ALARM_ROLE_OPERATOR | ALARM_ROLE_SUPERVISOR | ALARM_ROLE_INTEGRATOR)
#define TEXT_MAX     512 /* bytes */
#define TIP_TEXT_MAX 2000

struct told {
        struct ww_event event;
        struct ww_attr attrs[2];
        char why[200]; /* "" = well formed */
};

static void told_wrong(struct told *t, const char *name, const char *wrong) {
        if (!t->why[0])
                (void)snprintf(t->why, sizeof t->why, "`%s` %s", name, wrong);
}

static struct ww_str told_text(struct told *t, json_t *body, const char *name, bool must) {
        json_t *value = json_object_get(body, name);
        struct ww_str text = { json_string_value(value), json_string_length(value) };

        if (value && !json_is_null(value) && (!json_is_string(value) || text.n > TEXT_MAX))
                told_wrong(t, name, "must be a text of at most 512 bytes");
        if (must && !text.n)
                told_wrong(t, name, "must be a text that is not empty");
        return text;
}

static void told_kind(struct told *t, const struct site *site, json_t *body) {
        struct ww_event *e = &t->event;

        e->kind = told_text(t, body, "kind", true);
        if (!t->why[0] &&
            (!ww_kind_find(site_kinds(site), e->kind, &e->family, &e->state) || e->state == WW_STATE_UNKNOWN))
                told_wrong(t, "kind", "must name one value of a kind, such as door.opened");
}

static void told_value(struct told *t, json_t *body) {
        json_t *value = json_object_get(body, "value");

        if (json_is_number(value))
                t->event.value = ww_number(json_number_value(value));
        else if (json_is_string(value))
                t->event.value = ww_string(told_text(t, body, "value", false));
        else if (value && !json_is_null(value))
                told_wrong(t, "value", "must be a number or a text");
}

/* Where it is: as told, or where the device is. */
static void told_place(struct told *t, const struct site *site, json_t *body) {
        struct ww_event *e = &t->event;
        const struct site_asset *asset;

        e->site = site_name(site);
        e->device = told_text(t, body, "device", false);
        e->zone = told_text(t, body, "zone", false);
        e->asset_index = e->device.n ? site_asset_of_device(site, e->device) : SITE_NONE;
        asset = e->asset_index == SITE_NONE ? NULL : site_asset(site, e->asset_index);
        if (asset)
                e->asset = asset->id;
        if (asset && !e->zone.n && asset->zone != SITE_NONE)
                e->zone = site_zone(site, asset->zone)->id;
        if (e->zone.n && site_zone_find(site, e->zone) == SITE_NONE)
                told_wrong(t, "zone", "is no zone of the site");
        if (!e->device.n)
                e->device = WW_STR("manual");
}

static void told_by(struct told *t, const struct ruleset *ruleset, struct ww_str actor, struct ww_str reason) {
        const struct {
                const char *name;
                struct ww_str value;
        } said[] = { { "actor", actor }, { "reason", reason } };

        for (size_t i = 0; i < 2; i++) {
                if (!said[i].value.n)
                        continue;
                t->attrs[t->event.n_attrs++] = (struct ww_attr){ .name = ww_str(said[i].name),
                                                                 .symbol = symtab_find(ruleset->symbols,
                                                                                       ww_str(said[i].name)),
                                                                 .value = ww_string(said[i].value) };
        }
        t->event.attrs = t->attrs;
}

int pipeline_manual(struct pipeline *p, const struct ww_input *input, json_t *body) {
        const struct site *site = p->ruleset->site;
        struct told t = { .event = { .seq = input->seq,
                                     .time = input->time,
                                     .received = input->time,
                                     .device_time = WW_TIME_NONE,
                                     .sensor = WW_STR("manual") } };
        int r;

        if (!((unsigned)json_integer_value(json_object_get(body, "roles")) & EVENT_ROLES))
                return pipeline_reply(p, input,
                                      pipeline_refused(input, "role", "your role does not allow this",
                                                       "operators, supervisors and integrators tell events"));
        told_kind(&t, site, body);
        told_value(&t, body);
        told_place(&t, site, body);
        told_by(&t, p->ruleset, input->topic, told_text(&t, body, "reason", false));
        if (t.why[0])
                return pipeline_reply(p, input,
                                      pipeline_refused(input, "malformed", t.why, "see `wardwatch help event`"));
        r = pipeline_event(p, &t.event);
        return r ? r : pipeline_reply(p, input, pipeline_ok(input));
}

/* What the form has checked already is checked here, too: what is in the journal is as it should be. */
static bool tip_text(struct symtab *symbols, json_t *body, const char *name, size_t max, struct ww_attr *ret) {
        const json_t *value = json_object_get(body, name);

        *ret = (struct ww_attr){ .name = ww_str(name),
                                 .symbol = symtab_find(symbols, ww_str(name)),
                                 .value = ww_string(
                                         (struct ww_str){ json_string_value(value), json_string_length(value) }) };
        return (!value || json_is_string(value)) && json_string_length(value) <= max;
}

int pipeline_tip(struct pipeline *p, const struct ww_input *input, json_t *body) {
        static const char *const names[] = { "place", "from", "reply_to", "reference" };
        struct ww_attr attrs[sizeof names / sizeof *names], text;
        struct ww_event event = { .seq = input->seq,
                                  .time = input->time,
                                  .received = input->time,
                                  .device_time = WW_TIME_NONE,
                                  .sensor = WW_STR("form"),
                                  .site = site_name(p->ruleset->site),
                                  .device = WW_STR("tips"),
                                  .asset_index = SITE_NONE,
                                  .kind = WW_STR("tip"),
                                  .attrs = attrs };
        bool good = tip_text(p->ruleset->symbols, body, "text", TIP_TEXT_MAX, &text) && text.value.string.n;
        int r;

        for (size_t i = 0; good && i < sizeof names / sizeof *names; i++) {
                good = tip_text(p->ruleset->symbols, body, names[i], TEXT_MAX, &attrs[event.n_attrs]);
                event.n_attrs += good && attrs[event.n_attrs].value.string.n > 0;
        }
        if (!good || !ww_kind_find(site_kinds(p->ruleset->site), event.kind, &event.family, &event.state))
                return pipeline_reply(p, input,
                                      pipeline_refused(input, "malformed", "a hint is a text of 1 to 2000 bytes",
                                                       "the console's form sends it"));
        event.value = text.value;
        r = pipeline_event(p, &event);
        return r ? r : pipeline_reply(p, input, pipeline_ok(input));
}

int pipeline_staffing(void *userdata, const struct response_staffing *staffing) {
        struct pipeline *p = userdata;
        const struct {
                const char *name;
                uint64_t value;
        } said[] = { { "there", staffing->there }, { "wanted", staffing->wanted } };
        struct ww_attr attrs[2];
        struct ww_event event = { .seq = p->input->seq,
                                  .time = p->now,
                                  .received = p->now,
                                  .device_time = WW_TIME_NONE,
                                  .sensor = WW_STR("post"),
                                  .site = site_name(p->ruleset->site),
                                  .device = staffing->post,
                                  .zone = staffing->zone,
                                  .asset_index = SITE_NONE,
                                  .kind = ww_str(staffing->understaffed ? "post.understaffed" : "post.manned"),
                                  .attrs = attrs,
                                  .n_attrs = 2 };

        (void)ww_kind_find(site_kinds(p->ruleset->site), event.kind, &event.family, &event.state);
        for (size_t i = 0; i < 2; i++)
                attrs[i] = (struct ww_attr){ .name = ww_str(said[i].name),
                                             .symbol = symtab_find(p->ruleset->symbols, ww_str(said[i].name)),
                                             .value = ww_number((double)said[i].value) };
        return pipeline_event(p, &event);
}
