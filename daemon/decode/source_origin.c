/* Where a value comes from, in words: what source.c does in silence. It reads the same message once more. */
#include "decode/decode.h"
#include "decode/source.h"

#include "base/buf.h"

#include <inttypes.h>

#define SHOWN_MAX 200 /* bytes of what stood there */

static struct ww_str kept(struct source_context *x, const struct buf *text) {
        return text->error ? WW_STR_NONE : arena_copy(x->arena, buf_str(text));
}

struct ww_str source_path_shown(const struct path *p, struct source_context *x) {
        struct ww_value v;
        struct ww_str text;

        if (!source_path_present(p, x))
                return WW_STR_NONE;
        source_path_value(p, x, &v);
        if (v.type == WW_NULL)
                return WW_STR("null");
        text = source_path_text(p, x);
        if (!text.p)
                return WW_STR("{…}");
        text = document_cut(text, SHOWN_MAX);
        if (v.type != WW_STRING)
                return text;
        text = ww_str(arena_printf(x->arena, "\"%.*s\"", WW_STR_ARG(text)));
        return text;
}

static const struct path *first_present(const struct source *s, struct source_context *x) {
        for (size_t i = 0; i < s->n_paths; i++)
                if (source_path_present(&s->paths[i], x))
                        return &s->paths[i];
        return NULL;
}

/* what was looked for and is not there: `a` or `b` */
static struct ww_str written(const struct source *s, struct source_context *x) {
        _cleanup_buf_ struct buf text = BUF_INIT;

        for (size_t i = 0; i < s->n_paths; i++)
                buf_printf(&text, "%s%.*s", i ? " or " : "", WW_STR_ARG(s->paths[i].written));
        for (size_t i = 0; i < s->n_pieces; i++) {
                buf_put(&text, s->pieces[i].text.p, s->pieces[i].text.n);
                if (s->pieces[i].path)
                        buf_printf(&text, "{%.*s}", WW_STR_ARG(s->pieces[i].path->written));
        }
        return kept(x, &text);
}

static struct ww_str value_shown(struct source_context *x, const struct ww_value *v) {
        switch (v->type) {
        case WW_NUMBER:
                return ww_str(arena_printf(x->arena, "%.15g", v->number));
        case WW_STRING:
                return document_cut(v->string, SHOWN_MAX);
        case WW_BOOL:
                return v->boolean ? WW_STR("true") : WW_STR("false");
        case WW_NULL:
                return WW_STR("null");
        case WW_MISSING:
        case WW_TIME:
        case WW_SPAN:
                break;
        }
        return WW_STR_NONE;
}

/* ---- what is done with it ---- */

static void put_step(struct buf *out, const char *step) {
        buf_printf(out, "%s%s", out->n ? ", " : "", step);
}

static void put_map(const struct source *s, struct source_context *x, const struct path *path, struct buf *out) {
        struct ww_value v = s->constant;
        const struct valuemap_row *row;

        if (path)
                source_path_value(path, x, &v);
        if (s->extract && path && v.type != WW_MISSING)
                (void)extract_value(s->extract, source_path_text(path, x), &v);
        row = v.type == WW_MISSING ? NULL : valuemap_find(s->map, &v);
        put_step(out, !row ? "no row of the map fits" : row == s->map->other ? "map's row \"*\"" : "map");
}

static void put_extract(const struct extract *e, struct buf *out) {
        if (e->pattern)
                put_step(out, "pattern");
        if (e->by.n)
                buf_printf(out, "%spart %d", out->n ? ", " : "", e->part);
        if (e->base)
                buf_printf(out, "%sbase %d", out->n ? ", " : "", e->base);
        if (e->bit >= 0)
                buf_printf(out, "%sbit %d", out->n ? ", " : "", e->bit);
        if (e->mask)
                buf_printf(out, "%smask %#" PRIx64, out->n ? ", " : "", e->mask);
}

static struct ww_str steps(const struct source *s, struct source_context *x, const struct path *path, bool state) {
        _cleanup_buf_ struct buf out = BUF_INIT;

        if (!path && s->n_paths && s->fallback.type != WW_MISSING)
                put_step(&out, "default");
        if (s->extract)
                put_extract(s->extract, &out);
        if (s->map)
                put_map(s, x, path, &out);
        else if (state)
                put_step(&out, "usual words");
        if (s->invert)
                put_step(&out, "invert");
        if (s->as != SOURCE_AS_IS)
                buf_printf(&out, "%sas %s", out.n ? ", " : "", source_as_names[s->as]);
        if (s->as == SOURCE_AS_NUMBER && s->scale != 1)
                buf_printf(&out, "%sscale %.15g", out.n ? ", " : "", s->scale);
        if (s->as == SOURCE_AS_NUMBER && s->offset != 0)
                buf_printf(&out, "%soffset %.15g", out.n ? ", " : "", s->offset);
        if (s->asset_field.p)
                buf_printf(&out, "%sfield `%.*s` of the asset", out.n ? ", " : "", WW_STR_ARG(s->asset_field));
        return kept(x, &out);
}

static struct ww_str state_result(const struct source *s, struct source_context *x) {
        int state = source_state(s, x);

        return state == VALUEMAP_IGNORE ? WW_STR_NONE : ww_str(ww_state_name((enum ww_state)state));
}

static struct ww_str value_result(const struct source *s, struct source_context *x) {
        struct ww_value v;

        return source_read(s, x, &v) ? value_shown(x, &v) : WW_STR_NONE;
}

void source_origin(const struct source *s, struct source_context *x, bool state, struct decode_origin *ret) {
        const struct path *path = first_present(s, x);

        ret->path = path ? path->written : written(s, x);
        ret->how = steps(s, x, path, state);
        ret->result = state ? state_result(s, x) : value_result(s, x);
        ret->found = path ? source_path_shown(path, x) : s->n_pieces ? ret->result : WW_STR_NONE;
}
