#pragma once
/* The record, or some rows of it, with its proof, as an export (store/export.c). */
#include "command/verify_checkpoint.h"
#include "command/verify_print.h"

struct export_request {
        const struct replay_database *database; /* ->journal: its number; NULL = the newest */
        const char *checkpoints;                /* their file; "" = none is known */
        uint64_t from, to;                      /* inputs; of all: 0, INT64_MAX */
        struct verify_picks *picks;             /* only these rows; NULL = all from `from` to `to` */
        const char *about;          /* what the picked rows belong to: "incident 3"; "" = nothing is picked */
        struct verify_print *print; /* findings are told; NULL = they are only counted */
};

struct export_result {
        struct verify_figures figures;
        uint64_t findings, unconfirmed; /* unconfirmed: segments behind which there is no checkpoint yet */
        size_t checkpoints, older;      /* older: picked rows from before the proof */
        int32_t journal;
};

/** Verifies and writes what it reads to `out`. 0, whatever was found; REPLAY_E_TOLD; -errno. */
int export_write(const struct export_request *request, struct buf *out, struct export_result *ret);
