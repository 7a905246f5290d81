/*
 * The reader of TZif files (RFC 9636): a first header and block in 32 bits, which is passed over, a second in 64 bits,
 * and the rule for all later time between two line ends. Strict: what is not as the format says is refused, because a
 * schedule that is wrong by an hour would not be noticed.
 *
 *     header   "TZif", version, 15 unused, counts: isut, isstd, leap, time, type, char (32 bits each)
 *     block    times, types of times (1 byte each), types (offset 32 bits, summer 1 byte, name 1 byte), names,
 *              leap seconds (refused), isstd, isut (1 byte a type, or none)
 */
#include "config/timezone_internal.h"

#define HEADER_BYTES 44
#define TYPE_BYTES   6
#define OFFSET_MIN   (-89999) /* seconds: less than 25 h west, */
#define OFFSET_MAX   93599    /* 26 h east */
#define YEAR_1900    (-INT64_C(2208988800))

struct block {
        uint32_t isut, isstd, leap, time, type, chars;
        const uint8_t *times, *indexes, *types, *names, *isstds, *isuts;
        size_t bytes;
};

static uint32_t read_u32(const uint8_t *p) {
        return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t read_i64(const uint8_t *p) {
        return (int64_t)((uint64_t)read_u32(p) << 32 | read_u32(p + 4));
}

/* The header and where its parts begin; `wide` is 4 or 8. NULL, or what is wrong. */
static const char *read_block(struct ww_str bytes, size_t wide, struct block *ret) {
        const uint8_t *p = (const uint8_t *)bytes.p;
        uint32_t *const counts[] = { &ret->isut, &ret->isstd, &ret->leap, &ret->time, &ret->type, &ret->chars };

        if (bytes.n < HEADER_BYTES || memcmp(p, "TZif", 4) != 0)
                return "it is no TZif file";
        if (p[4] < '2' || p[4] > '9')
                return "it is of version 1: only 32 bits and no rule for the future";
        for (size_t i = 0; i < 6; i++) {
                *counts[i] = read_u32(p + 20 + 4 * i);
                if (*counts[i] > bytes.n)
                        return "it is cut off";
        }
        ret->times = p + HEADER_BYTES;
        ret->indexes = ret->times + wide * ret->time;
        ret->types = ret->indexes + ret->time;
        ret->names = ret->types + (size_t)TYPE_BYTES * ret->type;
        ret->isstds = ret->names + ret->chars + (wide + 4) * ret->leap;
        ret->isuts = ret->isstds + ret->isstd;
        ret->bytes = (size_t)(ret->isuts - p) + ret->isut;
        return ret->bytes > bytes.n ? "it is cut off" : NULL;
}

static int64_t type_offset(const struct block *b, size_t type) {
        return (int32_t)read_u32(b->types + TYPE_BYTES * type);
}

static bool flags_ok(const uint8_t *flags, uint32_t n, uint32_t types) {
        for (uint32_t i = 0; i < n; i++)
                if (flags[i] > 1)
                        return false;
        return n == 0 || n == types;
}

static const char *check_types(const struct block *b) {
        if (b->type == 0 || b->type > 256 || b->chars == 0)
                return "it has no types of local time";
        if (!flags_ok(b->isstds, b->isstd, b->type) || !flags_ok(b->isuts, b->isut, b->type))
                return "its indicators are wrong";
        for (size_t i = 0; i < b->type; i++) {
                const uint8_t *type = b->types + TYPE_BYTES * i;

                if (type_offset(b, i) < OFFSET_MIN || type_offset(b, i) > OFFSET_MAX || type[4] > 1)
                        return "a type of local time is out of range";
                if (type[5] >= b->chars || !memchr(b->names + type[5], 0, b->chars - type[5]))
                        return "a name of local time is not there";
        }
        return NULL;
}

static const char *check_times(const struct block *b) {
        for (size_t i = 0; i < b->time; i++) {
                if (i && read_i64(b->times + 8 * i) <= read_i64(b->times + 8 * (i - 1)))
                        return "its times do not ascend";
                if (b->indexes[i] >= b->type)
                        return "a time has no type";
        }
        return NULL;
}

/* The text between the two line ends behind the block, which end the file. */
static const char *read_footer(struct ww_str rest, struct ww_str *ret) {
        if (rest.n < 2 || rest.p[0] != '\n' || rest.p[rest.n - 1] != '\n')
                return "the rule at its end is not there";
        *ret = (struct ww_str){ rest.p + 1, rest.n - 2 };
        return memchr(ret->p, '\n', ret->n) || memchr(ret->p, 0, ret->n) ? "there is something behind its end" : NULL;
}

static const char *read_blocks(struct ww_str bytes, struct block *ret, struct ww_str *ret_footer) {
        struct block old = { 0 };
        const char *problem = read_block(bytes, 4, &old);
        struct ww_str rest;

        if (problem)
                return problem;
        rest = (struct ww_str){ bytes.p + old.bytes, bytes.n - old.bytes };
        problem = read_block(rest, 8, ret);
        if (problem)
                return problem;
        if (ret->leap)
                return "it counts leap seconds";
        problem = check_types(ret);
        if (!problem)
                problem = check_times(ret);
        if (problem)
                return problem;
        return read_footer((struct ww_str){ rest.p + ret->bytes, rest.n - ret->bytes }, ret_footer);
}

static int fill_times(struct timezone_table *z, const struct block *b) {
        int r = timezone_add(z, INT64_MIN, type_offset(b, 0));

        for (size_t i = 0; r == 0 && i < b->time; i++)
                r = timezone_add(z, read_i64(b->times + 8 * i), type_offset(b, b->indexes[i]));
        return r;
}

/* What the wall has shown by the end of each segment, the last of which has none. */
static void fill_shown(struct timezone_table *z) {
        int64_t shown = INT64_MIN;

        for (size_t i = 0; i < z->n; i++) {
                struct timezone_segment *s = &z->segments[i];

                if (i + 1 < z->n && s[1].from + s->offset > shown)
                        shown = s[1].from + s->offset;
                s->shown = i + 1 < z->n ? shown : INT64_MAX;
        }
}

static bool rule_fits(const struct timezone_rule *rule, int64_t offset) {
        return offset == rule->standard || (rule->has_summer && offset == rule->summer);
}

static int fill(struct timezone_table *z, const struct block *b, struct ww_str footer, const char **ret_problem) {
        int64_t last = b->time ? read_i64(b->times + 8 * (size_t)(b->time - 1)) : YEAR_1900;
        int64_t offset = type_offset(b, b->time ? b->indexes[b->time - 1] : 0);
        struct timezone_rule rule;
        int r;

        if (footer.n && !timezone_rule_parse(footer, &rule)) {
                *ret_problem = "the rule at its end cannot be read";
                return -EBADMSG;
        }
        if (footer.n && !rule_fits(&rule, offset)) {
                *ret_problem = "the rule at its end does not fit its last entry";
                return -EBADMSG;
        }
        r = fill_times(z, b);
        if (r == 0 && footer.n && rule.has_summer && last > -TIMEZONE_LIMIT / WW_SECOND &&
            last < TIMEZONE_LIMIT / WW_SECOND / 2)
                r = timezone_rule_apply(&rule, z, last);
        fill_shown(z);
        return r;
}

int timezone_read(struct timezone_table **ret, struct ww_str tzif, const char **ret_problem) {
        _cleanup_(timezone_freep) struct timezone_table *z = calloc(1, sizeof *z);
        struct ww_str footer = WW_STR_NONE;
        struct block b = { 0 };
        int r;

        if (!z)
                return -ENOMEM;
        z->cycle = WW_TIME_NEVER;
        *ret_problem = tzif.n > TIMEZONE_BYTES_MAX ? "it is too large" : read_blocks(tzif, &b, &footer);
        if (*ret_problem)
                return -EBADMSG;
        r = fill(z, &b, footer, ret_problem);
        if (r < 0)
                return r;
        *ret = z;
        z = NULL;
        return 0;
}
