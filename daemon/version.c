#include "version.h"

#include "wardwatch-build.h"

_Static_assert(sizeof WARDWATCH_VERSION <= 32, "snapshots and the journal keep it whole");

const char *version_running(void) {
        return WARDWATCH_VERSION;
}
