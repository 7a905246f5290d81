#include "base/jsonline.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
// cmocka.h needs the three above
#include <cmocka.h>
#include <event2/event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* One end is a jsonline in a loop, the other a plain descriptor that the test writes to and reads from. */
struct bench {
        struct event_base *base;
        struct jsonline *l;
        int peer;
        int lines, drained, closed;
        char why[128], last[128];
        bool free_in_line;
};

static void on_line(void *userdata, struct jsonline *l, json_t *object) {
        struct bench *b = userdata;
        const char *x = json_string_value(json_object_get(object, "x"));

        b->lines++;
        snprintf(b->last, sizeof(b->last), "%s", x ? x : "");
        if (b->free_in_line)
                b->l = jsonline_free(l);
}

static void on_closed(void *userdata, struct jsonline *l, const char *why) {
        struct bench *b = userdata;

        b->closed++;
        snprintf(b->why, sizeof(b->why), "%s", why);
        b->l = jsonline_free(l);
}

static void on_drained(void *userdata, struct jsonline *l) {
        ((struct bench *)userdata)->drained++;
}

static void bench_init(struct bench *b, size_t queue_max) {
        struct jsonline_handlers handlers = { b, on_line, on_closed, on_drained };
        int fds[2];

        *b = (struct bench){ .base = event_base_new() };
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        b->peer = fds[1];
        assert_int_equal(jsonline_new(&b->l, b->base, fds[0], queue_max, &handlers), 0);
}

static void bench_deinit(struct bench *b) {
        jsonline_free(b->l);
        event_base_free(b->base);
        if (b->peer >= 0)
                close(b->peer);
}

static void turn(struct bench *b) {
        event_base_loop(b->base, EVLOOP_NONBLOCK);
}

/* Writes all of it, turning the loop so that the reader keeps up. */
static void feed(struct bench *b, const char *bytes, size_t n) {
        for (size_t done = 0; done < n && b->closed == 0;) {
                ssize_t r = send(b->peer, bytes + done, n - done, MSG_DONTWAIT | MSG_NOSIGNAL);
                if (r > 0)
                        done += (size_t)r;
                turn(b);
        }
        turn(b);
        turn(b);
}

static void feed_text(struct bench *b, const char *text) {
        feed(b, text, strlen(text));
}

static void test_lines_in_pieces(void **state) {
        struct bench b;

        bench_init(&b, 1024);
        feed_text(&b, "{\"x\":\"a\"}\n{\"x\":\"b\"}\n{\"x\":");
        assert_int_equal(b.lines, 2);
        assert_string_equal(b.last, "b");
        feed_text(&b, "\"c\"}");
        assert_int_equal(b.lines, 2);
        feed_text(&b, "\n");
        assert_int_equal(b.lines, 3);
        assert_string_equal(b.last, "c");
        bench_deinit(&b);
}

/* A line of JSONLINE_MAX bytes passes; one byte more ends the connection. */
static void feed_length(struct bench *b, size_t n) {
        char *line = malloc(n + 1);

        memset(line, ' ', n);
        memcpy(line, "{\"x\":\"long\"}", 12);
        line[n] = '\n';
        feed(b, line, n + 1);
        free(line);
}

static void test_longest_line(void **state) {
        struct bench b;

        bench_init(&b, 1024);
        feed_length(&b, JSONLINE_MAX);
        assert_int_equal(b.lines, 1);
        assert_int_equal(b.closed, 0);
        feed_text(&b, "{\"x\":\"after\"}\n");
        assert_string_equal(b.last, "after");
        feed_length(&b, JSONLINE_MAX + 1);
        assert_int_equal(b.lines, 2);
        assert_int_equal(b.closed, 1);
        assert_string_equal(b.why, "a line is too long");
        bench_deinit(&b);
}

static void refuse(const char *text) {
        struct bench b;

        bench_init(&b, 1024);
        feed_text(&b, text);
        assert_int_equal(b.lines, 1);
        assert_int_equal(b.closed, 1);
        assert_string_equal(b.why, "a line is not a JSON object");
        bench_deinit(&b);
}

static void test_not_an_object(void **state) {
        static const char *const bad[] = {
                "\n", "[1]\n", "{\n", "\"a\"\n", "{\"x\":\"\xff\"}\n", "{\"x\":1,\"x\":2}\n", "{} {}\n"
        };

        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                char text[128];
                /* the good line behind the bad one must not be taken any more */
                snprintf(text, sizeof(text), "{\"x\":\"good\"}\n%s{\"x\":\"late\"}\n", bad[i]);
                refuse(text);
        }
}

static void test_other_side_closes(void **state) {
        struct bench b;

        bench_init(&b, 1024);
        assert_int_equal(send(b.peer, "{\"x\":\"last\"}\n{\"x\"", 18, 0), 18);
        close(b.peer);
        b.peer = -1;
        for (int i = 0; i < 4; i++)
                turn(&b);
        assert_string_equal(b.last, "last");
        assert_int_equal(b.closed, 1);
        assert_string_equal(b.why, "closed by the other side");
        bench_deinit(&b);
}

static void test_freed_by_its_handler(void **state) {
        struct bench b;

        bench_init(&b, 1024);
        b.free_in_line = true;
        feed_text(&b, "{\"x\":\"a\"}\n{\"x\":\"b\"}\n");
        assert_int_equal(b.lines, 1);
        assert_string_equal(b.last, "a");
        assert_int_equal(b.closed, 0);
        bench_deinit(&b);
}

static void test_queue_is_bounded(void **state) {
        struct bench b;

        bench_init(&b, 20);
        assert_int_equal(jsonline_send_text(b.l, "{\"y\":1234567}", 13), 0);
        assert_int_equal(jsonline_queued(b.l), 14);
        assert_int_equal(jsonline_send_text(b.l, "{\"y\":1}", 7), JSONLINE_E_FULL);
        assert_int_equal(jsonline_queued(b.l), 14);
        assert_int_equal(jsonline_send_text(b.l, "{}xyz", 5), 0); /* 14 + 5 + newline = exactly full */
        assert_int_equal(jsonline_queued(b.l), 20);
        turn(&b);
        assert_int_equal(b.drained, 1);
        assert_int_equal(jsonline_queued(b.l), 0);
        bench_deinit(&b);
}

static void test_send_after_the_end(void **state) {
        struct bench b;
        json_t *object = json_pack("{s:i}", "y", 1);

        bench_init(&b, 1024);
        assert_int_equal(jsonline_send_text(b.l, "x", JSONLINE_MAX + 1), -EMSGSIZE);
        assert_int_equal(jsonline_send(b.l, object), 0);
        b.l = jsonline_free(b.l);
        /* what was queued went out with the close */
        char bytes[32] = "";
        assert_int_equal(recv(b.peer, bytes, sizeof(bytes) - 1, 0), 8);
        assert_string_equal(bytes, "{\"y\":1}\n");
        assert_int_equal(recv(b.peer, bytes, sizeof(bytes), 0), 0);
        json_decref(object);
        bench_deinit(&b);
}

static void test_client_reads(void **state) {
        struct jsonline_state s = { 0 };
        json_t *object = NULL;
        int fds[2];

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        assert_int_equal(send(fds[1], "{\"a\":1}\n{\"a\":2}\n[]\n{\"a\"", 23, 0), 23);
        for (int i = 1; i <= 2; i++) {
                assert_int_equal(jsonline_read(fds[0], &s, 1000, &object), 0);
                assert_int_equal(json_integer_value(json_object_get(object, "a")), i);
                json_decref(object);
        }
        assert_int_equal(jsonline_read(fds[0], &s, 1000, &object), -EBADMSG);
        assert_int_equal(jsonline_read(fds[0], &s, 0, &object), -ETIMEDOUT);
        assert_int_equal(jsonline_read(fds[0], &s, 20, &object), -ETIMEDOUT);
        assert_int_equal(send(fds[1], ":3}\n", 4, 0), 4);
        assert_int_equal(jsonline_read(fds[0], &s, -1, &object), 0);
        assert_int_equal(json_integer_value(json_object_get(object, "a")), 3);
        json_decref(object);
        close(fds[1]);
        assert_int_equal(jsonline_read(fds[0], &s, 1000, &object), -EPIPE);
        jsonline_state_free(&s);
        close(fds[0]);
}

static void test_client_refuses_endless_line(void **state) {
        struct jsonline_state s = { 0 };
        char *bytes = malloc(JSONLINE_MAX * 2);
        json_t *object = NULL;
        int fds[2], r = 0;

        memset(bytes, ' ', JSONLINE_MAX * 2);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        for (int i = 0; i < 1000 && r != -EMSGSIZE; i++) {
                (void)send(fds[1], bytes, JSONLINE_MAX, MSG_DONTWAIT | MSG_NOSIGNAL);
                r = jsonline_read(fds[0], &s, 0, &object);
        }
        assert_int_equal(r, -EMSGSIZE);
        assert_true(s.capacity <= 4 * JSONLINE_MAX);
        jsonline_state_free(&s);
        free(bytes);
        close(fds[0]);
        close(fds[1]);
}

static void test_client_connects(void **state) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        char dir[] = "/tmp/ww-jsonline-XXXXXX", too_long[200];
        json_t *object = json_pack("{s:s}", "x", "hello");
        int listener, fd;

        assert_non_null(mkdtemp(dir));
        snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", dir);
        assert_int_equal(jsonline_connect(address.sun_path), -ENOENT);
        listener = socket(AF_UNIX, SOCK_STREAM, 0);
        assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
        assert_int_equal(jsonline_connect(address.sun_path), -ECONNREFUSED);
        assert_int_equal(listen(listener, 1), 0);
        fd = jsonline_connect(address.sun_path);
        assert_true(fd >= 0);
        assert_int_equal(jsonline_write(fd, object), 0);
        close(listener);
        assert_int_equal(jsonline_write(fd, object), -EPIPE);
        close(fd);
        memset(too_long, 'a', sizeof(too_long) - 1);
        too_long[sizeof(too_long) - 1] = '\0';
        assert_int_equal(jsonline_connect(too_long), -ENAMETOOLONG);
        json_decref(object);
        unlink(address.sun_path);
        rmdir(dir);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_lines_in_pieces),
                cmocka_unit_test(test_longest_line),
                cmocka_unit_test(test_not_an_object),
                cmocka_unit_test(test_other_side_closes),
                cmocka_unit_test(test_freed_by_its_handler),
                cmocka_unit_test(test_queue_is_bounded),
                cmocka_unit_test(test_send_after_the_end),
                cmocka_unit_test(test_client_reads),
                cmocka_unit_test(test_client_refuses_endless_line),
                cmocka_unit_test(test_client_connects),
        };

        signal(SIGPIPE, SIG_IGN);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
