/*
 * One check at a time, whoever asks. A hash takes a tenth of a second and 64 MiB, in a thread of low priority
 * (hashing.c): a flood of log-ins costs those who log in, and no alarm. The loop is not slowed down by it: on a machine
 * that is so busy that a hash takes long, log-ins come late, and do not fail.
 *
 * What passwords were in memory is wiped: jansson's allocator here clears what it frees, requests are cleared when they
 * are answered, and the process leaves no core.
 */
#include "auth/auth_internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/peer.h"

#include <event2/listener.h>
#include <fcntl.h>
#include <malloc.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <wardwatch/time.h>

#define QUEUE_MAX ((size_t)1024 * 1024)

/* --- answers --- */

void auth_send(struct auth_client *c, json_t *answer) {
        if (answer)
                (void)jsonline_send(c->line, answer); /* who does not read his answers loses them */
        json_decref(answer);
}

void auth_refuse(struct auth_client *c, const json_t *request, const char *name, const char *text, const char *cure) {
        const char *id = json_string_value(json_object_get(request, "id"));

        auth_send(c, json_pack("{s:s, s:b, s:{s:s, s:s, s:s}}", "id", id ? id : "", "ok", 0, "error", "name", name,
                               "text", text, "cure", cure));
}

const char *auth_text(struct auth_client *c, const json_t *request, const char *name, size_t max) {
        const json_t *value = json_object_get(request, name);
        char text[100];

        if (json_string_length(value) > 0 && json_string_length(value) <= max)
                return json_string_value(value);
        (void)snprintf(text, sizeof text, "`%s` must be a text of 1 to %zu bytes", name, max);
        auth_refuse(c, request, "malformed", text, "see `wardwatch help user`");
        return NULL;
}

bool auth_name_good(const char *name) {
        static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

        return *name && strlen(name) <= AUTH_NAME_MAX && strspn(name, letters) == strlen(name);
}

/* --- clients --- */

struct auth_client *auth_client_find(struct auth *a, uint64_t number) {
        struct auth_client *c = a->clients;

        while (c && c->number != number)
                c = c->next;
        return c;
}

/* What the console may ask. */
static const struct {
        const char *name;
        void (*run)(struct auth_client *c, const json_t *request);
} questions[] = {
        { "check", auth_check_ask },
        { "own", auth_check_ask },
        { "factor", auth_check_ask },
        { "factor-off", auth_check_ask },
        { "confirm", auth_factor_confirm },
        { "check-key", auth_key_check },
        { "who", auth_who },
};

static void client_line(void *userdata, struct jsonline *line, json_t *request) {
        struct auth_client *c = userdata;
        const char *cmd = json_string_value(json_object_get(request, "cmd"));

        for (size_t i = 0; cmd && i < sizeof questions / sizeof *questions; i++)
                if (strcmp(cmd, questions[i].name) == 0) {
                        questions[i].run(c, request);
                        return;
                }
        if (!cmd || !c->manages)
                auth_refuse(c, request, "role", "you may only have passwords checked, and people change their own",
                            "ask an administrator");
        else if (!auth_manage(c, cmd, request))
                auth_refuse(c, request, "unknown-command", "no such command", "see `wardwatch help user`");
}

static void client_closed(void *userdata, struct jsonline *line, const char *why) {
        struct auth_client *c = userdata;
        struct auth_client **at = &c->auth->clients;

        while (*at != c)
                at = &(*at)->next;
        *at = c->next;
        c->auth->n_clients--;
        jsonline_free(c->line);
        free(c);
}

/* Who is it? False: somebody who has no business here. */
static bool client_identify(struct auth_client *c, int fd) {
        const char *console = c->auth->config->users.console;
        struct peer peer;

        if (!peer_of(fd, &peer))
                return false;
        (void)snprintf(c->actor, sizeof c->actor, "%s", peer.name);
        c->manages = peer.uid == 0 || peer.uid == geteuid();
        return c->manages || (peer.user && *console && strcmp(peer.user, console) == 0);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int length,
                      void *userdata) {
        struct auth *a = userdata;
        struct auth_client *c = a->n_clients < AUTH_CLIENTS_MAX ? calloc(1, sizeof *c) : NULL;
        const struct jsonline_handlers handlers = { c, client_line, client_closed, NULL };

        if (c) {
                c->auth = a;
                c->number = ++a->next_number;
        }
        if (!c || !client_identify(c, fd) || jsonline_new(&c->line, a->base, fd, QUEUE_MAX, &handlers)) {
                free(c);
                (void)close(fd);
                return;
        }
        c->next = a->clients;
        a->clients = c;
        a->n_clients++;
}

static int listen_at(struct auth *a) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int n = snprintf(address.sun_path, sizeof address.sun_path, "%s/" AUTH_DIR "/" AUTH_SOCKET,
                         a->config->state.run_dir);

        if ((size_t)n >= sizeof address.sun_path)
                return -ENAMETOOLONG;
        (void)unlink(address.sun_path); /* the lock says that nobody else listens here */
        a->listener = evconnlistener_new_bind(a->base, on_accept, a, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 16,
                                              (struct sockaddr *)&address, sizeof address);
        if (!a->listener)
                return -errno;
        /* the folder is open to the console's group alone */
        return chmod(address.sun_path, 0666) < 0 ? -errno : 0;
}

/* --- life --- */

static void on_turn(evutil_socket_t fd, short what, void *userdata) {
        auth_check_turn(userdata);
}

static void on_second(evutil_socket_t fd, short what, void *userdata) {
        struct auth *a = userdata;

        auth_tell(a);
        worker_status(a->worker, "%zu users, %llu let in, %llu refused, %zu wait", vault_count(a->vault),
                      (unsigned long long)a->yes, (unsigned long long)a->no, a->n_waiting);
}

static void on_collect(void *userdata, struct metrics *m) {
        const struct auth *a = userdata;

        metrics_put(m, METRICS_AUTH_USERS, (double)vault_count(a->vault));
        metrics_put(m, METRICS_AUTH_USERS_LIMIT, VAULT_USERS_MAX);
        metrics_put_of(m, METRICS_AUTH_CHECKS, ww_str("yes"), (double)a->yes);
        metrics_put_of(m, METRICS_AUTH_CHECKS, ww_str("no"), (double)a->no);
        metrics_put_of(m, METRICS_AUTH_CHECKS, ww_str("totp"), (double)a->totp);
        metrics_put(m, METRICS_AUTH_THROTTLED, (double)a->throttled);
        metrics_put(m, METRICS_AUTH_BUSY, (double)a->busy);
        metrics_put(m, METRICS_AUTH_WAITING, (double)a->n_waiting);
        metrics_put(m, METRICS_AUTH_WAITING_LIMIT, AUTH_WAITING_MAX);
        metrics_put(m, METRICS_AUTH_KEYS, (double)throttle_keys(a->throttle));
        metrics_put(m, METRICS_AUTH_KEYS_LIMIT, THROTTLE_ENTRIES);
        metrics_put(m, METRICS_AUTH_CONNECTIONS, (double)a->n_clients);
        worker_metrics(a->worker, m);
}

static void on_stop(void *userdata) {
        struct auth *a = userdata;

        event_base_loopbreak(a->base);
}

/* Of a password that nobody knows, with the limits of all others. */
static int make_dummy(struct auth *a) {
        char password[33];

        for (size_t i = 0; i < 32; i++)
                password[i] = (char)('a' + randombytes_uniform(26));
        password[32] = 0;
        return vault_hash(password, a->dummy);
}

static int setup(struct auth *a, int control_fd, int dir_fd) {
        const struct worker_handlers handlers = { .userdata = a, .stop = on_stop };
        const struct metrics_http_options metrics = {
                .key = "metrics.auth", .port = a->config->metrics.auth, .userdata = a, .collect = on_collect
        };
        const struct timeval second = { .tv_sec = 1 };
        int e;

        a->base = event_base_new();
        if (!a->base)
                return -ENOMEM;
        e = worker_new(&a->worker, a->base, control_fd, &handlers);
        if (!e)
                e = make_dummy(a);
        if (!e)
                e = hashing_new(&a->hashing, a->base, auth_check_hashed, a);
        if (!e)
                e = throttle_new(&a->throttle);
        if (!e)
                e = vault_open(&a->vault, dir_fd);
        if (!e)
                e = listen_at(a);
        if (!e)
                e = metrics_http_new(&a->metrics, a->base, &metrics);
        if (e)
                return e;
        a->turn = event_new(a->base, -1, 0, on_turn, a);
        a->second = event_new(a->base, -1, EV_PERSIST, on_second, a);
        return a->turn && a->second && event_add(a->second, &second) == 0 ? 0 : -ENOMEM;
}

static void teardown(struct auth *a) {
        a->hashing = hashing_free(a->hashing);
        auth_check_drop(a);
        while (a->clients)
                client_closed(a->clients, a->clients->line, NULL);
        jsonline_free(a->engine);
        metrics_http_free(a->metrics);
        if (a->listener)
                evconnlistener_free(a->listener);
        if (a->turn)
                event_free(a->turn);
        if (a->second)
                event_free(a->second);
        sodium_memzero(a->factors, sizeof a->factors);
        throttle_free(a->throttle);
        vault_free(a->vault);
        worker_free(a->worker);
        if (a->base)
                event_base_free(a->base);
}

static void wipe_and_free(void *p) {
        if (p)
                sodium_memzero(p, malloc_usable_size(p));
        free(p);
}

int auth_dir_open(const struct config *config) {
        char path[4096];
        int fd;

        (void)snprintf(path, sizeof path, "%s/" AUTH_DIR, config->state.dir);
        fd = worker_open_folder(config->users.auth, path);
        if (fd < 0) {
                log_error("auth-file", path, "cannot be opened: %s; `wardwatch run` makes it", strerror(-fd));
                return fd;
        }
        if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
                log_error("auth-file", path, "another `wardwatch auth` works on it");
                (void)close(fd);
                return -EBUSY;
        }
        return fd;
}

int auth_main(const struct config *config, int control_fd, int dir_fd) {
        struct auth a = { .config = config };
        int e;

        json_set_alloc_funcs(malloc, wipe_and_free);
        (void)prctl(PR_SET_DUMPABLE, 0);
        e = sodium_init() < 0 ? -EIO : setup(&a, control_fd, dir_fd);
        if (e) {
                log_error("auth-start", NULL, "%s",
                          e == -EBADMSG ? "the file of credentials cannot be read: put back a copy, or remove it and "
                                          "give new passwords"
                                        : strerror(-e));
        } else {
                worker_ready(a.worker);
                (void)event_base_dispatch(a.base);
        }
        teardown(&a);
        (void)close(dir_fd);
        return e ? EXIT_FAILURE : EXIT_SUCCESS;
}
