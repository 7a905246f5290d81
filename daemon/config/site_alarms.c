/*
 * `alarms:` of a site: how long an acknowledgement holds, for how long something may be hidden, what needs a reason,
 * and which alarms are of one group. Every site has values; the block changes those that it names.
 */
#include "config/site_internal.h"

#include <stdio.h>

#define SHELVE_MAX         (8 * WW_HOUR) /* one shift */
#define OUT_OF_SERVICE_MAX (30 * WW_DAY)
#define URGENT             (1u << WW_PRIORITY_HIGH | 1u << WW_PRIORITY_CRITICAL)

/* --- questions --- */

static const struct site_alarms standard = {
        .shelve_max = { SHELVE_MAX, SHELVE_MAX, SHELVE_MAX, SHELVE_MAX, SHELVE_MAX, SHELVE_MAX, SHELVE_MAX, SHELVE_MAX,
                        SHELVE_MAX },
        .out_of_service_max = OUT_OF_SERVICE_MAX,
        .reason_required = URGENT,
        .first_out_by = { { "ward", 4 }, { "area", 4 } },
        .n_first_out_by = 2,
};
_Static_assert(WW_HAZARD_MAX_ == 9, "a hazard more has a shelve_max, too");

void site_alarms_init(struct site_alarms *ret) {
        *ret = standard;
}

const struct site_alarms *site_alarms(const struct site *s) {
        return s ? &s->alarms : &standard;
}

static bool first_out_type(const struct site_alarms *a, struct ww_str type) {
        for (size_t i = 0; i < a->n_first_out_by; i++)
                if (ww_str_equal(a->first_out_by[i], type))
                        return true;
        return false;
}

uint32_t site_zone_first_out(const struct site *s, uint32_t zone) {
        for (uint32_t at = zone; at != SITE_NONE; at = s->zones[at].parent)
                if (first_out_type(&s->alarms, s->zones[at].type))
                        return at;
        return zone;
}

bool site_zone_key_area(const struct site *s, uint32_t zone) {
        for (uint32_t at = zone; at != SITE_NONE; at = s->zones[at].parent)
                if (s->zones[at].key_area)
                        return true;
        return false;
}

/* --- what is written --- */

static bool is_never(const struct yaml_node *n) {
        return n->type == YAML_SCALAR && ww_str_is(n->text, "never");
}

/* A span, or `never`, which is 0. */
static int read_span(struct site_compiler *c, const struct yaml_node *n, int64_t min, int64_t max, int64_t *ret) {
        char what[160];

        if (is_never(n)) {
                *ret = 0;
                return 0;
        }
        (void)snprintf(what, sizeof what, "%.*s", n->key.n < sizeof what ? (int)n->key.n : (int)sizeof what - 1,
                       n->key.p);
        return yaml_span(n, what, min, max, c->d, ret);
}

static int priority_unknown(struct site_compiler *c, struct diag_pos pos, struct ww_str name) {
        return diag_error(c->d, pos, "low, medium, high, critical", "`%.*s` is no priority", WW_STR_ARG(name));
}

static int read_expiry(struct site_compiler *c, const struct yaml_node *n) {
        enum ww_priority priority;

        if (!ww_priority_find(n->key, &priority))
                return priority_unknown(c, n->key_pos, n->key);
        return read_span(c, n, WW_MINUTE, 30 * WW_DAY, &c->site->alarms.acknowledge_expires[priority]);
}

static int read_expires(struct site_compiler *c, const struct yaml_node *n) {
        return site_read_group(c, n, "acknowledge_expires must be a group of priorities", "write `{critical: 30m}`",
                               read_expiry);
}

/* `default` is read before the hazards, wherever it stands. */
static int read_shelve_default(struct site_compiler *c, const struct yaml_node *group) {
        const struct yaml_node *n = group->type == YAML_MAPPING ? yaml_get(group, "default") : NULL;
        int64_t most = SHELVE_MAX;
        int r = n ? read_span(c, n, WW_MINUTE, 7 * WW_DAY, &most) : 0;

        for (size_t i = 0; i < WW_HAZARD_MAX_; i++)
                c->site->alarms.shelve_max[i] = most;
        return site_told(c, r);
}

static int read_shelve_row(struct site_compiler *c, const struct yaml_node *n) {
        enum ww_hazard hazard;
        enum ww_class klass;

        if (ww_str_is(n->key, "default"))
                return 0;
        if (ww_hazard_find(n->key, &hazard))
                return read_span(c, n, WW_MINUTE, 7 * WW_DAY, &c->site->alarms.shelve_max[hazard]);
        if (!ww_class_find(n->key, &klass) || !ww_class_protected(klass))
                return diag_error(c->d, n->key_pos,
                                  "`default`, or a hazard: fire, theft, robbery, explosion, sabotage, "
                                  "fraud, loss, disaster, system",
                                  "`%.*s` is no hazard", WW_STR_ARG(n->key));
        if (is_never(n))
                return 0;
        return diag_error(c->d, n->pos, "write `never`, or leave it out", "alarms of class `%.*s` can never be shelved",
                          WW_STR_ARG(n->key));
}

static int read_shelve(struct site_compiler *c, const struct yaml_node *n) {
        int r = read_shelve_default(c, n);

        return r ? r
                 : site_read_group(c, n, "shelve_max must be a group of hazards", "write `{default: 8h}`",
                                   read_shelve_row);
}

static int read_out_of_service(struct site_compiler *c, const struct yaml_node *n) {
        return site_told(c, yaml_span(n, "out_of_service_max", WW_HOUR, 400 * WW_DAY, c->d,
                                      &c->site->alarms.out_of_service_max));
}

static bool is_list(struct site_compiler *c, const struct yaml_node *n, const char *what, const char *help) {
        if (n->type == YAML_SEQUENCE)
                return true;
        (void)site_told(c, diag_error(c->d, n->pos, help, "%s must be a list", what));
        return false;
}

static int read_reasons(struct site_compiler *c, const struct yaml_node *n) {
        enum ww_priority priority;
        struct ww_str name;
        uint32_t set = 0;

        if (!is_list(c, n, "reason_required", "write `[high, critical]`; `[]`: of none"))
                return 0;
        yaml_each(item, n) {
                int r = yaml_string(item, "a priority", c->d, &name);

                if (r == 0 && !ww_priority_find(name, &priority))
                        r = priority_unknown(c, item->pos, name);
                if (r == 0)
                        set |= 1u << priority;
                if (site_told(c, r))
                        return r;
        }
        c->site->alarms.reason_required = set;
        return 0;
}

static int add_type(struct site_compiler *c, const struct yaml_node *item) {
        struct site_alarms *a = &c->site->alarms;
        struct ww_str type;
        int r = site_read_id(item, "a type of zones", c->d, &type);

        if (r)
                return r;
        if (a->n_first_out_by == SITE_FIRST_OUT_MAX)
                return diag_error(c->d, item->pos, "leave some out", "more than %d types", SITE_FIRST_OUT_MAX);
        type = arena_copy(&c->site->arena, type);
        if (!type.p)
                return -ENOMEM;
        a->first_out_by[a->n_first_out_by++] = type;
        return 0;
}

static int read_first_out(struct site_compiler *c, const struct yaml_node *n) {
        int r = 0;

        if (!is_list(c, n, "first_out_by", "write `[ward, area]`; `[]`: each zone by itself"))
                return 0;
        c->site->alarms.n_first_out_by = 0;
        yaml_each(item, n)
                if (r == 0)
                        r = site_told(c, add_type(c, item));
        return r;
}

/* in the order of site_alarms_keys */
static int (*const readers[])(struct site_compiler *c, const struct yaml_node *n) = {
        read_expires, read_shelve, read_out_of_service, read_reasons, read_first_out,
};

int site_read_alarms(struct site_compiler *c, const struct yaml_node *group) {
        int r = 0;

        if (c->alarms.line)
                return site_told(c,
                                 diag_error(c->d, group->key_pos, "join the two", "`alarms` is there already (%.*s:%u)",
                                            WW_STR_ARG(c->alarms.file), c->alarms.line));
        c->alarms = group->key_pos;
        c->alarms.file = c->path;
        if (site_is_nothing(group))
                return 0;
        r = site_told(c, site_keys_check(c, group, "alarms", site_alarms_keys, site_alarms_keys_n));
        for (size_t i = 0; r == 0 && group->type == YAML_MAPPING && i < site_alarms_keys_n; i++) {
                const struct yaml_node *part = yaml_get(group, site_alarms_keys[i].name);

                r = part ? readers[i](c, part) : 0;
        }
        return r;
}
