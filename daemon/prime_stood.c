/*
 * What stood before the first event of a priming: the record of the reload carries it, so that its replay begins with
 * the same.
 *
 *     {"blind": false, "modes": [{"name": "night", "on": true}…], "lists": [{"name", "member", "in", "until"}…]}
 *
 * Blindness and modes are those of that moment. Of lists it is known only how they are at the reload: who was added or
 * removed within the time that is primed counts as such from its beginning on.
 */
#include "prime_internal.h"

#include "base/span.h"
#include "journal/record_json.h"

/* --- written --- */

static json_t *stood_modes(const struct correlate *c, const struct site *site, int64_t time) {
        json_t *modes = json_array();

        for (uint32_t i = 0; i < site_mode_count(site); i++)
                json_array_append_new(modes, json_pack("{s:o, s:b}", "name", record_json_str(site_mode(site, i)->name),
                                                       "on", correlate_mode_at(c, i, time)));
        return modes;
}

static int stood_member(void *userdata, struct ww_str list, struct ww_str member, bool add, int64_t until) {
        json_t *one = json_pack("{s:o, s:o, s:b}", "name", record_json_str(list), "member", record_json_str(member),
                                "in", add);

        if (one && until != WW_TIME_NEVER)
                json_object_set_new(one, "until", record_json_time(until));
        return json_array_append_new(userdata, one) ? -ENOMEM : 0;
}

int prime_stood_put(const struct correlate *c, const struct site *site, int64_t time, struct buf *out) {
        json_t *lists = json_array(), *stood;
        char *text = NULL;
        int r = lists ? correlate_members_each(c, stood_member, lists) : -ENOMEM;

        stood = json_pack("{s:b, s:o, s:o}", "blind", correlate_blind_at(c, time), "modes", stood_modes(c, site, time),
                          "lists", lists);
        if (!r && stood)
                text = json_dumps(stood, JSON_COMPACT);
        json_decref(stood);
        if (text)
                buf_puts(out, text);
        free(text);
        return r ? r : text ? out->error : -ENOMEM;
}

/* --- read --- */

static struct ww_str text_of(const json_t *object, const char *name) {
        const json_t *text = json_object_get(object, name);

        return text ? (struct ww_str){ json_string_value(text), json_string_length(text) } : WW_STR_NONE;
}

int prime_mode(struct prime *p, const json_t *mode, int64_t now) {
        int r = correlate_mode(p->shadow, text_of(mode, "name"), json_is_true(json_object_get(mode, "on")), now);

        return r < 0 ? r : 0;
}

int prime_member(struct prime *p, const json_t *member) {
        struct ww_str text = text_of(member, "until");
        int64_t until = WW_TIME_NEVER;
        int r;

        if (text.n && instant_parse(text, 0, &until))
                return -EBADMSG;
        r = correlate_list(p->shadow, text_of(member, "name"), text_of(member, "member"),
                           json_is_true(json_object_get(member, "in")), until);
        return r < 0 ? r : 0;
}

static int stand_all(struct prime *p, const json_t *stood) {
        json_t *one;
        size_t i;
        int r = 0;

        if (json_is_true(json_object_get(stood, "blind")))
                r = correlate_blind(p->shadow, true, p->since);
        json_array_foreach(json_object_get(stood, "modes"), i, one) {
                if (r)
                        return r;
                r = prime_mode(p, one, p->since);
        }
        json_array_foreach(json_object_get(stood, "lists"), i, one) {
                if (r)
                        return r;
                r = prime_member(p, one);
        }
        return r;
}

int prime_stand(struct prime *p, struct ww_str text) {
        json_t *stood = text.n ? json_loadb(text.p, text.n, 0, NULL) : json_object();
        int r = json_is_object(stood) ? stand_all(p, stood) : -EBADMSG;

        json_decref(stood);
        return r;
}
