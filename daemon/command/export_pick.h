#pragma once
/* The rows of an incident. */
#include "command/verify_source.h"
#include "report/inquiry.h"

/** Adds all rows from which the incident's case bundle is made. `journal`: NULL = the newest. 0; EXPORT_PICK_E_MANY;
 *  INQUIRY_E_*; -errno. */
enum { EXPORT_PICK_E_MANY = 150 };
int export_pick_incident(struct inquiry *inquiry, const char *incident, const char *journal,
                         struct verify_picks *picks);
