#include "decode/valuemap.h"

const char valuemap_true_words[] = "true on yes 1 active alarm detected triggered open opened";
const char valuemap_false_words[] = "false off no 0 normal inactive ok clear cleared close closed";

static char fold(char c) {
        return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

bool valuemap_text_is(struct ww_str text, struct ww_str folded) {
        if (text.n != folded.n)
                return false;
        for (size_t i = 0; i < text.n; i++)
                if (fold(text.p[i]) != folded.p[i])
                        return false;
        return true;
}

int valuemap_row_key(struct arena *arena, struct ww_str key, struct valuemap_row *row) {
        struct ww_str copy = arena_copy(arena, ww_str_is(key, "\"\"") ? WW_STR("") : key);

        if (!copy.p)
                return -ENOMEM;
        for (size_t i = 0; i < copy.n; i++)
                ((char *)(uintptr_t)copy.p)[i] = fold(copy.p[i]);
        row->text = copy;
        row->numeric = document_number(copy, &row->number);
        return 0;
}

/* The text by which a value is looked up. */
static struct ww_str word_of(const struct ww_value *v) {
        switch (v->type) {
        case WW_NULL:
                return WW_STR("null");
        case WW_BOOL:
                return v->boolean ? WW_STR("true") : WW_STR("false");
        case WW_STRING:
                return v->string;
        case WW_NUMBER:
        case WW_MISSING:
        case WW_TIME:
        case WW_SPAN:
                break;
        }
        return WW_STR_NONE;
}

static bool row_matches(const struct valuemap_row *row, const struct ww_value *v, struct ww_str word) {
        if (v->type == WW_NUMBER)
                return row->numeric && row->number == v->number;
        return valuemap_text_is(word, row->text);
}

const struct valuemap_row *valuemap_find(const struct valuemap *m, const struct ww_value *v) {
        struct ww_str word = word_of(v);

        for (size_t i = 0; i < m->n; i++)
                if (row_matches(&m->rows[i], v, word))
                        return &m->rows[i];
        return m->other;
}

static bool word_in(const char *words, struct ww_str text) {
        while (*words) {
                size_t n = strcspn(words, " ");

                if (valuemap_text_is(text, (struct ww_str){ words, n }))
                        return true;
                words += n + (words[n] == ' ');
        }
        return false;
}

static bool word_boolean(struct ww_str word, bool *ret) {
        if (word.n == 0)
                return false;
        *ret = word_in(valuemap_true_words, word);
        return *ret || word_in(valuemap_false_words, word);
}

bool valuemap_boolean(const struct ww_value *v, bool *ret) {
        switch (v->type) {
        case WW_BOOL:
                *ret = v->boolean;
                return true;
        case WW_NUMBER:
                *ret = v->number != 0;
                return v->number == 0 || v->number == 1;
        case WW_STRING:
                return word_boolean(v->string, ret);
        case WW_MISSING:
        case WW_NULL:
        case WW_TIME:
        case WW_SPAN:
                break;
        }
        return false;
}
