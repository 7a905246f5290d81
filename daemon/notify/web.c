#include "notify/web.h"

#include <event2/event.h>
#include <sys/socket.h>
#include <sys/time.h>

#define CONNECT_MAX 3000L /* ms */
#define ANSWER_MAX  256   /* bytes of an answer that are kept */
#define READ_MAX    65536 /* bytes of an answer that are read at all */

struct web {
        CURLM *multi;
        struct event_base *base;
        struct event *timer;
        struct web_transfer *transfers;
};

struct web_transfer {
        struct web *web;
        CURL *easy;
        struct curl_slist *headers;
        struct buf body;
        size_t sent; /* of the body */
        char error[CURL_ERROR_SIZE];
        char answer[ANSWER_MAX];
        char line[ANSWER_MAX];
        size_t n_answer, read;
        void (*ended)(void *userdata, const struct web_result *result);
        void *userdata;
        struct web_transfer *next;
        curl_socket_t socket; /* that libcurl waits for; CURL_SOCKET_BAD = none */
};

/* --- transfers --- */

static void transfer_free(struct web_transfer *t) {
        struct web_transfer **at = &t->web->transfers;

        while (*at != t)
                at = &(*at)->next;
        *at = t->next;
        (void)curl_multi_remove_handle(t->web->multi, t->easy);
        curl_easy_cleanup(t->easy);
        curl_slist_free_all(t->headers);
        buf_deinit(&t->body);
        free(t);
}

static size_t transfer_answer(char *bytes, size_t size, size_t n, void *userdata) {
        struct web_transfer *t = userdata;
        size_t all = size * n, room = sizeof t->answer - 1 - t->n_answer, some = all < room ? all : room;

        memcpy(t->answer + t->n_answer, bytes, some);
        t->n_answer += some;
        t->read += all;
        return t->read > READ_MAX ? 0 : all; /* 0 ends it: whoever sends that much has said all that matters */
}

static size_t transfer_line(char *bytes, size_t size, size_t n, void *userdata) {
        struct web_transfer *t = userdata;

        size_t all = size * n, length = 0;

        while (length < all && length < sizeof t->line - 1 && !strchr("\r\n", bytes[length]))
                length++;
        memcpy(t->line, bytes, length); /* it does not end with a NUL */
        t->line[length] = 0;
        return all;
}

size_t web_read(char *to, size_t size, size_t n, void *stream) {
        struct web_transfer *t = stream;
        size_t left = t->body.n - t->sent, some = size * n < left ? size * n : left;

        memcpy(to, t->body.p + t->sent, some);
        t->sent += some;
        return some;
}

static void transfer_ended(struct web_transfer *t, CURLcode code) {
        struct web_result result = { .code = code };
        void (*ended)(void *, const struct web_result *) = t->ended;
        char answer[sizeof t->error + sizeof t->answer], line[sizeof t->line];
        void *userdata = t->userdata;

        (void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &result.status);
        /* the answer was longer than anybody needs: it was one */
        if (code == CURLE_WRITE_ERROR && t->read > READ_MAX)
                result.code = CURLE_OK;
        t->answer[t->n_answer] = 0;
        (void)snprintf(answer, sizeof answer, "%s",
                       result.code == CURLE_OK ? t->answer
                       : t->error[0]           ? t->error
                                               : curl_easy_strerror(code));
        memcpy(line, t->line, sizeof line);
        result.answer = answer;
        result.line = line;
        transfer_free(t);
        ended(userdata, &result);
}

/* --- the loop --- */

static void web_done(struct web *w) {
        CURLMsg *message;
        int left;

        while ((message = curl_multi_info_read(w->multi, &left))) {
                struct web_transfer *t = NULL;
                CURLcode code = message->data.result;

                if (message->msg != CURLMSG_DONE)
                        continue;
                (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&t);
                transfer_ended(t, code);
        }
}

static void web_act(struct web *w, curl_socket_t fd, int what) {
        int running;

        (void)curl_multi_socket_action(w->multi, fd, what, &running);
        web_done(w);
}

static void on_socket(evutil_socket_t fd, short events, void *userdata) {
        web_act(userdata, fd, (events & EV_READ ? CURL_CSELECT_IN : 0) | (events & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void on_timer(evutil_socket_t fd, short events, void *userdata) {
        (void)fd;
        (void)events;
        web_act(userdata, CURL_SOCKET_TIMEOUT, 0);
}

static void note_socket(CURL *easy, curl_socket_t fd, int what) {
        struct web_transfer *t = NULL;

        (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&t);
        if (t)
                t->socket = what == CURL_POLL_REMOVE ? CURL_SOCKET_BAD : fd;
}

static int want_socket(CURL *easy, curl_socket_t fd, int what, void *userdata, void *socket) {
        struct event *e = socket;
        struct web *w = userdata;

        note_socket(easy, fd, what);
        if (e)
                event_free(e);
        (void)curl_multi_assign(w->multi, fd, NULL);
        if (what == CURL_POLL_REMOVE)
                return 0;
        e = event_new(w->base, fd,
                      (short)((what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0) | EV_PERSIST),
                      on_socket, w);
        if (!e || event_add(e, NULL) != 0) {
                if (e)
                        event_free(e);
                return -1;
        }
        (void)curl_multi_assign(w->multi, fd, e);
        return 0;
}

static int want_timer(CURLM *multi, long ms, void *userdata) {
        const struct timeval t = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
        struct web *w = userdata;

        (void)multi;
        if (ms < 0)
                return event_del(w->timer);
        return event_add(w->timer, &t);
}

/* --- life --- */

int web_new(struct web **ret, struct event_base *base) {
        struct web *w = calloc(1, sizeof *w);

        if (!w)
                return -ENOMEM;
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
                free(w);
                return -ENOMEM;
        }
        w->base = base;
        w->multi = curl_multi_init();
        w->timer = evtimer_new(base, on_timer, w);
        if (!w->multi || !w->timer) {
                (void)web_free(w);
                return -ENOMEM;
        }
        (void)curl_multi_setopt(w->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
        (void)curl_multi_setopt(w->multi, CURLMOPT_SOCKETDATA, w);
        (void)curl_multi_setopt(w->multi, CURLMOPT_TIMERFUNCTION, want_timer);
        (void)curl_multi_setopt(w->multi, CURLMOPT_TIMERDATA, w);
        *ret = w;
        return 0;
}

struct web *web_free(struct web *w) {
        if (!w)
                return NULL;
        while (w->transfers)
                transfer_free(w->transfers);
        if (w->multi)
                (void)curl_multi_cleanup(w->multi);
        if (w->timer)
                event_free(w->timer);
        curl_global_cleanup();
        free(w);
        return NULL;
}

/* --- one of them --- */

CURL *web_easy(const char *protocols, const char *url, const char *ca_file) {
        CURL *easy = curl_easy_init();

        if (!easy)
                return NULL;
        (void)curl_easy_setopt(easy, CURLOPT_URL, url);
        (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, protocols);
        (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MAX);
        (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
        (void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
        (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
        (void)curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
        if (*ca_file)
                (void)curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
        return easy;
}

int web_send(struct web *w, CURL *easy, struct curl_slist *headers, struct buf *body,
             void (*ended)(void *userdata, const struct web_result *result), void *userdata,
             struct web_transfer **ret) {
        struct web_transfer *t = calloc(1, sizeof *t);

        if (!t) {
                curl_easy_cleanup(easy);
                curl_slist_free_all(headers);
                return -ENOMEM;
        }
        *t = (struct web_transfer){ .web = w,
                                    .easy = easy,
                                    .headers = headers,
                                    .body = *body,
                                    .ended = ended,
                                    .userdata = userdata,
                                    .socket = CURL_SOCKET_BAD,
                                    .next = w->transfers };
        *body = BUF_INIT;
        w->transfers = t;
        (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
        (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->error);
        (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, transfer_answer);
        (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
        (void)curl_easy_setopt(easy, CURLOPT_READDATA, t);
        (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, transfer_line);
        (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
        if (curl_multi_add_handle(w->multi, easy) != CURLM_OK) {
                transfer_free(t);
                return -ENOMEM;
        }
        *ret = t;
        return 0;
}

/* libcurl takes leave of a mail server, and waits for its answer, with the whole process: of one that hangs there is
 * none. On a socket that is shut there is nothing to wait for. */
void web_cancel(struct web_transfer *t) {
        if (t->socket != CURL_SOCKET_BAD)
                (void)shutdown(t->socket, SHUT_RDWR);
        transfer_free(t);
}
