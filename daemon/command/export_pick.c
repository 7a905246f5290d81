#include "command/export_pick.h"

#include "report/casefile.h"

#include <stdlib.h>

struct job {
        struct verify_picks *picks;
        int error;
};

static int on_columns(void *userdata, const struct inquiry_column *columns, size_t n) {
        (void)userdata;
        (void)columns;
        (void)n;
        return 0;
}

static int on_row(void *userdata, const char *const *values, size_t n) {
        struct job *job = userdata;
        struct proof_place place = { 0 };

        if (n < 4 || !values[0] || !values[1] || !values[2] || !values[3])
                return -EINVAL;
        place.seq = strtoull(values[1], NULL, 10);
        place.n = strtoll(values[2], NULL, 10);
        place.position = strtoll(values[3], NULL, 10);
        job->error = verify_picks_add(job->picks, values[0], &place);
        return job->error;
}

int export_pick_incident(struct inquiry *inquiry, const char *incident, const char *journal,
                         struct verify_picks *picks) {
        const char *values[QUESTION_PARAMS] = { [QUESTION_INCIDENT] = incident, [QUESTION_JOURNAL] = journal };
        struct job job = { .picks = picks };
        const struct inquiry_sink sink = { &job, on_columns, on_row };
        int r = inquiry_ask(inquiry, casefile_rows(), values, &sink);

        if (r != INQUIRY_E_SINK)
                return r;
        return job.error == -ERANGE ? EXPORT_PICK_E_MANY : job.error;
}
