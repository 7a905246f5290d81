#include "store/outbox.h"

#include <stdio.h>
#include <string.h>

static struct outbox_notice *notice_find(struct outbox *o, const char *id) {
        for (size_t i = 0; i < o->n; i++) {
                if (strcmp(o->notices[i].id, id) == 0)
                        return &o->notices[i];
        }
        return NULL;
}

/* What a database said may be cut in the midst of a character, and would be no text that can be sent. */
static void put_text(char *to, size_t size, const char *text) {
        (void)snprintf(to, size, "%s", text);
        for (; *to; to++) {
                if (*to < ' ' || *to > '~')
                        *to = '?';
        }
}

void outbox_put(struct outbox *o, const char *id, const char *name, const char *subject, const char *text) {
        struct outbox_notice notice = { .name = name };

        put_text(notice.id, sizeof notice.id, id);
        put_text(notice.subject, sizeof notice.subject, subject);
        put_text(notice.text, sizeof notice.text, text);
        (void)pthread_mutex_lock(&o->lock);
        if (o->n == OUTBOX_MAX)
                o->dropped++;
        else if (!notice_find(o, notice.id))
                o->notices[o->n++] = notice;
        (void)pthread_mutex_unlock(&o->lock);
}

bool outbox_next(struct outbox *o, int64_t before, int64_t now, struct outbox_notice *ret) {
        struct outbox_notice *first = o->notices;
        bool due;

        (void)pthread_mutex_lock(&o->lock);
        due = o->n > 0 && (first->sent_at == 0 || first->sent_at <= before);
        if (due) {
                first->sent_at = now;
                *ret = *first;
        }
        (void)pthread_mutex_unlock(&o->lock);
        return due;
}

bool outbox_answered(struct outbox *o, const char *id) {
        struct outbox_notice *notice;

        (void)pthread_mutex_lock(&o->lock);
        notice = notice_find(o, id);
        if (notice) {
                memmove(notice, notice + 1, (size_t)(&o->notices[o->n] - (notice + 1)) * sizeof *notice);
                o->n--;
        }
        (void)pthread_mutex_unlock(&o->lock);
        return notice;
}

void outbox_rewind(struct outbox *o) {
        (void)pthread_mutex_lock(&o->lock);
        for (size_t i = 0; i < o->n; i++)
                o->notices[i].sent_at = 0;
        (void)pthread_mutex_unlock(&o->lock);
}

size_t outbox_waiting(struct outbox *o, uint64_t *ret_dropped) {
        size_t n;

        (void)pthread_mutex_lock(&o->lock);
        n = o->n;
        *ret_dropped = o->dropped;
        (void)pthread_mutex_unlock(&o->lock);
        return n;
}
