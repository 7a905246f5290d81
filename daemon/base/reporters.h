#pragma once
/* The workers that report to the engine over its command socket, each with a user of its own (users.*): a set. */
enum reporter {
        REPORTER_STORE = 1 << 0,
        REPORTER_AUTH = 1 << 1,
        REPORTER_CONSOLE = 1 << 2,
        REPORTER_NOTIFY = 1 << 3,
        REPORTER_ANY = (1 << 4) - 1,
};
