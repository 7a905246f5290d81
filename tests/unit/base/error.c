#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "base/error.h"
#include <fcntl.h>
#include <unistd.h>

static int opened;

static int open_and_fail(void) {
        _cleanup_close_ int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        _cleanup_free_ char *text = malloc(16);

        assert_non_null(text);
        opened = fd;
        errno = EIO;
        return -errno;
}

static void leaving_a_function_closes_and_keeps_errno(void **state) {
        assert_int_equal(open_and_fail(), -EIO);
        assert_int_equal(errno, EIO);
        assert_true(opened >= 0);
        assert_int_equal(fcntl(opened, F_GETFD), -1);
        assert_int_equal(errno, EBADF);
}

static void a_closed_descriptor_is_not_closed_again(void **state) {
        int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), other;

        cleanup_closep(&fd);
        assert_int_equal(fd, -1);
        other = open("/dev/null", O_RDONLY | O_CLOEXEC); /* likely the same number */
        cleanup_closep(&fd);
        assert_true(fcntl(other, F_GETFD) >= 0);
        cleanup_closep(&other);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(leaving_a_function_closes_and_keeps_errno),
                cmocka_unit_test(a_closed_descriptor_is_not_closed_again),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
