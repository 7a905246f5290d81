/*
 * The console as browsers and strangers reach it: hostile bytes over a connection to its server, through framing, path,
 * query, cookie, role, origin and body, to the routes. $TOKEN and $CSRF in the input are those of an operator with
 * every role who is logged in, so that what lies behind the door is reached. There is no engine and no database behind
 * it.
 */
#include "console/console_internal.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static struct console console;
static struct config config;
static char token[SESSION_TOKEN_SIZE], csrf[SESSION_CSRF_SIZE];
static struct sockaddr_in server = { .sin_family = AF_INET };

static void must(bool condition) {
        if (!condition)
                abort();
}

static void on_line(void *userdata, const json_t *line) {
        (void)line;
        (void)userdata;
}

static void on_past(void *userdata, const json_t *lines) {
        (void)lines;
        (void)userdata;
}

static void on_nothing(void *userdata) {
        (void)userdata;
}

static const char *on_at(void *userdata) {
        (void)userdata;
        return "";
}

static void on_changed(void *userdata, struct session *s, bool ended, const char *why) {
        (void)why;
        (void)ended;
        (void)s;
        (void)userdata;
}

static void set_operator(void) {
        json_t *line = json_pack("{s:{s:s, s:i, s:s, s:s, s:{s:s, s:[s,s,s,s,s,s]}}}", "live_change", "subject",
                                 "operator", "id", 1, "at", "1.0", "what", "added", "body", "name", "ann", "roles",
                                 "operator", "supervisor", "maintenance", "auditor", "integrator", "administrator");

        must(line && live_take(console.live, line));
        json_decref(line);
        line = json_pack("{s:s}", "live_end", "1.0");
        must(live_take(console.live, line));
        json_decref(line);
        must(console_roles(&console, "ann") != 0);
}

static void set_up(void) {
        static const struct engine_handlers engine = { NULL, on_line, on_nothing, on_at, on_past, on_nothing };
        static char listen[32], folder[64];
        struct sessions_options sessions = { -1, WW_DAY, WW_DAY, NULL, on_changed };
        struct http_options http = { .tls_cert = "",
                                     .tls_key = "",
                                     .connections = 100,
                                     .connections_per_address = 100,
                                     .userdata = &console,
                                     .request = api_begin };
        socklen_t size = sizeof server;

        (void)signal(SIGPIPE, SIG_IGN);
        server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        http.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        must(http.fd >= 0 && bind(http.fd, (struct sockaddr *)&server, sizeof server) == 0);
        must(getsockname(http.fd, (struct sockaddr *)&server, &size) == 0);
        (void)snprintf(listen, sizeof listen, "127.0.0.1:%d", ntohs(server.sin_port));
        (void)snprintf(folder, sizeof folder, "/dev/shm/ww-fuzz-http-XXXXXX");
        must(sodium_init() >= 0 && mkdtemp(folder) != NULL);
        sessions.dir_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        config.console.listen = listen;
        config.console.database = config.console.pages = config.console.tls_cert = config.site.name = "";
        console.config = &config;
        console.base = event_base_new();
        must(console.base && sessions_new(&console.sessions, &sessions, clock_wall()) == 0 &&
             live_new(&console.live) == 0);
        must(auth_link_new(&console.auth, console.base, "/nonexistent/auth.sock") == 0);
        must(engine_link_new(&console.engine, console.base, "/nonexistent/wardwatch.sock", &engine) == 0);
        must(pages_new(&console.pages, folder) == 0 && http_new(&console.http, console.base, &http) == 0);
        must(sessions_begin(console.sessions, SESSION_PERSON, "ann", "127.0.0.1", clock_wall(), token) != NULL);
        sessions_csrf(token, csrf);
        set_operator();
        (void)rmdir(folder);
}

/* $TOKEN and $CSRF by what they stand for. */
static void fill(struct buf *out, struct ww_str in) {
        for (size_t i = 0; i < in.n; i++) {
                if (in.n - i >= 6 && memcmp(in.p + i, "$TOKEN", 6) == 0) {
                        buf_puts(out, token);
                        i += 5;
                } else if (in.n - i >= 5 && memcmp(in.p + i, "$CSRF", 5) == 0) {
                        buf_puts(out, csrf);
                        i += 4;
                } else if (in.n - i >= 5 && memcmp(in.p + i, "$HOST", 5) == 0) {
                        buf_puts(out, config.console.listen);
                        i += 4;
                } else {
                        buf_put(out, in.p + i, 1);
                }
        }
}

/* Until the server has nothing more to say, or to read. */
static void hear(int fd) {
        char bytes[4096];

        for (int i = 0; i < 8; i++) {
                (void)event_base_loop(console.base, EVLOOP_NONBLOCK);
                while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
                        i = 0;
        }
}

/* Of some it sees the end only at their deadline; it takes no further one while there are too many of them. */
static void forget(void) {
        struct http_figures f = { .connections = 1 };

        for (int i = 0; (i < 50 && f.connections) || f.connections > 50; i++) {
                (void)event_base_loop(console.base, f.connections > 50 ? EVLOOP_ONCE : EVLOOP_NONBLOCK);
                http_figures(console.http, &f);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        _cleanup_buf_ struct buf request = BUF_INIT;
        const struct linger cut = { 1, 0 };
        int fd;

        if (!console.base)
                set_up();
        if (n > 100000)
                return 0;
        fill(&request, (struct ww_str){ (const char *)bytes, n });
        fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        must(fd >= 0 && !request.error);
        /* cut off, not closed: a connection that is closed keeps its port from the whole machine for a minute */
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &cut, sizeof cut);
        must(connect(fd, (struct sockaddr *)&server, sizeof server) == 0);
        (void)send(fd, request.p, request.n, MSG_DONTWAIT | MSG_NOSIGNAL);
        hear(fd);
        (void)close(fd);
        forget();
        return 0;
}
