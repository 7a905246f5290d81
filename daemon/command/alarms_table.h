#pragma once
/* States × events × roles of an alarm, in Markdown, from the tables of the alarm stage. */
#include "base/buf.h"

void alarms_table_put(struct buf *out);
