/*
 * The head of a record, and the input record.
 *
 *     0        1        2        3     4                          12
 *     magic    version  type     0     checksum, u64 LE           body …
 *
 * The checksum is XXH3 over the body, seeded with the four bytes before it, so that no bit of a record can flip
 * unseen. Head and checksum are the same in all versions: what was written by a newer Wardwatch is told from what is
 * broken. Inputs and outputs carry their own key at the front of the body: a record that stands under another key
 * (a bit of the key flipped, LMDB does not look) is as broken as one with other bytes.
 */
#include "journal/record_body.h"

#include <xxhash.h>

/* Since 2 a transition ends with its context, a ruleset with `complete`; since 3 an output may be a publish; since
 * 4 an input may be signed. */
#define VERSION      4
#define VERSION_READ 1 /* the oldest that is read */
#define COUNT(table) (sizeof(table) / sizeof *(table))
#define CHECKSUM_AT  4
#define INPUT_FLAGS  (WW_INPUT_RETAINED | WW_INPUT_DUP | WW_INPUT_SKIPPED | WW_INPUT_SIGNED)

static const char *const input_type_names[] = {
        [WW_INPUT_MESSAGE] = "message", [WW_INPUT_COMMAND] = "command", [WW_INPUT_TIME] = "time",
        [WW_INPUT_RELOAD] = "reload",   [WW_INPUT_NOTICE] = "notice",
};

static const char *const output_type_names[] = {
        [WW_OUTPUT_EVENT] = "event",     [WW_OUTPUT_TRANSITION] = "transition", [WW_OUTPUT_REPLY] = "reply",
        [WW_OUTPUT_NOTICE] = "notice",   [WW_OUTPUT_UNDECODED] = "undecoded",   [WW_OUTPUT_RULESET] = "ruleset",
        [WW_OUTPUT_PUBLISH] = "publish", [WW_OUTPUT_REDACTION] = "redaction",   [WW_OUTPUT_CHANGE] = "change",
};

static const char *const origin_names[] = {
        [WW_ORIGIN_ENGINE] = "engine",
        [WW_ORIGIN_URGENT] = "urgent",
        [WW_ORIGIN_BULK] = "bulk",
        [WW_ORIGIN_SOCKET] = "socket",
};

static const char *name_at(const char *const *names, size_t n, size_t at) {
        return at < n && names[at] ? names[at] : "?";
}

const char *ww_input_type_name(enum ww_input_type type) {
        return name_at(input_type_names, COUNT(input_type_names), (size_t)type);
}

const char *ww_output_type_name(enum ww_output_type type) {
        return name_at(output_type_names, COUNT(output_type_names), (size_t)type);
}

const char *ww_origin_name(enum ww_origin origin) {
        return name_at(origin_names, COUNT(origin_names), (size_t)origin);
}

/* --- head --- */

static uint64_t record_checksum(const uint8_t *record, size_t n) {
        uint64_t seed = (uint64_t)record[0] | (uint64_t)record[1] << 8 | (uint64_t)record[2] << 16 |
                        (uint64_t)record[3] << 24;

        return XXH3_64bits_withSeed(record + WW_RECORD_HEAD, n - WW_RECORD_HEAD, seed);
}

static void put_u64_at(uint8_t *to, uint64_t v) {
        for (int i = 0; i < 8; i++)
                to[i] = (uint8_t)(v >> (8 * i));
}

static uint64_t get_u64_at(const uint8_t *from) {
        uint64_t v = 0;

        for (int i = 0; i < 8; i++)
                v |= (uint64_t)from[i] << (8 * i);
        return v;
}

size_t record_open(struct buf *out, enum record_magic magic, uint8_t type) {
        const uint8_t head[WW_RECORD_HEAD] = { (uint8_t)magic, VERSION, type };
        size_t start = out->n;

        buf_put(out, head, sizeof head);
        return start;
}

int record_seal(struct buf *out, size_t start) {
        if (out->error) {
                out->n = start;
                return out->error;
        }
        put_u64_at(out->p + start + CHECKSUM_AT, record_checksum(out->p + start, out->n - start));
        return 0;
}

int record_unseal(struct ww_str bytes, enum record_magic magic, uint8_t *ret_type, struct rd *ret_body) {
        const uint8_t *p = (const uint8_t *)bytes.p;

        if (bytes.n < WW_RECORD_HEAD || p[0] != magic || get_u64_at(p + CHECKSUM_AT) != record_checksum(p, bytes.n))
                return RECORD_E_CHECKSUM;
        if (p[1] < VERSION_READ || p[1] > VERSION || p[3] != 0)
                return RECORD_E_VERSION;
        *ret_type = p[2];
        *ret_body = rd_init((struct ww_str){ bytes.p + WW_RECORD_HEAD, bytes.n - WW_RECORD_HEAD });
        return 0;
}

int record_close(const struct rd *in) {
        return in->failed || rd_left(in) ? RECORD_E_MALFORMED : 0;
}

/* --- fields --- */

uint32_t record_get_max(struct rd *in, uint32_t max) {
        uint64_t v = rd_var(in);

        if (v > max) {
                in->failed = true;
                return 0;
        }
        return (uint32_t)v;
}

/* Differences are taken modulo 2^64: they come out right for all pairs of instants. */
void record_put_near(struct buf *out, int64_t time, int64_t base) {
        buf_put_u8(out, time != WW_TIME_NONE);
        if (time != WW_TIME_NONE)
                buf_put_time(out, (int64_t)((uint64_t)time - (uint64_t)base));
}

int64_t record_get_near(struct rd *in, int64_t base) {
        if (record_get_max(in, 1) == 0)
                return WW_TIME_NONE;
        return (int64_t)((uint64_t)base + (uint64_t)rd_time(in));
}

size_t record_get_count(struct rd *in, size_t least) {
        uint64_t n = rd_var(in);

        if (n > rd_left(in) / least) {
                in->failed = true;
                return 0;
        }
        return (size_t)n;
}

/* --- input --- */

int ww_input_encode(const struct ww_input *input, struct buf *out) {
        size_t start = record_open(out, RECORD_INPUT, (uint8_t)input->type);

        buf_put_var(out, input->seq);
        buf_put_u8(out, (uint8_t)input->origin);
        buf_put_var(out, input->flags);
        buf_put_var(out, input->mid);
        buf_put_time(out, input->time);
        record_put_near(out, input->received, input->time);
        buf_put_str(out, input->topic);
        buf_put_str(out, input->id);
        buf_put_str(out, input->payload);
        return record_seal(out, start);
}

static void input_get(struct rd *in, struct ww_input *ret) {
        ret->origin = (enum ww_origin)record_get_max(in, WW_ORIGIN_SOCKET);
        ret->flags = record_get_max(in, INPUT_FLAGS);
        ret->mid = (uint16_t)record_get_max(in, UINT16_MAX);
        ret->time = rd_time(in);
        ret->received = record_get_near(in, ret->time);
        ret->topic = rd_str(in);
        ret->id = rd_str(in);
        ret->payload = rd_str(in);
}

int ww_input_decode(struct ww_str bytes, uint64_t seq, struct ww_input *ret) {
        struct ww_input input = { 0 };
        struct rd in;
        uint8_t type;
        int r = record_unseal(bytes, RECORD_INPUT, &type, &in);

        if (r)
                return r;
        if (type < WW_INPUT_MESSAGE || type > WW_INPUT_NOTICE)
                return RECORD_E_MALFORMED;
        input.type = (enum ww_input_type)type;
        input.seq = rd_var(&in);
        input_get(&in, &input);
        r = record_close(&in);
        if (r)
                return r;
        if (input.type == WW_INPUT_RELOAD && input.id.n && !ww_prime_parse(input.id, &(struct ww_prime){ 0 }))
                return RECORD_E_MALFORMED;
        if (seq && seq != input.seq)
                return RECORD_E_CHECKSUM;
        *ret = input;
        return 0;
}
