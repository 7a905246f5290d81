/*
 * The command socket: RUN_DIR/wardwatch.sock, one JSON object per line each way (base/jsonline.h): its clients, and
 * what they are told after a commit. What they say is read in engine_verbs.c, what followers are told in
 * engine_follow.c.
 *
 * Who speaks is told by the kernel (engine_peer.c), and is an actor by the name of "unix:USER". root and the daemon's
 * own user may do everything; members of command.group are operators; a worker's user may report what is that worker's.
 * An operator of that very name ("unix:alice") may besides what the operator's roles say. Anybody may open the socket,
 * which two groups (operators and the store's) could not share otherwise; who is none of these is closed before a byte
 * of theirs is read.
 */
#include "engine_feed.h"

#include "base/log.h"

#include <event2/listener.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* --- clients come and go --- */

static void client_closed(void *userdata, struct jsonline *line, const char *why) {
        struct engine_client *c = userdata;
        struct engine_feed *feed = c->engine->feed;
        struct engine_client **at = &feed->clients;

        while (*at != c)
                at = &(*at)->next;
        *at = c->next;
        feed->n--;
        if (c->follow != FOLLOW_NOT)
                feed->n_followers--;
        jsonline_free(c->line);
        json_decref(c->figures);
        free(c);
}

static void client_drained(void *userdata, struct jsonline *line) {
        struct engine_client *c = userdata;

        engine_follow_drained(c);
        engine_follow_heads(c->engine->feed);
}

/* Somebody we know, for whom there is a place? */
static bool client_let_in(struct engine_client *c, int fd) {
        struct engine_peer *peer = &c->peer;

        return engine_peer_identify(c->engine->feed, fd, peer) &&
               (peer->roles || peer->reporters || engine_verbs_roles(c->engine, peer->name)) &&
               engine_peer_place(c->engine->feed, peer);
}

static void feed_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int length,
                        void *userdata) {
        const struct jsonline_handlers handlers = { NULL, engine_verbs_line, client_closed, client_drained };
        struct engine_feed *feed = userdata;
        struct jsonline_handlers own = handlers;
        struct engine_client *c = calloc(1, sizeof *c);

        if (!c) {
                feed->refused++;
                free(c);
                (void)close(fd);
                return;
        }
        c->engine = feed->engine;
        c->number = ++feed->next_number;
        own.userdata = c;
        if (!client_let_in(c, fd) ||
            jsonline_new(&c->line, feed->engine->base, fd, (size_t)feed->engine->config->command.queue_max, &own)) {
                feed->refused++;
                free(c);
                (void)close(fd);
                return;
        }
        c->next = feed->clients;
        feed->clients = c;
        feed->n++;
        feed->accepted++;
}

/* --- life --- */

static int feed_listen(struct engine_feed *feed) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        if (strlen(feed->path) >= sizeof address.sun_path)
                return -ENAMETOOLONG;
        memcpy(address.sun_path, feed->path, strlen(feed->path) + 1);
        (void)unlink(feed->path); /* the journal's lock says that nobody else listens here */
        feed->listener = evconnlistener_new_bind(feed->engine->base, feed_accept, feed,
                                                 LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 64,
                                                 (struct sockaddr *)&address, sizeof address);
        if (!feed->listener)
                return -errno;
        return chmod(feed->path, 0666) < 0 ? -errno : 0;
}

int engine_feed_new(struct engine *e) {
        struct engine_feed *feed = calloc(1, sizeof *feed);
        int r;

        if (!feed)
                return -ENOMEM;
        e->feed = feed;
        feed->engine = e;
        engine_peers_init(&feed->peers, e->config);
        if (asprintf(&feed->path, "%s/wardwatch.sock", e->config->state.run_dir) < 0)
                return -ENOMEM;
        r = feed_listen(feed);
        if (r)
                log_error("command-socket", feed->path, "cannot listen: %s", strerror(-r));
        return r;
}

void engine_feed_free(struct engine *e) {
        struct engine_feed *feed = e->feed;

        if (!feed)
                return;
        while (feed->clients)
                client_closed(feed->clients, feed->clients->line, NULL);
        if (feed->listener)
                evconnlistener_free(feed->listener);
        free(feed->path);
        free(feed);
        e->feed = NULL;
}

/* --- after the commit --- */

static struct engine_client *feed_client(struct engine_feed *feed, uint64_t number) {
        struct engine_client *c = feed->clients;

        while (c && c->number != number)
                c = c->next;
        return c;
}

static void feed_replies(struct engine_feed *feed) {
        struct engine *e = feed->engine;

        for (size_t i = 0; i < e->n_commands; i++) {
                struct engine_command *command = &e->commands[i];
                struct engine_client *c = feed_client(feed, command->client);

                engine_peer_wrote(feed, command);
                if (c) {
                        c->pending--;
                        if (command->reply && jsonline_send_text(c->line, command->reply, strlen(command->reply)))
                                feed->lost++;
                }
                free(command->id);
                free(command->actor);
                free(command->body);
                free(command->reply);
        }
        e->n_commands = 0;
}

void engine_feed_committed(struct engine *e) {
        feed_replies(e->feed);
        engine_follow_lines(e->feed);
        engine_follow_heads(e->feed);
}

bool engine_feed_ask_last(const struct engine *e) {
        char text[64];
        int n = snprintf(text, sizeof text, "{\"last\":%" PRIu64 "}", e->committed);

        for (struct engine_client *c = e->feed->clients; c; c = c->next) {
                if (strcmp(c->reader, "store") == 0 && json_is_true(json_object_get(c->figures, "connected")) &&
                    jsonline_send_text(c->line, text, (size_t)n) == 0)
                        return true;
        }
        return false;
}

bool engine_feed_wants_lines(const struct engine *e) {
        return e->feed && e->feed->n_followers > 0;
}

void engine_feed_metrics(const struct engine *e, struct metrics *m) {
        const struct engine_feed *feed = e->feed;
        size_t fullest = 0;

        for (const struct engine_client *c = feed->clients; c; c = c->next)
                if (jsonline_queued(c->line) > fullest)
                        fullest = jsonline_queued(c->line);
        metrics_put_bytes(m, "feed", fullest, (size_t)e->config->command.queue_max, feed->resets + feed->lost);
        metrics_put_queue(m, "commands", e->n_commands, ENGINE_PENDING_MAX, feed->put_off[ENGINE_PUT_OFF_BUSY]);
        metrics_put(m, METRICS_FEED_CLIENTS, (double)feed->n);
        metrics_put(m, METRICS_FEED_CLIENTS_LIMIT, (double)e->config->command.clients_max);
        metrics_put(m, METRICS_FEED_FOLLOWERS, (double)feed->n_followers);
        metrics_put(m, METRICS_FEED_ACCEPTED, (double)feed->accepted);
        metrics_put(m, METRICS_FEED_REFUSED, (double)feed->refused);
        metrics_put(m, METRICS_FEED_RESETS, (double)feed->resets);
        engine_verbs_metrics(feed, m);
}

json_t *engine_feed_readers(const struct engine *e) {
        json_t *readers = json_object();

        for (const struct engine_client *c = e->feed->clients; c; c = c->next) {
                if (c->reader[0])
                        json_object_set_new(readers, c->reader,
                                            c->figures ? json_deep_copy(c->figures) : json_object());
        }
        return readers;
}
