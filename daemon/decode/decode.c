/*
 * Which message is it? The topic leads to candidates; of each the format must be able to read the payload and the
 * guards must hold; the first one is it. A payload is read at most once in each format, and only when a candidate wants
 * it.
 */
#include "decode/run.h"

#include "decode/trace.h"

static const char *const outcome_names[] = {
        [DECODE_E_NO_TYPE] = "no-type",
        [DECODE_E_UNMATCHED] = "unmatched",
        [DECODE_E_BAD_PAYLOAD] = "bad-payload",
        [DECODE_E_BAD_FIELD] = "bad-field",
};

const char *decode_outcome_name(int outcome) {
        if (outcome <= 0 || (size_t)outcome >= sizeof outcome_names / sizeof *outcome_names)
                return "decoded";
        return outcome_names[outcome];
}

static struct ww_value env_load(void *userdata, uint32_t slot, uint32_t sub) {
        struct decode *d = userdata;
        struct ww_value v;

        source_path_value(d->types->refs[slot], &d->context, &v);
        return v;
}

static const struct ww_value *env_look(void *userdata, uint32_t slot, uint32_t sub) {
        struct decode *d = userdata;
        const struct path *path = d->types->refs[slot];

        return path->root == PATH_FIELD ? source_field(&d->context, path->index) : NULL;
}

static bool env_list_has(void *userdata, uint32_t list, struct ww_str member) {
        struct decode *d = userdata;

        return site_list_has(d->types->site, list, member);
}

static void free_documents(struct decode *d) {
        for (size_t i = 0; i < d->n_documents; i++)
                document_deinit(&d->documents[i]);
        free(d->documents);
        free(d->read);
        d->documents = NULL;
        d->read = NULL;
        d->n_documents = 0;
}

/* What of a decoder has the measure of its types. All or nothing. */
static int allocate(struct decode *d, const struct decode_types *types) {
        struct trie_binding *bindings = calloc(trie_bindings(types->trie) + 1, sizeof(*bindings));
        struct document *documents = calloc(types->n_formats + 1, sizeof(*documents));
        signed char *read = calloc(types->n_formats + 1, sizeof(*read));

        if (!bindings || !documents || !read) {
                free(bindings);
                free(documents);
                free(read);
                return -ENOMEM;
        }
        if (routes_begin(&d->routes) < 0 || drift_begin(d, types) < 0) {
                free(bindings);
                free(documents);
                free(read);
                return -ENOMEM;
        }
        free(d->bindings);
        free_documents(d);
        for (size_t i = 0; i < types->n_formats; i++)
                document_init(&documents[i], &d->arena, &d->steps);
        d->documents = documents;
        d->read = read;
        d->n_documents = types->n_formats;
        d->bindings = bindings;
        d->types = types;
        d->placement = &types->placement;
        return 0;
}

int decode_new(struct decode **ret, const struct decode_types *types, decode_sink sink, void *userdata) {
        _cleanup_(decode_freep) struct decode *d = calloc(1, sizeof(*d));

        if (!d)
                return -ENOMEM;
        d->sink = sink;
        d->userdata = userdata;
        states_init(&d->states, STATES_MAX);
        restores_init(&d->restores, &d->states);
        d->fired_seq = UINT64_MAX;
        if (allocate(d, types) < 0 || decoders_new(&d->decoders) < 0)
                return -ENOMEM;
        d->env = (struct expr_env){
                .userdata = d, .load = env_load, .look = env_look, .list_has = env_list_has, .arena = &d->arena
        };
        *ret = d;
        d = NULL;
        return 0;
}

void decode_on_publish(struct decode *d, decode_publish publish) {
        d->publish = publish;
}

struct decode *decode_free(struct decode *d) {
        if (d) {
                free_documents(d);
                decoders_free(d->decoders);
                routes_deinit(&d->routes);
                free(d->bindings);
                free(d->drifts);
                restores_deinit(&d->restores);
                states_deinit(&d->states);
                arena_deinit(&d->arena);
                free(d);
        }
        return NULL;
}

static int read_format(struct decode *d, uint8_t format, struct ww_str payload) {
        const struct format_use *use = &d->types->formats[format];
        const struct decoder_message message = { .topic = d->message->topic,
                                                 .payload = payload,
                                                 .time = d->message->time,
                                                 .retained = d->message->retained };
        struct document *doc = &d->documents[format];

        return use->format->decoder
                       ? decoders_read(d->decoders, use->format->decoder, &message, doc, d->publish, d->userdata)
                       : use->format->read(doc, payload, &use->options);
}

/* 0 with the context's document set; -EBADMSG if no format of the message can read the payload; other -errno */
static int read_payload(struct decode *d, const struct type_message *m) {
        struct ww_str payload = d->message->payload.p ? d->message->payload : WW_STR("");

        for (size_t i = 0; i < m->n_formats; i++) {
                uint8_t format = m->formats[i];

                if (d->read[format] > 0) {
                        int r = read_format(d, format, payload);

                        if (r < 0 && r != -EBADMSG)
                                return r;
                        d->read[format] = r ? -1 : 0;
                }
                if (d->read[format] == 0) {
                        d->context.doc = &d->documents[format];
                        return 0;
                }
        }
        return -EBADMSG;
}

static bool text_matches(struct decode *d, const struct type_match *match) {
        struct ww_str text = source_path_text(&match->path, &d->context);

        for (size_t i = 0; text.p && i < match->n; i++)
                if (ww_str_equal(text, match->texts[i]))
                        return true;
        return false;
}

static bool guards_hold(struct decode *d, const struct type_message *m) {
        for (size_t i = 0; i < m->n_has; i++)
                if (!source_path_present(&m->has[i], &d->context))
                        return false;
        for (size_t i = 0; i < m->n_lacks; i++)
                if (source_path_present(&m->lacks[i], &d->context))
                        return false;
        for (size_t i = 0; i < m->n_matches; i++)
                if (!text_matches(d, &m->matches[i]))
                        return false;
        return !m->where || expr_true(m->where, &d->env);
}

/* Most topics of devices that say who they are in the payload have no captures, and need not be split. */
static void capture(struct decode *d, const struct topic_pattern *pattern) {
        if (d->type->captures.n)
                memset(d->context.captures, 0, d->type->captures.n * sizeof(*d->context.captures));
        if (!pattern->captures)
                return;
        if (!d->topic.n)
                topic_split(&d->topic, d->message->topic);
        topic_capture(pattern, &d->topic, d->context.captures);
}

static void prepare_context(struct decode *d, const struct trie_binding *b, const struct type_message *m) {
        struct source_context *x = &d->context;

        x->doc = NULL;
        x->arena = &d->arena;
        x->placement = d->placement;
        x->topic = d->message->topic;
        x->fields = m->fields;
        x->n_fields = m->n_fields;
        x->reader = m->bytes;
        source_next_element(x);
        for (size_t i = 0; i < PATH_LEVELS_MAX; i++) {
                x->items[i] = DOCUMENT_NONE;
                x->keys_of[i] = WW_STR_NONE;
        }
        x->keys = m->keys;
        x->found = false;
        capture(d, b->pattern);
}

/* What nobody could read, or nobody knows. */
static int refuse(struct decode *d, const struct trie_binding *first, bool readable) {
        const struct type *type = &d->types->types[first->type];
        const struct type_message *m = &type->messages[first->message];
        const struct document *doc = &d->documents[m->formats[0]];

        d->type = type;
        if (d->steps == 0)
                run_fail(d, DECODE_E_BAD_PAYLOAD, "too many keys to look through");
        else if (readable)
                run_fail(d, DECODE_E_UNMATCHED, "none of the messages of `%.*s` fits", WW_STR_ARG(type->name));
        else
                run_fail(d, DECODE_E_BAD_PAYLOAD, "%s: %s at byte %u", d->types->formats[m->formats[0]].format->name,
                         doc->error ? doc->error : "not readable", doc->error_at);
        return d->outcome;
}

static int decode_candidates(struct decode *d) {
        bool readable = false;

        for (size_t i = 0; i < d->n_candidates; i++) {
                const struct trie_binding *b = &d->candidates[i];
                const struct type_message *m;
                int r;

                d->type = &d->types->types[b->type];
                m = &d->type->messages[b->message];
                prepare_context(d, b, m);
                r = read_payload(d, m);
                if (r < 0 && r != -EBADMSG)
                        return r;
                if (r < 0) {
                        if (DECODE_TRACED(d))
                                decode_trace_unreadable(d, m, b->pattern);
                        continue;
                }
                readable = true;
                if (!guards_hold(d, m)) {
                        if (DECODE_TRACED(d))
                                decode_trace_guarded(d, m, b->pattern);
                        continue;
                }
                if (DECODE_TRACED(d))
                        decode_trace_taken(d, m, b->pattern);
                d->ignored = m->ignore;
                d->figures.ignored += m->ignore;
                return m->ignore ? 0 : run_message(d, m);
        }
        return refuse(d, &d->candidates[0], readable);
}

static const struct type_message *message_of(const struct decode *d, const struct trie_binding *b) {
        return &d->types->types[b->type].messages[b->message];
}

static uint64_t secret_bit(size_t i) {
        return UINT64_C(1) << (i < 63 ? i : 63);
}

static int redact_candidate(struct decode *d, size_t i) {
        const struct type_message *m = message_of(d, &d->candidates[i]);
        int r = m->n_secrets ? read_payload(d, m) : 0;

        if (r == -ENOMEM)
                return r;
        if (m->n_secrets)
                redact_note(d, m, r < 0 ? NULL : d->context.doc);
        return 0;
}

/* All messages that the topic leads to, whichever it is: what one of them takes for a secret is none for the others. */
static int redact_candidates(struct decode *d) {
        int r = 0;

        for (uint64_t left = d->secrets; left && !r; left &= left - 1)
                r = redact_candidate(d, (size_t)__builtin_ctzll(left));
        for (size_t i = 64; d->secrets & secret_bit(i) && i < d->n_candidates && !r; i++)
                r = redact_candidate(d, i);
        return r;
}

struct ww_redaction decode_redaction(const struct decode *d) {
        return (struct ww_redaction){ d->spans, d->n_spans };
}

bool decode_types_redact(const struct decode_types *t) {
        return t->secrets;
}

/* A topic that is new here, or was forgotten. False: it is no UTF-8. */
static bool go_through_trie(struct decode *d) {
        struct ww_str text = d->message->topic;

        if (!document_text_valid(text))
                return false;
        d->candidates = d->bindings;
        d->n_candidates = topic_split(&d->topic, text) ? trie_match(d->types->trie, &d->topic, d->bindings) : 0;
        for (size_t i = 0; i < d->n_candidates; i++)
                if (message_of(d, &d->candidates[i])->n_secrets)
                        d->secrets |= secret_bit(i);
        routes_note(&d->routes, text, d->topic_states.low, d->candidates, d->n_candidates, d->secrets);
        return true;
}

/* Where the topic leads. False: it is no UTF-8. */
static bool find_candidates(struct decode *d) {
        const struct route *route;

        d->topic.n = 0;
        d->n_candidates = 0;
        d->secrets = 0;
        d->topic_states = states_device(0, d->message->topic, false);
        route = routes_find(&d->routes, d->message->topic, d->topic_states.low);
        if (!route)
                return go_through_trie(d);
        d->candidates = route->bindings;
        d->n_candidates = route->n;
        d->secrets = route->secrets;
        return true;
}

static int decode_topic(struct decode *d) {
        int r;

        if (!find_candidates(d)) {
                run_fail(d, DECODE_E_BAD_PAYLOAD, "the topic is not UTF-8");
                return d->outcome;
        }
        if (!d->n_candidates) {
                run_fail(d, DECODE_E_NO_TYPE, "no sensor type has a topic like this");
                return d->outcome;
        }
        r = d->secrets ? redact_candidates(d) : 0;
        drift_expect(d);
        return r < 0 ? r : decode_candidates(d);
}

int decode_message(struct decode *d, const struct decode_message *message, struct decode_report *ret_report) {
        int r;

        arena_reset(&d->arena);
        memset(d->read, 1, d->n_documents);
        d->steps = DOCUMENT_STEPS_MAX;
        d->message = message;
        d->type = NULL;
        d->first = d->index = message->seq == d->fired_seq ? d->fired : 0;
        d->outcome = 0;
        d->n_spans = 0;
        d->ignored = false;
        d->drift = DECODE_DRIFT_NONE;
        d->figures.messages++;
        r = decode_topic(d);
        d->figures.undecoded += r > 0;
        if (r >= 0 && drift_note(d, r) < 0)
                return -ENOMEM;
        if (r > 0 && ret_report)
                *ret_report = (struct decode_report){ d->type ? d->type->sensor : WW_STR_NONE, ww_str(d->detail) };
        return r;
}

static bool owner_known(const struct decode_types *types, uint32_t owner) {
        for (size_t i = 0; i < types->n; i++)
                if (types->types[i].owner == owner)
                        return true;
        return false;
}

/* Types that stay, a handful of owners against a million entries: the answer for the last one is kept. */
struct owners {
        const struct decode_types *types;
        uint32_t last;
        bool known, any;
};

static bool owner_keep(void *userdata, uint32_t owner) {
        struct owners *o = userdata;

        if (!o->any || o->last != owner) {
                o->known = owner_known(o->types, owner);
                o->last = owner;
                o->any = true;
        }
        return o->known;
}

int decode_swap(struct decode *d, const struct decode_types *types) {
        struct owners owners = { .types = types };
        int r = allocate(d, types);

        r = r < 0 ? r : states_filter(&d->states, owner_keep, &owners);
        if (!r)
                restores_filter(&d->restores);
        return r;
}

#define SAVE_VERSION 3

int decode_save(const struct decode *d, struct buf *out) {
        buf_put_u8(out, SAVE_VERSION);
        states_save(&d->states, out);
        restores_save(&d->restores, out);
        drift_save(d, out);
        return decoders_save(d->decoders, out);
}

int decode_load(struct decode *d, struct rd *in) {
        int r;

        if (rd_u8(in) != SAVE_VERSION)
                return -EBADMSG;
        r = states_load(&d->states, in);
        r = r ? r : restores_load(&d->restores, in);
        r = r ? r : drift_load(d, in);
        return r ? r : decoders_load(d->decoders, in);
}

void decode_figures(const struct decode *d, struct decode_figures *ret) {
        *ret = d->figures;
        ret->restores = d->restores.n;
        ret->restores_max = RESTORE_MAX;
        ret->states = d->states.n;
        ret->states_max = d->states.max;
        ret->state_bytes = states_bytes(&d->states);
        ret->evicted = d->states.evicted;
        ret->forgotten = decoders_forgotten(d->decoders);
}
