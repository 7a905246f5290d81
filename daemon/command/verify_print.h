#pragma once
/* What `wardwatch verify` says. */
#include "command/verify_source.h"

struct verify_print {
        bool json;
        uint64_t told; /* findings of this journal that were printed */
};

void verify_print_journal(const struct verify_print *p, const struct verify_journal *journal);
void verify_print_finding(struct verify_print *p, const struct verify_finding *finding);
void verify_print_note(const struct verify_print *p, const char *format, ...) _printf_(2, 3);
/** What was looked at in this journal, and how long it took in µs. */
void verify_print_figures(struct verify_print *p, const struct verify_journal *journal, const struct verify_figures *f,
                          int64_t took);
/** The last word, and what it means. `selected`: of an export of some rows. */
void verify_print_result(const struct verify_print *p, uint64_t findings, bool selected);
