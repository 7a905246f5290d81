/*
 * `bytes`: where the bytes come from, the fields at fixed places and the rows of records. A field of a row stands
 * behind the one before it unless it says where in the record it stands.
 */
#include "decode/load.h"

#include <stdlib.h>

const struct load_key load_bytes_keys[] = {
        { "from", "path of the text that holds the bytes; without it the payload, in a format of bytes" },
        { "as", "how the text at `from` is written: hex or base64" },
        { "order", "of numbers: big (the highest byte first; the default) or little" },
        { "fields", "{battery: {at: 0, type: u8}}: names with what stands where" },
        { "records", "what is sent as records that begin with a tag" },
};
const size_t load_bytes_keys_n = sizeof load_bytes_keys / sizeof *load_bytes_keys;

const struct load_key load_byte_field_keys[] = {
        { "at",
          "byte from the beginning, from 0; -1 is the last one. In a row of `records`: within the record, behind the "
          "field before unless it is said" },
        { "type", "u8 i8 u16 i16 u24 i24 u32 i32 u64 i64 f32 f64, bcd (digits), hex, text; default u8" },
        { "length", "bytes, of bcd, hex and text; without it up to the end" },
        { "order", "of this field; hex, bcd and text are turned round by their own `order: little` only" },
        { "bit", "one bit of the number, from 0, the lowest: true or false" },
        { "mask",
          "the bits of the number that count, 0x0f; moved down to the lowest of them, so 0xf0 is 0 to 15, too" },
        { "scale", "the number is multiplied by it" },
        { "offset", "then this is added" },
};
const size_t load_byte_field_keys_n = sizeof load_byte_field_keys / sizeof *load_byte_field_keys;

const struct load_key load_records_keys[] = {
        { "at", "where the first record begins; default 0" },
        { "tag", "bytes of the tag, 1 to 8" },
        { "length",
          "bytes of the length behind the tag, 1 to 4; then records with other tags are passed over. Without it "
          "they end the reading" },
        { "rows", "{\"0175\": {battery: {type: u8}}}: fields of the record by its tag in hex" },
};
const size_t load_records_keys_n = sizeof load_records_keys / sizeof *load_records_keys;

#define PLACE_MAX (int64_t) BYTE_TEXT_MAX

static const char *const orders[] = { "big", "little" };

/* One of some words, by its index. */
static int load_word(struct load *l, const struct yaml_node *n, const char *word, const char *const *words,
                     size_t n_words, int *ret) {
        struct ww_str text;
        int r = yaml_string(n, word, l->d, &text);

        for (size_t i = 0; !r && i < n_words; i++)
                if (ww_str_is(text, words[i])) {
                        *ret = (int)i;
                        return 0;
                }
        return r ? r
                 : diag_error(l->d, n->pos, diag_suggest(text, words, n_words), "%s: `%.*s` is no `%s`", l->what,
                              WW_STR_ARG(text), word);
}

static int load_order(struct load *l, const struct yaml_node *n, bool *ret_little) {
        const struct yaml_node *x = yaml_get(n, "order");
        int order = *ret_little, r = x ? load_word(l, x, "order", orders, 2, &order) : 0;

        *ret_little = order;
        return r;
}

/* An optional whole number. */
static int load_whole(struct load *l, const struct yaml_node *n, const char *word, int64_t min, int64_t max,
                      int64_t *ret) {
        const struct yaml_node *x = yaml_get(n, word);

        return x ? yaml_integer(x, word, min, max, l->d, ret) : 0;
}

int load_mask(struct load *l, const struct yaml_node *n, uint64_t *ret) {
        struct ww_str text;
        int r = yaml_string(n, "mask", l->d, &text);
        char *end;

        if (r)
                return r;
        *ret = strtoull(text.p, &end, 0);
        if (*text.p < '0' || *text.p > '9' || *end || *ret == 0)
                return diag_error(l->d, n->pos, "write mask: 0x0f", "%s: `%.*s` is no mask", l->what, WW_STR_ARG(text));
        return 0;
}

/* The number of a name, made if it is new. */
static int name_number(struct load *l, const struct yaml_node *n, uint8_t *ret) {
        size_t i = 0;

        while (i < l->names.n_bytes && !ww_str_equal(l->byte_names[i], n->key))
                i++;
        if (i == BYTE_FIELDS_MAX)
                return diag_error(l->d, n->key_pos, "leave out what nobody reads", "%s: more than %d names of bytes",
                                  l->what, BYTE_FIELDS_MAX);
        l->byte_names[i] = n->key;
        if (i == l->names.n_bytes)
                l->names.n_bytes++;
        *ret = (uint8_t)i;
        return 0;
}

static int load_type_word(struct load *l, const struct yaml_node *n, struct byte_field *f) {
        const struct yaml_node *x = yaml_get(n, "type");
        const char *names[32];
        int type = 0, r;

        for (size_t i = 0; i < byte_types_n; i++)
                names[i] = byte_types[i].name;
        r = x ? load_word(l, x, "type", names, byte_types_n, &type) : 0;
        f->type = &byte_types[type];
        f->length = f->type->size;
        return r;
}

static int load_length(struct load *l, const struct yaml_node *n, struct byte_field *f) {
        const struct yaml_node *x = yaml_get(n, "length");
        int64_t length = 0;
        int r = load_whole(l, n, "length", 1, PLACE_MAX, &length);

        if (!r && x && f->type->size)
                return diag_error(l->d, x->pos, "leave it out", "%s: a %s has a length of its own", l->what,
                                  f->type->name);
        f->length = f->length ? f->length : (uint32_t)length;
        return r;
}

/* bit and mask: of whole numbers, and not both */
static int load_bits(struct load *l, const struct yaml_node *n, struct byte_field *f) {
        const struct yaml_node *bit = yaml_get(n, "bit"), *mask = yaml_get(n, "mask");
        int64_t number = -1;
        int r = 0;

        if ((bit || mask) && (f->type->kind > BYTE_SIGNED || (bit && mask)))
                return diag_error(l->d, bit ? bit->pos : mask->pos,
                                  bit && mask ? "leave one of them out" : "take a type such as u8 or u16",
                                  "%s: `bit` or `mask` is taken of a whole number", l->what);
        if (bit)
                r = yaml_integer(bit, "bit", 0, 8 * (int64_t)f->length - 1, l->d, &number);
        f->bit = (int8_t)number;
        return !r && mask ? load_mask(l, mask, &f->mask) : r;
}

static int load_scale(struct load *l, const struct yaml_node *n, struct byte_field *f) {
        const struct yaml_node *scale = yaml_get(n, "scale"), *offset = yaml_get(n, "offset");
        const struct yaml_node *x = scale ? scale : offset;
        int r = 0;

        f->scale = 1;
        if (x && (f->type->kind > BYTE_BCD || f->bit >= 0))
                return diag_error(l->d, x->pos, "leave it out, or take a type such as u8",
                                  "%s: only a number can be scaled", l->what);
        if (scale)
                r = yaml_number(scale, "scale", l->d, &f->scale);
        return !r && offset ? yaml_number(offset, "offset", l->d, &f->offset) : r;
}

/* `at`: where it stands if it does not say so. */
static int load_field(struct load *l, const struct yaml_node *n, bool little, int64_t at, struct byte_field *f) {
        bool whole;
        int r;

        if (n->type != YAML_MAPPING)
                return diag_error(l->d, n->pos, "write {at: 0, type: u8}", "%s: a field of bytes is a mapping",
                                  l->what);
        r = load_keys_check(l, n, l->what, load_byte_field_keys, load_byte_field_keys_n);
        r = r ? r : name_number(l, n, &f->number);
        r = r ? r : load_type_word(l, n, f);
        r = r ? r : load_whole(l, n, "at", -PLACE_MAX, PLACE_MAX, &at);
        if (r)
                return r;
        f->at = (int32_t)at;
        whole = f->type->kind <= BYTE_FLOAT;
        f->little = whole && little;
        r = load_order(l, n, &f->little);
        r = r ? r : load_length(l, n, f);
        r = r ? r : load_bits(l, n, f);
        return r ? r : load_scale(l, n, f);
}

static int fields_array(struct load *l, const struct yaml_node *n, struct byte_field **ret) {
        if (n->type != YAML_MAPPING || n->n == 0 || n->n > BYTE_FIELDS_MAX)
                return diag_error(l->d, n->pos, "write {battery: {at: 0, type: u8}}",
                                  "%s: fields of bytes are between 1 and %d names", l->what, BYTE_FIELDS_MAX);
        *ret = arena_array(l->arena, struct byte_field, n->n);
        return *ret ? 0 : -ENOMEM;
}

static int load_fixed(struct load *l, const struct yaml_node *n, bool little, struct byte_reader *reader) {
        struct byte_field *fields = NULL;
        int r = fields_array(l, n, &fields), result = 0;

        if (r)
                return r;
        reader->fields = fields;
        yaml_each(item, n) {
                if (item->type == YAML_MAPPING && !yaml_get(item, "at"))
                        r = diag_error(l->d, item->pos, "add `at: 0`", "%s: nothing says where `%.*s` stands", l->what,
                                       WW_STR_ARG(item->key));
                else
                        r = load_field(l, item, little, 0, &fields[reader->n++]);
                LOAD_MERGE(r, result);
        }
        return result;
}

/* Fields one behind the other; the row is as long as the farthest of them reaches. */
static int load_row(struct load *l, const struct yaml_node *n, bool little, struct byte_row *row) {
        struct byte_field *fields = NULL;
        int r = fields_array(l, n, &fields);
        int64_t at = 0, size = 0;
        bool open = false; /* a field takes all that is left */

        if (r)
                return r;
        row->fields = fields;
        yaml_each(item, n) {
                struct byte_field *f = &fields[row->n];

                r = load_field(l, item, little, at, f);
                if (r)
                        return r;
                if (f->at < 0)
                        return diag_error(l->d, item->pos, "count from the record's beginning",
                                          "%s: the end of a record is not known before", l->what);
                open |= f->length == 0;
                at = f->at + (int64_t)f->length;
                size = at > size ? at : size;
                row->n++;
        }
        row->size = open ? 0 : (uint32_t)size;
        return 0;
}

static int load_tag(struct load *l, const struct yaml_node *n, unsigned bytes, uint64_t *ret) {
        char *end;

        *ret = strtoull(n->key.p, &end, 16);
        if (n->key.n != 2 * (size_t)bytes || *end || strspn(n->key.p, "0123456789abcdefABCDEF") != n->key.n)
                return diag_error(l->d, n->key_pos, "write it in quotes: \"0175\"",
                                  "%s: `%.*s` is no tag of %u bytes in hex", l->what, WW_STR_ARG(n->key), bytes);
        return 0;
}

/* `at`: the records, for what is missing in them. */
static int load_rows(struct load *l, const struct yaml_node *n, const struct yaml_node *at, bool little,
                     struct byte_records *records) {
        struct byte_row *rows;
        int r, result = 0;

        if (!n || n->type != YAML_MAPPING || n->n == 0 || n->n > BYTE_ROWS_MAX)
                return diag_error(l->d, n ? n->pos : at->pos, "write rows: {\"0175\": {battery: {type: u8}}}",
                                  "%s: records have between 1 and %d rows", l->what, BYTE_ROWS_MAX);
        rows = arena_array(l->arena, struct byte_row, n->n);
        if (!rows)
                return -ENOMEM;
        records->rows = rows;
        yaml_each(item, n) {
                struct byte_row *row = &rows[records->n];

                r = load_tag(l, item, records->tag, &row->tag);
                r = r ? r : load_row(l, item, little, row);
                LOAD_MERGE(r, result);
                records->n++;
        }
        return result;
}

static int load_records(struct load *l, const struct yaml_node *n, bool little, struct byte_records *records) {
        int64_t at = 0, tag = 0, length = 0;
        int r;

        if (n->type != YAML_MAPPING || !yaml_get(n, "tag"))
                return diag_error(l->d, n->pos, "write records: {tag: 2, rows: {…}}",
                                  "%s: nothing says how long a record's tag is", l->what);
        r = load_keys_check(l, n, l->what, load_records_keys, load_records_keys_n);
        r = r ? r : load_whole(l, n, "at", -PLACE_MAX, PLACE_MAX, &at);
        r = r ? r : load_whole(l, n, "tag", 1, BYTE_TAG_MAX, &tag);
        r = r ? r : load_whole(l, n, "length", 1, BYTE_LENGTH_MAX, &length);
        records->at = (int32_t)at;
        records->tag = (unsigned)tag;
        records->length = (unsigned)length;
        records->little = little;
        return r ? r : load_rows(l, yaml_get(n, "rows"), n, little, records);
}

static bool formats_of_bytes(const struct load *l, const struct type_message *m) {
        for (size_t i = 0; i < m->n_formats; i++)
                if (!l->types->formats[m->formats[i]].format->bytes)
                        return false;
        return true;
}

static int load_from(struct load *l, const struct yaml_node *n, const struct type_message *m,
                     struct byte_reader *reader) {
        const struct yaml_node *from = yaml_get(n, "from"), *as = yaml_get(n, "as");
        struct path *path;
        int form = 0, r;

        if (!from)
                return formats_of_bytes(l, m) && !as
                               ? 0
                               : diag_error(l->d, n->pos, "add `from: data`, or write `format: bytes`, hex or base64",
                                            "%s: nothing says where the bytes are", l->what);
        if (!as)
                return diag_error(l->d, from->pos, "add `as: base64`, or `as: hex`",
                                  "%s: nothing says how the bytes are written", l->what);
        path = arena_new(l->arena, struct path);
        r = path ? load_path(l, from, path) : -ENOMEM;
        r = r ? r : load_word(l, as, "as", byte_text_names, byte_text_names_n, &form);
        reader->from = path;
        reader->as = (enum byte_text)form;
        return r;
}

int load_bytes(struct load *l, const struct yaml_node *n, size_t levels, struct type_message *m) {
        struct byte_reader *reader = arena_new(l->arena, struct byte_reader);
        const struct yaml_node *x;
        bool little = false;
        int r, result = 0;

        if (!reader)
                return -ENOMEM;
        if (n->type != YAML_MAPPING || (!yaml_get(n, "fields") && !yaml_get(n, "records")))
                return diag_error(l->d, n->pos, "write bytes: {fields: {battery: {at: 0, type: u8}}}",
                                  "%s: bytes need `fields` or `records`", l->what);
        l->names.levels = (uint8_t)levels;
        r = load_keys_check(l, n, l->what, load_bytes_keys, load_bytes_keys_n);
        r = r ? r : load_from(l, n, m, reader);
        l->names.levels = 0;
        LOAD_MERGE(r, result);
        r = load_order(l, n, &little);
        LOAD_MERGE(r, result);
        if ((x = yaml_get(n, "fields"))) {
                r = load_fixed(l, x, little, reader);
                LOAD_MERGE(r, result);
        }
        if ((x = yaml_get(n, "records"))) {
                r = load_records(l, x, little, &reader->records);
                LOAD_MERGE(r, result);
        }
        l->names.bytes = l->byte_names;
        m->bytes = reader;
        return result;
}
