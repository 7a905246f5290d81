/* What each kind of refusal by PostgreSQL asks for. A prefix of the SQLSTATE decides; the first row that fits. */
#include "store/wire.h"

#include <stdlib.h>

static const struct {
        const char *prefix;
        int fault;
} faults[] = {
        { "22", WIRE_E_DATA },     /* data exception: a value that the type does not take */
        { "23", WIRE_E_DATA },     /* a constraint of the table */
        { "54", WIRE_E_DATA },     /* program limit: an index entry or a row too large */
        { "P0", WIRE_E_DATA },     /* a trigger raised */
        { "40003", WIRE_E_DOWN },  /* outcome unknown: ask the cursor */
        { "40", WIRE_E_RETRY },    /* serialization failure, deadlock */
        { "55P03", WIRE_E_RETRY }, /* lock not available in time */
        { "57014", WIRE_E_RETRY }, /* statement timeout, or cancelled by hand */
        { "", WIRE_E_DOWN },       /* connection, resources, shutdown, rights, a table that is not there */
};

int wire_fault(const char *sqlstate) {
        size_t i = 0;

        while (strncmp(sqlstate, faults[i].prefix, strlen(faults[i].prefix)) != 0)
                i++;
        return faults[i].fault;
}

/* The context has a line for each place that the error passed on its way out; ours is the last. Its words are of the
 * server's language, the number is not: the first one behind the table's name. */
uint64_t wire_fault_row(const char *context) {
        const char *copy = NULL;

        for (const char *at = context; at && (at = strstr(at, "COPY ")); at++)
                copy = at;
        copy = copy ? strchr(copy, ',') : NULL;
        if (!copy)
                return 0;
        copy += strcspn(copy, "0123456789");
        return strtoull(copy, NULL, 10);
}
