/* `wardwatch sandbox`: what each process of the daemon may do, from the tables that hold it to that. */
#include "sandbox/sandbox.h"
#include "command/command_internal.h"
#include "sandbox/landlock.h"
#include "sandbox/syscalls.h"

#include <stdio.h>

enum { OPTION_TABLE };

static const struct command_option sandbox_options[] = {
        [OPTION_TABLE] = { "--table", 0, NULL, "each process with its files, ports and system calls, in Markdown" },
        { 0 },
};

static int sandbox_run(const struct command_args *args) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        const char *lacks = landlock_lacks(landlock_abi());

        if (args->values[OPTION_TABLE]) {
                sandbox_table(&text);
                return command_put(&text, false);
        }
        (void)printf("Landlock version %d; filter of system calls: %s\n", landlock_abi(),
                     syscalls_supported() ? "yes" : "no");
        if (lacks)
                (void)printf("%s\n", lacks);
        return lacks || !syscalls_supported() ? 1 : 0;
}

const struct command command_sandbox = {
        .name = "sandbox",
        .synopsis = "sandbox [--table]",
        .help = "say whether this kernel can hold the processes to what they need, and what that is",
        .text = "Each process of the daemon gives up what it does not need before it does anything (sandbox.mode): "
                "files "
                "and TCP ports by Landlock, system calls by a filter, capabilities, and new privileges. Exit code 1: "
                "this "
                "kernel lacks something, and the words say what stays open because of that.",
        .options = sandbox_options,
        .run = sandbox_run,
};
