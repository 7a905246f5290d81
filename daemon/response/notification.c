/*
 * Notifications: what is to be told to whom, and what became of it. The notifier follows the journal, delivers what is
 * due, and reports each attempt; it may deliver twice after a crash, never invent: the key says which is which.
 *
 *     due ──an attempt failed──► failed (it will be tried again) ──► …
 *      │ └─delivered──► sent        └──the last one──► given-up
 *      └──the incident is covert, and the channel overt──► withheld, and never tried
 *
 * At the first failure, or where it is withheld, whether it will be tried again or not, the channel's fallback is due
 * at once; where there is none, the ladder's next step when it is given up. Notifications of records are report.c.
 */
#include "response/incident.h"

#include "response/verbs_run.h"

#define EARLIER_MAX 32 /* of those before it that a notification names */

struct notice_to {
        struct ww_str recipient, channel;
        size_t step;
        bool closed; /* the incident is */
};

/* INCIDENT/LADDER.RUN/STEP/RECIPIENT/CHANNEL, or INCIDENT/closed/VERSION/…: it may be opened again, and closed again.
 * The first run, before the priority rose, has no number. A name holds neither slash nor dot: no two have one key. */
static void put_key(const struct subject *incident, const struct subject *ladder, const struct notice_to *to,
                    struct buf *out) {
        uint64_t run = body_number(ladder, "run");

        buf_printf(out, "%llu/", (unsigned long long)incident->id);
        if (to->closed)
                buf_printf(out, "closed/%llu", (unsigned long long)incident->version);
        else
                buf_printf(out, "%s", body_text(ladder, "ladder"));
        if (run > 1 && !to->closed)
                buf_printf(out, ".%llu", (unsigned long long)run);
        buf_printf(out, "/%zu/%.*s/%.*s", to->step, WW_STR_ARG(to->recipient), WW_STR_ARG(to->channel));
}

static struct subject *by_key(const struct subject *incident, struct ww_str key) {
        for (struct subject *s = incident->first; s; s = s->next)
                if (s->kind == WW_SUBJECT_NOTIFICATION && ww_str_is(key, body_text(s, "key")))
                        return s;
        return NULL;
}

struct ww_str notify_address(const struct response_rules *rules, struct ww_str name, struct ww_str channel) {
        const struct recipient *recipient = rules_recipient(rules, name);

        for (size_t i = 0; recipient && i < recipient->n; i++)
                if (ww_str_equal(recipient->channels[i], channel))
                        return recipient->addresses[i];
        return WW_STR_NONE;
}

static void put_text(const struct subject *incident, bool closed, struct buf *out) {
        if (incident->exercise)
                buf_puts(out, "EXERCISE: ");
        if (body_true(incident, "covert"))
                buf_puts(out, "COVERT: ");
        if (closed)
                buf_puts(out, "closed: ");
        text_tell(incident, WW_STR("incident {incident}, {priority}, {hazard}: {title}"), out);
        if (!body_is(incident, "zone", ""))
                text_tell(incident, WW_STR(" ({zone})"), out);
}

static bool same_way(const struct subject *s, const struct notice_to *to) {
        return s->kind == WW_SUBJECT_NOTIFICATION && ww_str_is(to->recipient, body_text(s, "recipient")) &&
               ww_str_is(to->channel, body_text(s, "channel"));
}

/* Those before it, of this incident, to this recipient by this channel, oldest first: what comes later refers to them.
 * NULL without memory; an empty array if there are none. */
static json_t *earlier_json(const struct subject *incident, const struct notice_to *to) {
        json_t *list = json_array();
        size_t n = 0;

        for (const struct subject *s = incident->first; list && s && n < EARLIER_MAX; s = s->next) {
                json_t *one;

                if (!same_way(s, to))
                        continue;
                one = json_pack("{s:O, s:O}", "due_at", json_object_get(s->body, "due_at"), "key",
                                json_object_get(s->body, "key"));
                if (json_array_insert_new(list, 0, one) < 0) {
                        json_decref(list);
                        return NULL;
                }
                n++;
        }
        return list;
}

static int notify_one(struct response *r, struct subject *incident, const struct subject *ladder,
                      const struct notice_to *to, const struct act *act);

/* Somebody else's turn. */
static int not_sent(struct response *r, const struct subject *s, const struct act *act) {
        struct subject *incident = subject_incident(r, s);
        struct subject *ladder = subject_find(r, WW_SUBJECT_ESCALATION, body_number(s, "escalation"));
        const struct notice_to to = { ww_str(body_text(s, "recipient")), ww_str(body_text(s, "fallback")),
                                      body_number(s, "step"), false };

        if (incident->ended || !ladder)
                return 0;
        if (to.channel.n)
                return notify_one(r, incident, ladder, &to, act);
        return ladder->ended || !s->ended ? 0 : escalation_hasten(r, ladder, act);
}

void notify_withheld(struct subject *s) {
        body_set_bool(s, "covert", true);
        body_set_name(s, "state", "withheld");
        body_set_name(s, "answer", "the incident is covert, and the channel may be seen or heard");
        s->ended = true;
}

/* The threat could notice it there. */
static int withhold(struct response *r, struct subject *s, const struct act *act) {
        int e;

        notify_withheld(s);
        e = subject_changed(r, s, "withheld", act);
        return e ? e : not_sent(r, s, act);
}

static int notify_one(struct response *r, struct subject *incident, const struct subject *ladder,
                      const struct notice_to *to, const struct act *act) {
        static const char *const copied[] = { "covert", "hazard", "priority", "title", "zone" };
        const struct channel *channel = rules_channel(r->rules, to->channel);
        _cleanup_buf_ struct buf key = BUF_INIT;
        _cleanup_buf_ struct buf text = BUF_INIT;
        struct subject *s;
        json_t *earlier;

        put_key(incident, ladder, to, &key);
        put_text(incident, to->closed, &text);
        if (key.error || text.error)
                return -ENOMEM;
        if (by_key(incident, buf_str(&key)))
                return 0;
        earlier = earlier_json(incident, to);
        s = earlier ? subject_new(r, WW_SUBJECT_NOTIFICATION, incident) : NULL;
        if (!s) {
                json_decref(earlier);
                return -ENOMEM;
        }
        body_set(s, "earlier", earlier);
        body_set_bool(s, "closed", to->closed);
        body_set_text(s, "key", buf_str(&key));
        body_set_text(s, "text", buf_str(&text));
        for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
                body_set(s, copied[i], json_incref(json_object_get(incident->body, copied[i])));
        body_set_text(s, "ladder", ww_str(body_text(ladder, "ladder")));
        body_set_number(s, "escalation", ladder->id);
        body_set_number(s, "step", to->step);
        body_set_text(s, "recipient", to->recipient);
        body_set_text(s, "channel", to->channel);
        body_set_text(s, "address", notify_address(r->rules, to->recipient, to->channel));
        body_set_text(s, "fallback", channel ? channel->fallback : WW_STR_NONE);
        body_set_number(s, "incident", incident->id);
        body_set_bool(s, "exercise", incident->exercise);
        body_set_name(s, "state", "due");
        body_set_number(s, "attempts", 0);
        body_set_name(s, "answer", "");
        body_set_time(s, "due_at", act->now);
        body_set_time(s, "sent_at", WW_TIME_NONE);
        if (channel && channel->overt && body_true(incident, "covert"))
                return withhold(r, s, act);
        return subject_changed(r, s, "due", act);
}

int notify_step(struct response *r, struct subject *incident, const struct subject *ladder, size_t step,
                const struct act *act) {
        json_t *of = json_array_get(json_object_get(ladder->body, "steps"), step - 1), *to, *by;
        size_t i, k;

        json_array_foreach(json_object_get(of, "to"), i, to) {
                json_array_foreach(json_object_get(of, "by"), k, by) {
                        const struct notice_to one = { ww_str(json_string_value(to)), ww_str(json_string_value(by)),
                                                       step, false };
                        int e = notify_one(r, incident, ladder, &one, act);

                        if (e)
                                return e;
                }
        }
        return 0;
}

int notify_covert(struct response *r, struct subject *incident, const struct act *act) {
        for (struct subject *s = incident->first, *next; s; s = next) {
                const struct channel *channel = NULL;
                int e;

                next = s->next; /* a fallback comes before the first one */
                if (s->kind == WW_SUBJECT_NOTIFICATION && !s->ended)
                        channel = rules_channel(r->rules, ww_str(body_text(s, "channel")));
                e = channel && channel->overt ? withhold(r, s, act) : 0;
                if (e)
                        return e;
        }
        return report_covert(r, act);
}

/* --- when the incident is closed --- */

/* Nobody need be told any more. */
static int withdraw(struct response *r, struct subject *incident, const struct act *act) {
        for (struct subject *s = incident->first; s; s = s->next) {
                int e;

                if (s->kind != WW_SUBJECT_NOTIFICATION || s->ended)
                        continue;
                body_set_name(s, "state", "withdrawn");
                s->ended = true;
                e = subject_changed(r, s, "withdrawn", act);
                if (e)
                        return e;
        }
        return 0;
}

/* Was it delivered, or could it have been? */
static bool heard_of_it(const struct subject *s) {
        return s->kind == WW_SUBJECT_NOTIFICATION && !body_true(s, "closed") &&
               (body_is(s, "state", "sent") || body_number(s, "attempts") > 0);
}

/* The newest of its way: each way is told once. */
static bool first_of_way(const struct subject *incident, const struct subject *s, const struct notice_to *to) {
        const struct subject *at = incident->first;

        while (at != s && !(same_way(at, to) && heard_of_it(at)))
                at = at->next;
        return at == s;
}

int notify_closed(struct response *r, struct subject *incident, bool tell, const struct act *act) {
        struct subject *s = incident->first;
        int e = withdraw(r, incident, act);

        /* what is made here comes before the first one that was there */
        for (; tell && !e && s; s = s->next) {
                const struct notice_to to = { ww_str(body_text(s, "recipient")), ww_str(body_text(s, "channel")),
                                              body_number(s, "step"), true };
                const struct channel *channel = heard_of_it(s) ? rules_channel(r->rules, to.channel) : NULL;
                const struct subject *ladder =
                        channel ? subject_find(r, WW_SUBJECT_ESCALATION, body_number(s, "escalation")) : NULL;

                if (ladder && channel->closing && first_of_way(incident, s, &to))
                        e = notify_one(r, incident, ladder, &to, act);
        }
        return e;
}

/* --- what the notifier reports --- */

struct report {
        struct ww_str answer;
        uint64_t attempt;
        bool ok, final;
};

static int report_of(struct response_call *c, struct subject **ret, struct report *report) {
        struct ww_str key;
        struct subject *incident;
        int r = call_text(c, "key", true, &key);

        if (!r)
                r = call_number(c, "attempt", true, &report->attempt);
        if (!r)
                r = call_bool(c, "ok", &report->ok);
        if (!r)
                r = call_bool(c, "final", &report->final);
        if (!r)
                r = call_text(c, "answer", false, &report->answer);
        if (r)
                return r;
        incident = subject_find(c->r, WW_SUBJECT_INCIDENT, strtoull(key.p, NULL, 10));
        *ret = incident ? by_key(incident, key) : report_by_key(c->r, key);
        return *ret ? 0 : call_refuse(c, REFUSED_UNKNOWN, "there is no notification `%.*s`", WW_STR_ARG(key));
}

int verb_notification_result(struct response_call *c) {
        struct report report;
        struct subject *s;
        int r = report_of(c, &s, &report);

        if (r)
                return r;
        if (report.attempt <= body_number(s, "attempts")) /* told already, before a crash */
                return 0;
        if (s->ended)
                return call_refuse(c, REFUSED_STATE, "it is %s", body_text(s, "state"));
        body_set_number(s, "attempts", report.attempt);
        body_set_text(s, "answer", report.answer);
        body_set_name(s, "state", report.ok ? "sent" : report.final ? "given-up" : "failed");
        if (report.ok)
                body_set_time(s, "sent_at", c->act.now);
        s->ended = report.ok || report.final;
        if (!s->of)
                return report_result(c->r, s, &c->act);
        r = subject_changed(c->r, s, body_text(s, "state"), &c->act);
        return r || report.ok ? r : not_sent(c->r, s, &c->act);
}
