#pragma once
/*
 * The tables that rows go to: name, columns in the order in which rows.c writes them, the columns' types in the
 * letters of proof_layout, and the column by whose time they are partitioned ("" = none that we write).
 * Without types a table is not in the hash chain: it repeats what another one holds. A test holds
 * this against the schema. A new column is added at the end.
 */
#include <stddef.h>

#define STORE_SCHEMA_VERSION 28 /* the newest file in schema/; another version in the database is refused */

/* in the order in which a batch is written */
enum table {
        TABLE_MESSAGE,
        TABLE_ENGINE_INPUT,
        TABLE_COMMAND,
        TABLE_COMMAND_REPLY,
        TABLE_EVENT,
        TABLE_UNDECODED,
        TABLE_ALARM,
        TABLE_ALARM_TRANSITION,
        TABLE_ALARM_EVIDENCE,
        TABLE_NOTICE,
        TABLE_RULESET,
        TABLE_CHANGE,
        TABLE_CHANGE_RESTRICTED, /* the same of restricted records: readers may not select it */
        TABLE_SITE_ZONE,
        TABLE_SITE_ASSET,
        TABLE_QUARANTINE,
        TABLE_MAX_,
};

struct table_row {
        const char *name, *columns, *types, *time;
        unsigned fields;
};

extern const struct table_row tables[TABLE_MAX_];

/** Place of the column `seq` among the table's columns, from 0. */
unsigned table_seq_field(enum table table);
