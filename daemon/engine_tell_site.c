/* The parts of the site that the command socket tells (engine_tell.c), each a list: what is where, and what may be said
 * and written here. One row a part. */
#include "engine_internal.h"

#include "alarm/alarm.h"
#include "journal/record_json.h"
#include "records/kinds.h"
#include "response/rules.h"

#include <math.h>

static json_t *zone_name(const struct site *s, uint32_t zone) {
        return zone == SITE_NONE ? json_null() : record_json_str(site_zone(s, zone)->id);
}

static json_t *tell_zone(const struct ruleset *rules, size_t n) {
        const struct site *s = rules->site;
        uint32_t i = (uint32_t)n;
        const struct site_zone *z = site_zone(s, i);
        json_t *adjacent = json_array();

        for (uint32_t k = 0; k < z->n_adjacent; k++)
                (void)json_array_append_new(adjacent, zone_name(s, z->adjacent[k]));
        return json_pack("{s:o, s:o, s:o, s:o, s:b, s:o}", "zone", record_json_str(z->id), "title",
                         record_json_str(z->title), "type", record_json_str(z->type), "in", zone_name(s, z->parent),
                         "key_area", site_zone_key_area(s, i), "adjacent", adjacent);
}

static json_t *tell_asset(const struct ruleset *rules, size_t n) {
        const struct site *s = rules->site;
        uint32_t i = (uint32_t)n;
        const struct site_asset *a = site_asset(s, i);
        json_t *parents = json_array(), *fields = json_object();

        for (uint32_t k = 0; k < a->n_parents; k++)
                (void)json_array_append_new(parents, record_json_str(site_asset(s, a->parents[k])->id));
        for (size_t k = 0; k < a->n_fields; k++)
                (void)json_object_setn_new(fields, a->fields[k].name.p, a->fields[k].name.n,
                                           record_json_value(a->fields[k].value));
        return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:f, s:o}", "asset", record_json_str(a->id), "title",
                         record_json_str(a->title), "class", record_json_str(a->class_name), "device",
                         record_json_str(a->device), "zone", zone_name(s, a->zone), "parents", parents, "supervision",
                         (double)a->supervision / WW_SECOND, "fields", fields);
}

static json_t *tell_mode(const struct ruleset *rules, size_t i) {
        const struct site_mode *m = site_mode(rules->site, (uint32_t)i);

        return json_pack("{s:o, s:o, s:b}", "mode", record_json_str(m->name), "title", record_json_str(m->title),
                         "exercise", m->exercise);
}

static json_t *tell_schedule(const struct ruleset *rules, size_t n) {
        const struct site *s = rules->site;
        uint32_t i = (uint32_t)n;

        return json_pack("{s:o, s:o}", "schedule", record_json_str(site_schedule_name(s, i)), "title",
                         record_json_str(site_schedule_title(s, i)));
}

/* Its zones as its file has them: "x,y x,y …". */
static json_t *tell_places(const struct site *s, const struct site_plan *p) {
        json_t *zones = json_object();

        for (size_t i = 0; i < p->n_places; i++) {
                const struct site_place *place = &p->places[i];
                struct ww_str id = site_zone(s, place->zone)->id;
                _cleanup_buf_ struct buf corners = BUF_INIT;

                for (uint32_t k = 0; k < place->n_points; k++)
                        buf_printf(&corners, "%s%.10g,%.10g", k ? " " : "", place->points[k].x, place->points[k].y);
                (void)json_object_setn_new(zones, id.p, id.n, record_json_str(buf_str(&corners)));
        }
        return zones;
}

static json_t *tell_plan(const struct ruleset *rules, size_t i) {
        const struct site_plan *p = site_plan(rules->site, (uint32_t)i);

        return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "plan", record_json_str(p->id), "title",
                         record_json_str(p->title), "file", record_json_str(p->file), "path", record_json_str(p->path),
                         "zone", zone_name(rules->site, p->zone), "zones", tell_places(rules->site, p));
}

static json_t *tell_disposition(const struct ruleset *rules, size_t i) {
        static const char *const whether[] = { "never", "critical", "always" };
        const struct disposition *d = &rules->response->dispositions[i];

        return json_pack("{s:o, s:o, s:o, s:s, s:b}", "code", record_json_str(d->code), "title",
                         record_json_str(d->title), "outcome", record_json_str(d->outcome), "two_persons",
                         whether[d->two_persons], "report", d->report);
}

static json_t *tell_procedure(const struct ruleset *rules, size_t i) {
        const struct procedure *p = &rules->response->procedures[i];

        return json_pack("{s:o, s:o}", "procedure", record_json_str(p->name), "title", record_json_str(p->title));
}

static json_t *tell_post(const struct ruleset *rules, size_t i) {
        const struct post *p = &rules->response->posts[i];

        return json_pack("{s:o, s:o, s:I}", "post", record_json_str(p->name), "title", record_json_str(p->title),
                         "persons", (json_int_t)p->persons);
}

/* --- kinds of records --- */

static json_t *tell_words(const struct ww_str *words, size_t n) {
        json_t *list = json_array();

        for (size_t i = 0; i < n; i++)
                (void)json_array_append_new(list, record_json_str(words[i]));
        return list;
}

static json_t *tell_states(const struct record_kind *k, uint32_t set) {
        json_t *list = json_array();

        for (size_t i = 0; i < k->n_states; i++)
                if (set & 1U << i)
                        (void)json_array_append_new(list, record_json_str(k->states[i].name));
        return list;
}

static json_t *tell_bound(double bound) {
        return isfinite(bound) ? json_real(bound) : json_null();
}

static json_t *tell_fields(const struct record_kind *k) {
        json_t *list = json_array();

        for (size_t i = 0; i < k->n_fields; i++) {
                const struct record_field *f = &k->fields[i];

                (void)json_array_append_new(
                        list,
                        json_pack("{s:o, s:o, s:s, s:b, s:b, s:o, s:o, s:o, s:I, s:o, s:o, s:o}", "field",
                                  record_json_str(f->name), "title", record_json_str(f->title), "type",
                                  record_types[f->type].name, "must", f->must, "fixed", f->fixed, "in",
                                  tell_states(k, f->in), "words", tell_words(f->words, f->n_words), "of",
                                  record_json_str(f->of), "max", (json_int_t)f->max, "unit", record_json_str(f->unit),
                                  "least", tell_bound(f->least), "most", tell_bound(f->most)));
        }
        return list;
}

static json_t *tell_makes(const struct record_makes *m) {
        return m->kind ? json_pack("{s:o, s:o}", "record", record_json_str(m->name), "given",
                                   tell_words(m->given, m->n_given))
                       : json_null();
}

static json_t *tell_clocks(const struct record_kind *k) {
        json_t *list = json_array();

        for (size_t i = 0; i < k->n_clocks; i++)
                (void)json_array_append_new(list, json_pack("{s:o, s:o}", "clock", record_json_str(k->clocks[i].name),
                                                            "title", record_json_str(k->clocks[i].title)));
        return list;
}

/* Of what it has to bring itself, too, a form has to have something. */
static json_t *tell_must(const struct record_act *a) {
        json_t *must = tell_words(a->must, a->n_must), *brings = tell_words(a->brings, a->n_brings);

        (void)json_array_extend(must, brings);
        json_decref(brings);
        return must;
}

static json_t *tell_acts(const struct record_kind *k) {
        json_t *list = json_array();

        for (size_t i = 0; i < k->n_acts; i++) {
                const struct record_act *a = &k->acts[i];

                (void)json_array_append_new(
                        list,
                        json_pack(
                                "{s:o, s:o, s:b, s:o, s:o, s:o, s:b, s:o, s:o, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o}",
                                "act", record_json_str(a->name), "title", record_json_str(a->title), "opens", a->opens,
                                "from", tell_states(k, a->from), "to",
                                a->to == SIZE_MAX ? json_null() : record_json_str(k->states[a->to].name), "roles",
                                engine_tell_roles(a->roles), "reason", a->reason, "takes",
                                tell_words(a->takes, a->n_takes), "must", tell_must(a), "by_event", a->on.given,
                                "takes_listed", a->takes_listed, "log", record_json_str(a->log), "entry",
                                tell_words(a->words, a->n_words), "check", record_json_str(a->ticks), "sign",
                                record_json_str(a->sign), "other_than", tell_words(a->other_than, a->n_other_than),
                                "makes", tell_makes(&a->makes)));
        }
        return list;
}

static json_t *tell_kind(const struct ruleset *rules, size_t n) {
        const struct record_kind *k = &rules->records->kinds[n];
        json_t *states = json_array();

        for (size_t i = 0; i < k->n_states; i++)
                (void)json_array_append_new(
                        states, json_pack("{s:o, s:o, s:b}", "state", record_json_str(k->states[i].name), "title",
                                          record_json_str(k->states[i].title), "over", k->states[i].over));
        return json_pack("{s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o}", "kind", record_json_str(k->name), "title",
                         record_json_str(k->title), "read", engine_tell_roles(k->read), "duty", (json_int_t)k->duty,
                         "states", states, "fields", tell_fields(k), "acts", tell_acts(k), "clocks", tell_clocks(k));
}

/* --- the table --- */

static size_t count_zones(const struct ruleset *rules) {
        return site_zone_count(rules->site);
}

static size_t count_assets(const struct ruleset *rules) {
        return site_asset_count(rules->site);
}

static size_t count_modes(const struct ruleset *rules) {
        return site_mode_count(rules->site);
}

static size_t count_schedules(const struct ruleset *rules) {
        return site_schedule_count(rules->site);
}

static size_t count_plans(const struct ruleset *rules) {
        return site_plan_count(rules->site);
}

static size_t count_dispositions(const struct ruleset *rules) {
        return rules->response->n_dispositions;
}

static size_t count_procedures(const struct ruleset *rules) {
        return rules->response->n_procedures;
}

static size_t count_posts(const struct ruleset *rules) {
        return rules->response->n_posts;
}

static size_t count_kinds(const struct ruleset *rules) {
        return record_kinds_count(rules->records);
}

const struct engine_site_part engine_site_parts[] = {
        { "zones", count_zones, tell_zone },
        { "assets", count_assets, tell_asset },
        { "modes", count_modes, tell_mode },
        { "schedules", count_schedules, tell_schedule },
        { "plans", count_plans, tell_plan },
        { "dispositions", count_dispositions, tell_disposition },
        { "procedures", count_procedures, tell_procedure },
        { "posts", count_posts, tell_post },
        { "kinds", count_kinds, tell_kind },
};
const size_t engine_site_parts_n = sizeof engine_site_parts / sizeof *engine_site_parts;
