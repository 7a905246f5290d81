#include "prime_internal.h"

#include "journal/record_json.h"

int prime_new(struct prime **ret, const struct ruleset *current, const struct ruleset *next, int64_t from) {
        _cleanup_(prime_freep) struct prime *p = calloc(1, sizeof *p);
        int r;

        if (!p)
                return -ENOMEM;
        p->current = current;
        p->next = next;
        r = correlate_shadow(&p->shadow, current->rules, next->rules, from);
        if (r)
                return r;
        *ret = NULL;
        if (!p->shadow)
                return 0;
        p->since = correlate_shadow_since(p->shadow);
        *ret = p;
        p = NULL;
        return 0;
}

struct prime *prime_free(struct prime *p) {
        if (!p)
                return NULL;
        correlate_free(p->shadow);
        arena_deinit(&p->arena);
        free(p);
        return NULL;
}

int64_t prime_since(const struct prime *p) {
        return p->since;
}

uint64_t prime_inputs(const struct prime *p) {
        return p->inputs;
}

int prime_take(struct prime *p, int64_t now, struct correlate **ret) {
        int r = correlate_time(p->shadow, now);

        if (r)
                p->shadow = correlate_free(p->shadow);
        *ret = p->shadow;
        p->shadow = NULL;
        return r;
}

/* --- one input: its outputs in their order --- */

struct primed {
        const struct ww_input *input;
        json_t *answer; /* of a command that was done */
        bool begun;     /* the input itself has been taken; before it comes what fell due */
};

static int prime_answered(struct prime *p, const struct primed *at) {
        const json_t *mode = json_object_get(at->answer, "mode"), *list = json_object_get(at->answer, "list");
        int r = mode ? prime_mode(p, mode, at->input->time) : 0;

        return !r && list ? prime_member(p, list) : r;
}

static int prime_noticed(struct prime *p, const struct ww_input *input) {
        if (ww_str_is(input->topic, "intake-blind"))
                return correlate_blind(p->shadow, true, input->time);
        return ww_str_is(input->topic, "intake-sighted") ? correlate_blind(p->shadow, false, input->time) : 0;
}

/* What an input does by itself: time passes, a link is lost, somebody switches a mode. */
static int prime_begin(struct prime *p, struct primed *at) {
        int r;

        if (at->begun)
                return 0;
        at->begun = true;
        r = correlate_time(p->shadow, at->input->time);
        if (!r && at->input->type == WW_INPUT_NOTICE)
                r = prime_noticed(p, at->input);
        return r ? r : prime_answered(p, at);
}

/* The device's place in the next site. A part of a device that is no asset of its own stood where the device stands;
 * only the event still says where that is. */
static uint32_t prime_asset(const struct prime *p, const struct ww_event *e) {
        uint32_t asset = decode_types_asset(p->next->types, e->sensor, e->device);

        if (asset != SITE_NONE || !e->asset.n ||
            decode_types_asset(p->current->types, e->sensor, e->device) != SITE_NONE)
                return asset;
        return site_asset_find(p->next->site, e->asset);
}

static void prime_place(const struct prime *p, struct ww_event *e) {
        const struct site *site = p->next->site;
        const struct site_asset *asset;

        e->asset_index = prime_asset(p, e);
        e->site = site_name(site);
        e->asset = e->zone = WW_STR_NONE;
        if (e->asset_index == SITE_NONE)
                return;
        asset = site_asset(site, e->asset_index);
        e->asset = asset->id;
        if (asset->zone != SITE_NONE)
                e->zone = site_zone(site, asset->zone)->id;
}

/* Numbers of names are those of one rule set. */
static int prime_attrs(struct prime *p, struct ww_event *e) {
        struct ww_attr *attrs = arena_array(&p->arena, struct ww_attr, e->n_attrs + 1);

        if (!attrs)
                return -ENOMEM;
        for (size_t i = 0; i < e->n_attrs; i++) {
                attrs[i] = e->attrs[i];
                attrs[i].symbol = symtab_find(p->next->symbols, attrs[i].name);
        }
        e->attrs = attrs;
        return 0;
}

/* A state that ended by itself was told at its deadline, before the input that brought the time; only a message tells
 * events of its own. */
static int prime_reach(struct prime *p, struct primed *at, const struct ww_event *e) {
        bool due = !at->begun && (e->received < at->input->time || at->input->type != WW_INPUT_MESSAGE);

        return due ? correlate_time(p->shadow, e->received) : prime_begin(p, at);
}

static int prime_event(struct prime *p, struct primed *at, struct ww_event *e) {
        enum ww_state state;
        int r = prime_reach(p, at, e);

        if (r || !ww_kind_find(site_kinds(p->next->site), e->kind, &e->family, &state))
                return r;
        prime_place(p, e);
        r = prime_attrs(p, e);
        return r ? r : correlate_event(p->shadow, e);
}

/* An episode began or ended, by its rule or, an instant's, by an operator. */
static bool prime_episode(const struct ww_transition *t, enum ww_detection_what *ret) {
        *ret = t->cause == WW_CAUSE_RAISE ? WW_DETECTION_RAISE : WW_DETECTION_CLEAR;
        return t->cause == WW_CAUSE_RAISE || t->cause == WW_CAUSE_CLEAR ||
               (t->cause == WW_CAUSE_RESET && t->old_regions.active);
}

static int prime_alarm(struct prime *p, struct primed *at, const struct ww_transition *t) {
        const struct ww_alarm *alarm = &t->alarm;
        struct ww_detection d = {
                .flags = alarm->exercise ? WW_DETECTION_EXERCISE : 0,
                .rule = alarm->rule,
                .rule_hash = alarm->rule_hash,
                .key = alarm->key,
                .hazard = alarm->hazard,
                .klass = alarm->klass,
                .priority = alarm->priority,
                .site = alarm->site,
                .zone = alarm->zone,
                .asset = alarm->asset,
                .device = alarm->device,
                .time = t->time,
        };
        int r;

        if (!prime_episode(t, &d.what))
                return 0;
        /* a deadline before the input: the shadow's own of that moment have their turn, and no later ones */
        r = alarm->changed_at < at->input->time && !at->begun ? correlate_time(p->shadow, alarm->changed_at)
                                                              : prime_begin(p, at);
        return r ? r : correlate_shadow_alarm(p->shadow, &d, at->input->seq);
}

static int prime_output(struct prime *p, struct primed *at, const struct journal_item *item) {
        struct ww_output output;
        int r;

        arena_reset(&p->arena);
        r = ww_output_decode(item->record, item->seq, item->n, &p->arena, &output);
        if (r)
                return r < 0 ? r : 0;
        if (output.type == WW_OUTPUT_EVENT)
                return prime_event(p, at, &output.event);
        return output.type == WW_OUTPUT_TRANSITION ? prime_alarm(p, at, &output.transition) : 0;
}

/* The answer stands behind what the command did; it is looked up first. */
static int prime_answer(struct prime *p, struct primed *at, const struct journal_item *outputs, size_t n) {
        struct ww_output output;

        for (size_t i = 0; i < n && !at->answer; i++) {
                int r;

                arena_reset(&p->arena);
                r = ww_output_decode(outputs[i].record, outputs[i].seq, outputs[i].n, &p->arena, &output);
                if (r < 0)
                        return r;
                if (!r && output.type == WW_OUTPUT_REPLY && output.reply.ok)
                        at->answer = json_loadb(output.reply.body.p, output.reply.body.n, 0, NULL);
        }
        return 0;
}

static int prime_input(struct prime *p, const struct ww_input *input, const struct journal_item *outputs, size_t n) {
        struct primed at = { .input = input };
        int r = input->type == WW_INPUT_COMMAND ? prime_answer(p, &at, outputs, n) : 0;

        for (size_t i = 0; i < n && !r; i++)
                r = prime_output(p, &at, &outputs[i]);
        if (!r)
                r = prime_begin(p, &at);
        json_decref(at.answer);
        p->inputs++;
        return r;
}

int prime_batch(struct prime *p, const struct journal_batch *batch, uint64_t before) {
        size_t n;

        for (size_t i = 0; i < batch->n; i += n) {
                const struct journal_item *item = &batch->items[i];
                struct ww_input input;
                int r;

                for (n = 1; i + n < batch->n && batch->items[i + n].seq == item->seq; n++)
                        ;
                if (item->seq >= before)
                        break;
                if (item->output || ww_input_decode(item->record, item->seq, &input))
                        continue;
                r = prime_input(p, &input, item + 1, n - 1);
                if (r)
                        return r;
        }
        return 0;
}
