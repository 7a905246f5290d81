/*
 * SIA DC-09, one line of a receiver:
 *
 *     LF CRC 0LLL "ID" SEQ [Rrcvr] [Lpref] [#acct] [data] [X…] [Y…] _HH:MM:SS,MM-DD-YYYY CR
 *
 * CRC (CRC-16/ARC, four hex digits) and length (three, behind a 0) are over what stands from the first quote to the end
 * of the line. Both only mark: `crc_ok`, `length_ok`; a line without them has neither. What is in the brackets depends
 * on the ID:
 *
 *     "ADM-CID"   #acct|QEEE GG ZZZ                     Contact ID
 *     "SIA-DCS"   #acct|Nri1/BA001*text|Nri2/CL501      SIA DC-03, see below
 *     "NULL"      a sign of life
 *     "*…"        encrypted: refused, because we hold no keys
 *
 * SIA DC-03 in short: blocks behind bars, N (new) or O (old) in front; modifiers of two small letters (ri partition, ti
 * time, id user, pi …), then codes of two capitals with the number of a zone or user. A slash stands between them, or,
 * in the old way of writing, does not ("Nri1PA501"). A modifier holds until the block ends. "*" or "^" begins a text.
 *
 * A text that has no line around it but such blocks ("1234|Nri1/CL501") is read as well: some gateways strip it.
 */
#include "base/span.h"
#include "decode/decoders.h"
#include "decode/decoders/panel.h"

#include <stdio.h>

#define EXTENDED_MAX  16
#define MODIFIERS_MAX 8

struct sia {
        struct decoder_out *out;
        const char *start;                      /* of the payload */
        struct ww_str rest;                     /* not read yet */
        struct ww_str id, account, data, stamp; /* data: what is between the brackets */
        struct ww_str extended[EXTENDED_MAX];
        size_t n_extended;
};

static int fail(struct sia *s, const char *why) {
        return decoder_fail(s->out, (size_t)(s->rest.p - s->start), "%s", why);
}

/* --- the frame --- */

static uint16_t crc16(struct ww_str text) {
        uint16_t crc = 0;

        for (size_t i = 0; i < text.n; i++) {
                crc = (uint16_t)(crc ^ (unsigned char)text.p[i]);
                for (int bit = 0; bit < 8; bit++)
                        crc = (uint16_t)(crc & 1 ? (crc >> 1) ^ 0xA001 : crc >> 1);
        }
        return crc;
}

static unsigned hex4(const char *p) {
        unsigned v = 0;

        for (int i = 0; i < 4; i++)
                v = v * 16 + (unsigned)panel_hex_digit(p[i]);
        return v;
}

static int read_checks(struct sia *s) {
        struct ww_str digits = panel_take(&s->rest, panel_is_hex);

        if (s->rest.n == 0 || *s->rest.p != '"')
                return fail(s, "no \"ID\" behind the checksum and the length");
        if (digits.n == 0)
                return 0;
        if (digits.n != 8)
                return fail(s, "checksum and length are eight hex digits");
        decoder_put_bool(s->out, "crc_ok", hex4(digits.p) == crc16(s->rest));
        decoder_put_bool(s->out, "length_ok", hex4(digits.p + 4) == s->rest.n);
        return 0;
}

static bool is_account(char c) {
        return c != '[' && c != ']' && c != '|' && c != '#' && (unsigned char)c > 0x20;
}

static bool is_inside_quotes(char c) {
        return c != '"';
}

static bool is_inside_brackets(char c) {
        return c != ']';
}

static int read_head(struct sia *s) {
        panel_take_char(&s->rest, '"');
        s->id = panel_take(&s->rest, is_inside_quotes);
        if (!panel_take_char(&s->rest, '"'))
                return fail(s, "the ID has no closing quote");
        if (s->id.n && *s->id.p == '*')
                return fail(s, "encrypted, and no key is known");
        decoder_put_text(s->out, "id", s->id);
        decoder_put_text(s->out, "seq", panel_take(&s->rest, panel_is_digit));
        if (panel_take_char(&s->rest, 'R'))
                decoder_put_text(s->out, "receiver", panel_take(&s->rest, panel_is_hex));
        if (panel_take_char(&s->rest, 'L'))
                decoder_put_text(s->out, "line", panel_take(&s->rest, panel_is_hex));
        if (panel_take_char(&s->rest, '#'))
                s->account = panel_take(&s->rest, is_account);
        return 0;
}

static int read_brackets(struct sia *s, struct ww_str *ret) {
        *ret = panel_take(&s->rest, is_inside_brackets);
        return panel_take_char(&s->rest, ']') ? 0 : fail(s, "a bracket is not closed");
}

static int read_blocks(struct sia *s) {
        int r = panel_take_char(&s->rest, '[') ? read_brackets(s, &s->data) : fail(s, "no data in brackets");

        while (!r && panel_take_char(&s->rest, '[')) {
                struct ww_str extended;

                r = read_brackets(s, &extended);
                if (!r && extended.n && s->n_extended < EXTENDED_MAX)
                        s->extended[s->n_extended++] = extended;
        }
        if (!r && panel_take_char(&s->rest, '_'))
                s->stamp = s->rest;
        return r;
}

/* --- what stands behind the data --- */

/* "HH:MM:SS,MM-DD-YYYY", in UTC by the standard; what is none is left out. */
static void write_stamp(struct sia *s) {
        char text[24];
        int64_t usec;
        const char *p = s->stamp.p;

        if (s->stamp.n != 19)
                return;
        snprintf(text, sizeof text, "%.4s-%.2s-%.2sT%.8sZ", p + 15, p + 9, p + 12, p);
        if (p[8] == ',' && p[11] == '-' && p[14] == '-' && instant_parse(ww_str(text), 0, &usec) == 0)
                decoder_put_text(s->out, "time", decoder_printf(s->out, "%s", text));
}

/* [X006E07.1] → X: 006E07.1 */
static void write_extended(struct sia *s) {
        if (s->n_extended == 0)
                return;
        decoder_key(s->out, WW_STR("extended"));
        decoder_object_begin(s->out);
        for (size_t i = 0; i < s->n_extended; i++) {
                decoder_key(s->out, (struct ww_str){ s->extended[i].p, 1 });
                decoder_text(s->out, (struct ww_str){ s->extended[i].p + 1, s->extended[i].n - 1 });
        }
        decoder_object_end(s->out);
}

/* --- SIA DC-03 --- */

struct dcs {
        struct ww_str account, rest;
        struct {
                struct ww_str name, value;
        } modifiers[MODIFIERS_MAX];
        size_t n_modifiers, n_events;
};

static bool is_small(char c) {
        return c >= 'a' && c <= 'z';
}

static bool is_capital(char c) {
        return c >= 'A' && c <= 'Z';
}

static bool is_number(char c) {
        return panel_is_digit(c) || c == ':' || c == '.' || c == '-';
}

static bool is_within(char c) { /* no separator */
        return c != '/' && c != '|' && c != '*' && c != '^';
}

static bool is_text(char c) {
        return c != '|' && c != '^' && c != '*';
}

static bool two(const struct dcs *d, bool (*is)(char c)) {
        return d->rest.n >= 2 && is(d->rest.p[0]) && is(d->rest.p[1]);
}

/* In the old way of writing a code, or the next modifier, follows the number at once. */
static struct ww_str take_value(struct dcs *d) {
        struct ww_str value = panel_take(&d->rest, is_number);

        if (two(d, is_small) || (two(d, is_capital) && sia_code((struct ww_str){ d->rest.p, 2 })))
                return value;
        value.n += panel_take(&d->rest, is_within).n;
        return value;
}

static void take_modifier(struct dcs *d) {
        struct ww_str name = { d->rest.p, 2 };

        d->rest.p += 2;
        d->rest.n -= 2;
        if (d->n_modifiers == MODIFIERS_MAX)
                d->n_modifiers--;
        d->modifiers[d->n_modifiers].name = name;
        d->modifiers[d->n_modifiers++].value = take_value(d);
}

static struct ww_str modifier(const struct dcs *d, const char *name) {
        for (size_t i = d->n_modifiers; i > 0; i--)
                if (ww_str_is(d->modifiers[i - 1].name, name))
                        return d->modifiers[i - 1].value;
        return WW_STR("");
}

static const struct {
        const char *modifier, *member;
} told_modifiers[] = { { "ti", "clock" }, { "id", "user" }, { "pi", "peripheral" }, { "ai", "automatic" } };

static struct ww_str take_text(struct dcs *d) {
        if (!panel_take_char(&d->rest, '*') && !panel_take_char(&d->rest, '^'))
                return WW_STR("");
        return panel_take(&d->rest, is_text);
}

static void take_code(struct sia *s, struct dcs *d) {
        struct panel_report report = { .account = d->account, .code = { d->rest.p, 2 } };
        struct ww_str text;

        d->rest.p += 2;
        d->rest.n -= 2;
        report.zone = panel_take(&d->rest, is_within);
        report.row = sia_code(report.code);
        report.state = report.row ? report.row->state : WW_STATE_PULSE;
        report.partition = modifier(d, "ri");
        text = take_text(d);
        if (d->n_events++ >= PANEL_EVENTS_MAX)
                return;
        panel_report_begin(s->out, &report);
        for (size_t i = 0; i < sizeof told_modifiers / sizeof *told_modifiers; i++)
                if (modifier(d, told_modifiers[i].modifier).n)
                        decoder_put_text(s->out, told_modifiers[i].member, modifier(d, told_modifiers[i].modifier));
        if (text.n)
                decoder_put_text(s->out, "name", text);
        decoder_object_end(s->out);
}

/* N or O, unless it is a code's own first letter: "NL501", but "NRP" is new and RP. */
static void take_age(struct dcs *d) {
        if (two(d, is_capital) && sia_code((struct ww_str){ d->rest.p, 2 }) &&
            (d->rest.n == 2 || !(is_capital(d->rest.p[2]) || is_small(d->rest.p[2]))))
                return;
        if (!panel_take_char(&d->rest, 'N'))
                (void)panel_take_char(&d->rest, 'O');
}

static int take_block(struct sia *s, struct dcs *d) {
        d->n_modifiers = 0;
        take_age(d);
        while (d->rest.n && *d->rest.p != '|') {
                if (two(d, is_small))
                        take_modifier(d);
                else if (two(d, is_capital))
                        take_code(s, d);
                else if (*d->rest.p == '*' || *d->rest.p == '^')
                        (void)take_text(d);
                else if (!panel_take_char(&d->rest, '/'))
                        return decoder_fail(s->out, (size_t)(d->rest.p - s->start), "neither a code nor a modifier");
        }
        return 0;
}

static struct ww_str account_of(struct sia *s, struct ww_str *data) {
        struct ww_str own;

        (void)panel_take_char(data, '#');
        own = panel_take(data, is_account);
        return own.n ? own : s->account;
}

static int write_dcs(struct sia *s) {
        struct dcs d = { .rest = s->data };
        int r = 0;

        d.account = account_of(s, &d.rest);
        while (!r && panel_take_char(&d.rest, '|'))
                r = take_block(s, &d);
        if (!r && (d.n_events == 0 || d.rest.n))
                r = decoder_fail(s->out, (size_t)(d.rest.p - s->start), "no report of SIA DC-03");
        return r;
}

/* --- Contact ID, and signs of life --- */

static int write_contact_id(struct sia *s) {
        struct ww_str data = s->data, account = account_of(s, &data);

        if (!panel_take_char(&data, '|'))
                return decoder_fail(s->out, (size_t)(data.p - s->start), "no report behind the account");
        return contact_id_report(s->out, account, data, (size_t)(data.p - s->start));
}

/* What stands in the brackets is filling: the account is the line's. */
static int write_null(struct sia *s) {
        struct ww_str data = s->data, account = s->account.n ? s->account : account_of(s, &data);

        decoder_object_begin(s->out);
        decoder_put_text(s->out, "account", account);
        decoder_put_text(s->out, "device", account);
        decoder_put_text(s->out, "kind", WW_STR("device.heartbeat"));
        decoder_put_text(s->out, "state", WW_STR("pulse"));
        decoder_object_end(s->out);
        return 0;
}

static const struct {
        const char *id;
        int (*write)(struct sia *s);
} bodies[] = { { "SIA-DCS", write_dcs }, { "ADM-CID", write_contact_id }, { "NULL", write_null } };

static int write_events(struct sia *s) {
        for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
                if (ww_str_is(s->id, bodies[i].id)) {
                        int r;

                        decoder_key(s->out, WW_STR("events"));
                        decoder_array_begin(s->out);
                        r = bodies[i].write(s);
                        decoder_array_end(s->out);
                        return r;
                }
        return decoder_fail(s->out, 0, "a message \"%.*s\" is neither SIA-DCS nor ADM-CID nor NULL",
                            (int)(s->id.n < 32 ? s->id.n : 32), s->id.p);
}

static int read_line(struct sia *s) {
        int r = read_checks(s);

        r = r ? r : read_head(s);
        r = r ? r : read_blocks(s);
        if (r)
                return r;
        decoder_put_text(s->out, "account", s->account);
        write_stamp(s);
        write_extended(s);
        return write_events(s);
}

/* The message part alone. */
static int read_part(struct sia *s) {
        (void)panel_take_char(&s->rest, '[');
        s->data = panel_take(&s->rest, is_inside_brackets);
        s->id = WW_STR("SIA-DCS");
        return write_events(s);
}

static int read_message(void *state, const struct decoder_message *message, struct decoder_out *out) {
        struct sia s = { .out = out, .start = message->payload.p, .rest = panel_trim(message->payload) };
        bool line = s.rest.n && memchr(s.rest.p, '"', s.rest.n);
        int r;

        s.account = WW_STR("");
        decoder_object_begin(out);
        r = line ? read_line(&s) : read_part(&s);
        decoder_object_end(out);
        return r;
}

const struct decoder decoder_sia_dc09 = { .read = read_message };
