/*
 * That credentials changed is journaled, never what they are: a notice to the engine. It waits in the file of the
 * credentials, written with the change itself, until the engine has it; its id makes a repeat harmless.
 */
#include "auth/auth_internal.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdio.h>
#include <wardwatch/time.h>

#define QUEUE_MAX    ((size_t)64 * 1024)
#define REPEAT_AFTER (5 * WW_SECOND)

static void on_line(void *userdata, struct jsonline *line, json_t *object) {
        struct auth *a = userdata;
        const char *id = json_string_value(json_object_get(object, "id"));
        struct vault_untold untold;

        if (!id || !vault_untold(a->vault, &untold) || strcmp(id, untold.id) != 0)
                return;
        if (!json_is_true(json_object_get(object, "ok"))) {
                log_warning("notice-refused", id, "it is said again");
                return;
        }
        a->told_at = 0;
        if (vault_told(a->vault, id) == 0)
                auth_tell(a);
}

static void on_closed(void *userdata, struct jsonline *line, const char *why) {
        struct auth *a = userdata;

        a->engine = jsonline_free(line);
        a->told_at = 0;
}

static void connect_engine(struct auth *a) {
        const struct jsonline_handlers handlers = { .userdata = a, .line = on_line, .closed = on_closed };
        char path[4096];
        int fd;

        (void)snprintf(path, sizeof path, "%s/wardwatch.sock", a->config->state.run_dir);
        fd = jsonline_connect(path);
        if (fd >= 0 && jsonline_new(&a->engine, a->base, fd, QUEUE_MAX, &handlers) != 0)
                a->engine = NULL;
}

void auth_tell(struct auth *a) {
        int64_t now = clock_boot();
        struct vault_untold untold;
        json_t *notice;

        if (!vault_untold(a->vault, &untold)) {
                a->engine = jsonline_free(a->engine); /* nothing to say for a long time */
                return;
        }
        if (!a->engine)
                connect_engine(a);
        if (!a->engine || (a->told_at && now - a->told_at < REPEAT_AFTER))
                return;
        notice = json_pack("{s:s, s:s, s:s, s:s, s:s}", "cmd", "notice", "id", untold.id, "name", "credentials-changed",
                           "subject", untold.name, "text", untold.text);
        if (notice && jsonline_send(a->engine, notice) == 0)
                a->told_at = now;
        json_decref(notice);
}
