/*
 * Notifications of records: an act of a record (a report to an authority) is to be told to somebody, without an
 * incident that would be about it. They are notifications like those of incidents: the notifier tries them, again and
 * again, each attempt is a change, and a channel that fails is joined by its fallback. Their body carries the record as
 * it was when it was sent, under `record`, so what a recipient was told is not what somebody wrote later.
 *
 * Those of one version of one record to one recipient are a sending. It is delivered with its first one that is sent;
 * when all have ended without, the last one is told once more, as `undelivered`, and the record hears of it. A sending
 * is kept until all of it has ended, and forgotten whole. A corrected report is another record, and sent again it is
 * another version: nothing that was sent is ever written over.
 */
#include "response/incident.h"

#include "response/verbs_run.h"

#include <wardwatch/alarm.h>

static const json_t *record_of(const struct subject *s) {
        return json_object_get(s->body, "record");
}

static json_int_t record_number(const json_t *record, const char *name) {
        return json_integer_value(json_object_get(record, name));
}

static struct subject *first_report(const struct response *r) {
        struct subject *s = TAILQ_FIRST(&r->of_kind[WW_SUBJECT_NOTIFICATION]);

        while (s && s->of)
                s = TAILQ_NEXT(s, order);
        return s;
}

static struct subject *next_report(const struct subject *s) {
        struct subject *next = TAILQ_NEXT(s, order);

        while (next && next->of)
                next = TAILQ_NEXT(next, order);
        return next;
}

struct subject *report_by_key(const struct response *r, struct ww_str key) {
        struct subject *s = first_report(r);

        while (s && !ww_str_is(key, body_text(s, "key")))
                s = next_report(s);
        return s;
}

/* --- one --- */

/* A name may hold a dash, and none a slash: no two of a sending have one key. */
static void put_key(const json_t *record, struct ww_str recipient, struct ww_str channel, struct buf *out) {
        buf_printf(out, "record-%lld.%lld-%.*s/%.*s", (long long)record_number(record, "id"),
                   (long long)record_number(record, "version"), WW_STR_ARG(recipient), WW_STR_ARG(channel));
}

static const char *text_of(const json_t *o, const char *name) {
        const char *text = json_string_value(json_object_get(o, name));

        return text ? text : "";
}

static void put_text(const json_t *of, const json_t *record, bool covert, struct buf *out) {
        buf_printf(out, "%s%s%s %s: %s", json_is_true(json_object_get(of, "exercise")) ? "EXERCISE: " : "",
                   covert ? "COVERT: " : "", text_of(record, "kind_title"), text_of(record, "number"),
                   text_of(record, "title"));
        if (*text_of(of, "zone"))
                buf_printf(out, " (%s)", text_of(of, "zone"));
}

/* Of the incident that it is about. */
static bool is_covert(const struct response *r, const json_t *of) {
        return covert_is(r, (uint64_t)json_integer_value(json_object_get(of, "incident")));
}

/* The members of an incident's notification, each: who reads one need not know which it is. */
static int report_fill(struct response *r, struct subject *s, const json_t *of, struct ww_str recipient,
                       struct ww_str channel_name, int64_t now) {
        static const char *const copied[] = { "exercise", "hazard", "incident", "priority", "record", "zone" };
        const struct channel *channel = rules_channel(r->rules, channel_name);
        const json_t *record = json_object_get(of, "record");
        bool covert = is_covert(r, of);
        _cleanup_buf_ struct buf key = BUF_INIT;
        _cleanup_buf_ struct buf text = BUF_INIT;

        put_key(record, recipient, channel_name, &key);
        put_text(of, record, covert, &text);
        if (key.error || text.error)
                return -ENOMEM;
        for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
                body_set(s, copied[i], json_incref(json_object_get(of, copied[i])));
        body_set(s, "earlier", json_array());
        body_set_bool(s, "closed", false);
        body_set_bool(s, "covert", covert);
        body_set_text(s, "key", buf_str(&key));
        body_set_text(s, "text", buf_str(&text));
        body_set(s, "title", json_sprintf("%s: %s", text_of(record, "number"), text_of(record, "title")));
        body_set_name(s, "ladder", "");
        body_set_number(s, "escalation", 0);
        body_set_number(s, "step", 0);
        body_set_text(s, "recipient", recipient);
        body_set_text(s, "channel", channel_name);
        body_set_text(s, "address", notify_address(r->rules, recipient, channel_name));
        body_set_text(s, "fallback", channel ? channel->fallback : WW_STR_NONE);
        body_set_name(s, "state", "due");
        body_set_number(s, "attempts", 0);
        body_set_name(s, "answer", "");
        body_set_time(s, "due_at", now);
        body_set_time(s, "sent_at", WW_TIME_NONE);
        s->exercise = json_is_true(json_object_get(of, "exercise"));
        return 0;
}

static int report_turn(struct response *r, struct subject *s, const char *what, const struct act *act);

/* `of`: the request, or the body of another one of the sending. Nothing if it is there already. */
static int report_one(struct response *r, const json_t *of, struct ww_str recipient, struct ww_str channel_name,
                      const struct act *act) {
        const struct channel *channel = rules_channel(r->rules, channel_name);
        _cleanup_buf_ struct buf key = BUF_INIT;
        struct subject *s;
        int e;

        put_key(json_object_get(of, "record"), recipient, channel_name, &key);
        if (key.error || report_by_key(r, buf_str(&key)))
                return key.error;
        s = subject_new(r, WW_SUBJECT_NOTIFICATION, NULL);
        e = s ? report_fill(r, s, of, recipient, channel_name, act->now) : -ENOMEM;
        if (e)
                return e;
        if (!channel || !channel->overt || !body_true(s, "covert"))
                return subject_changed(r, s, "due", act);
        notify_withheld(s);
        return report_turn(r, s, "withheld", act);
}

/* It stands otherwise: told, and its fallback is due where it could not be delivered. */
static int report_turn(struct response *r, struct subject *s, const char *what, const struct act *act) {
        struct ww_str fallback = ww_str(body_text(s, "fallback"));
        int e = subject_changed(r, s, what, act);

        if (e || !fallback.n || body_is(s, "state", "sent") || body_is(s, "state", "withdrawn"))
                return e;
        return report_one(r, s->body, ww_str(body_text(s, "recipient")), fallback, act);
}

/* --- a sending --- */

static bool of_record(const struct subject *s, const json_t *record) {
        return record_number(record_of(s), "id") == record_number(record, "id") &&
               record_number(record_of(s), "version") == record_number(record, "version");
}

static bool same_sending(const struct subject *a, const struct subject *b) {
        return of_record(a, record_of(b)) && body_is(a, "recipient", body_text(b, "recipient"));
}

static void sending_forget(struct response *r, struct subject *s) {
        struct subject *one, *next;

        for (one = first_report(r); one; one = next) {
                next = next_report(one);
                if (one != s && same_sending(one, s))
                        subject_forget(r, one);
        }
        subject_forget(r, s);
}

/* When all of it has ended: was it in vain? */
static int sending_settle(struct response *r, struct subject *s, const struct act *act) {
        bool told = false;
        int e = 0;

        for (const struct subject *one = first_report(r); one; one = next_report(one)) {
                if (!same_sending(one, s))
                        continue;
                if (!one->ended)
                        return 0;
                told = told || body_is(one, "state", "sent") || body_is(one, "state", "withdrawn");
        }
        if (!told)
                e = subject_changed(r, s, "undelivered", act);
        if (!e)
                sending_forget(r, s);
        return e;
}

int report_result(struct response *r, struct subject *s, const struct act *act) {
        int e = report_turn(r, s, body_text(s, "state"), act);

        return e ? e : sending_settle(r, s, act);
}

/* --- when an incident becomes covert --- */

static bool seen_by_the_threat(const struct response *r, const struct subject *s) {
        const struct channel *channel = s->ended ? NULL : rules_channel(r->rules, ww_str(body_text(s, "channel")));

        return channel && channel->overt && is_covert(r, s->body);
}

/* The fallback is due in its place; where there is none, the record hears that nobody was reached. */
int report_covert(struct response *r, const struct act *act) {
        struct subject *s = first_report(r);
        int e = 0;

        while (!e && s) {
                if (!seen_by_the_threat(r, s)) {
                        s = next_report(s);
                        continue;
                }
                notify_withheld(s);
                e = report_turn(r, s, "withheld", act);
                if (!e)
                        e = sending_settle(r, s, act);
                s = first_report(r); /* more than this one may have been forgotten */
        }
        return e;
}

/* --- what records ask for --- */

static int report_over(struct response *r, json_int_t record, const struct act *act) {
        struct subject *s = first_report(r);
        int e = 0;

        while (!e && s) {
                if (record_number(record_of(s), "id") != record || s->ended) {
                        s = next_report(s);
                        continue;
                }
                body_set_name(s, "state", "withdrawn");
                s->ended = true;
                e = report_result(r, s, act);
                s = first_report(r); /* more than this one may have been forgotten */
        }
        return e;
}

static int settle_to(struct response *r, const json_t *record, const char *recipient, const struct act *act) {
        struct subject *s = first_report(r);

        while (s && !(of_record(s, record) && body_is(s, "recipient", recipient)))
                s = next_report(s);
        return s ? sending_settle(r, s, act) : 0;
}

static int report_all(struct response *r, const json_t *of, const struct act *act) {
        json_t *to, *by;
        size_t i, k;
        int e = 0;

        json_array_foreach(json_object_get(of, "to"), i, to) {
                const char *recipient = json_string_value(to);

                json_array_foreach(json_object_get(of, "by"), k, by) {
                        if (!e)
                                e = report_one(r, of, ww_str(recipient), ww_str(json_string_value(by)), act);
                }
                if (!e)
                        e = settle_to(r, json_object_get(of, "record"), recipient, act);
        }
        return e;
}

int response_report(struct response *r, const json_t *report, int64_t now) {
        const struct act act = { .actor = ww_str(text_of(report, "actor")), .now = now };
        const json_t *over = json_object_get(report, "over");
        int e = over ? report_over(r, json_integer_value(over), &act) : report_all(r, report, &act);

        response_free_gone(r);
        return e;
}
