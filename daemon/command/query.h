#pragma once
/* The database that questions and reports are put to. */
#include "command/command.h"
#include "config/config.h"
#include "report/inquiry.h"

struct query_database {
        const char *url, *password_file, *timezone; /* timezone NULL = UTC */
        const char *user;                           /* as behalf_login */
};

/** Of the configuration, or `database`. 0, or an exit code after telling on stderr. `config` outlives `ret`. */
int query_config(struct config *config, struct query_database *ret, const struct command_args *args,
                 const char *database, const char *timezone);
/** 0, or an exit code after telling on stderr. */
int query_open(struct inquiry **ret, const struct query_database *database);
/** Tells why inquiry_ask failed; the exit code. */
int query_failed(const struct inquiry *i, int e);
