#include "replies.h"

#include <uthash.h>

struct reply {
        UT_hash_handle hh;
        struct ww_str id, body; /* both in `bytes`; the id is that of key_of() */
        char bytes[];
};

struct replies {
        struct reply *by_id; /* uthash keeps the order of insertion: the first is the oldest */
};

int replies_new(struct replies **ret) {
        struct replies *r = calloc(1, sizeof *r);

        if (!r)
                return -ENOMEM;
        *ret = r;
        return 0;
}

static void replies_drop(struct replies *r, struct reply *reply) {
        HASH_DEL(r->by_id, reply);
        free(reply);
}

struct replies *replies_free(struct replies *r) {
        if (!r)
                return NULL;
        while (r->by_id)
                replies_drop(r, r->by_id);
        free(r);
        return NULL;
}

static struct reply *replies_get(const struct replies *r, struct ww_str id) {
        struct reply *reply;

        HASH_FIND(hh, r->by_id, id.p, id.n, reply);
        return reply;
}

/* No name holds a NUL: where it ends is certain. */
static struct ww_str key_of(struct ww_str actor, struct ww_str id, struct buf *out) {
        buf_put(out, actor.p, actor.n);
        buf_put_u8(out, 0);
        buf_put(out, id.p, id.n);
        return out->error ? WW_STR_NONE : buf_str(out);
}

struct ww_str replies_find(const struct replies *r, struct ww_str actor, struct ww_str id) {
        _cleanup_buf_ struct buf key = BUF_INIT;
        const struct reply *reply = id.n ? replies_get(r, key_of(actor, id, &key)) : NULL;

        return reply ? reply->body : WW_STR_NONE;
}

size_t replies_count(const struct replies *r) {
        return HASH_COUNT(r->by_id);
}

static int put(struct replies *r, struct ww_str id, struct ww_str body) {
        struct reply *reply;

        if (replies_get(r, id))
                return 0;
        reply = malloc(sizeof *reply + id.n + body.n);
        if (!reply)
                return -ENOMEM;
        reply->id = (struct ww_str){ reply->bytes, id.n };
        reply->body = (struct ww_str){ reply->bytes + id.n, body.n };
        memcpy(reply->bytes, id.p, id.n);
        if (body.n)
                memcpy(reply->bytes + id.n, body.p, body.n);
        HASH_ADD_KEYPTR(hh, r->by_id, reply->id.p, reply->id.n, reply);
        if (HASH_COUNT(r->by_id) > REPLIES_MAX)
                replies_drop(r, r->by_id);
        return 0;
}

int replies_put(struct replies *r, struct ww_str actor, struct ww_str id, struct ww_str body) {
        _cleanup_buf_ struct buf key = BUF_INIT;
        struct ww_str bytes = key_of(actor, id, &key);

        if (key.error)
                return key.error;
        return id.n ? put(r, bytes, body) : 0;
}

int replies_save(const struct replies *r, struct buf *out) {
        buf_put_var(out, HASH_COUNT(r->by_id));
        for (const struct reply *reply = r->by_id; reply; reply = reply->hh.next) {
                buf_put_str(out, reply->id);
                buf_put_str(out, reply->body);
        }
        return out->error;
}

int replies_load(struct replies *r, struct rd *in) {
        uint64_t n = rd_var(in);
        int result = 0;

        for (uint64_t i = 0; i < n && !in->failed && !result; i++) {
                struct ww_str id = rd_str(in), body = rd_str(in);

                result = in->failed ? 0 : put(r, id, body);
        }
        return in->failed ? -EBADMSG : result;
}
