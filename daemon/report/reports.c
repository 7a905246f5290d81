/* The reports that there are. */
#include "report/report.h"

#include <string.h>

/* clang-format off */
static const struct report_section daily[] = {
        { "Figures", "figures", REPORT_TABLE, NULL, NULL, 0, 0 },
        { "Alarms for each operator in 10 minutes", "alarm-rate", REPORT_LINE, "starts", "per_operator", 1, REPORT_NO_TABLE },
        { "Alarms by hour of the day", "alarm-hours", REPORT_BARS, "hour", "annunciated", 0, REPORT_NO_TABLE },
        { "Alarms by hazard and zone", "alarm-counts", REPORT_TABLE, NULL, NULL, 0, 40 },
        { "Floods", "floods", REPORT_TABLE, NULL, NULL, 0, 20 },
        { "Time to acknowledge", "acknowledge-times", REPORT_PERCENTILES, "hazard", "target", 0, 40 },
        { "Late acknowledgements", "late-acknowledgements", REPORT_TABLE, NULL, NULL, 0, 40 },
        { "Incidents", "incidents-outcome", REPORT_TABLE, NULL, NULL, 0, 100 },
        { "On duty", "on-duty", REPORT_TABLE, NULL, NULL, 0, 50 },
        { "Intake blind", "blind", REPORT_TABLE, NULL, NULL, 0, 20 },
        { 0 },
};

static const struct report_section weekly[] = {
        { "Figures", "figures", REPORT_TABLE, NULL, NULL, 0, 0 },
        { "Alarms for each operator in a day", "alarm-days", REPORT_BARS, "starts", "per_operator", 150, 31 },
        { "Alarms by hour of the day", "alarm-hours", REPORT_BARS, "hour", "annunciated", 0, REPORT_NO_TABLE },
        { "Standing alarms", "alarm-standing", REPORT_LINE, "at", "standing", 10, REPORT_NO_TABLE },
        { "Floods", "floods", REPORT_TABLE, NULL, NULL, 0, 30 },
        { "Bad actors", "bad-actors", REPORT_PARETO, "key", "annunciated", 0, 20 },
        { "Chattering and fleeting alarms", "alarm-chatter", REPORT_TABLE, NULL, NULL, 0, 20 },
        { "Priorities", "alarm-priorities", REPORT_BARS, "priority", "share", 0, 4 },
        { "Alarms by hazard and zone", "alarm-counts", REPORT_TABLE, NULL, NULL, 0, 60 },
        { "Time to acknowledge", "acknowledge-times", REPORT_PERCENTILES, "hazard", "target", 0, 60 },
        { "Response", "response-times", REPORT_TABLE, NULL, NULL, 0, 60 },
        { "Late acknowledgements", "late-acknowledgements", REPORT_TABLE, NULL, NULL, 0, 40 },
        { "Rules that raise alarms for nothing", "nuisance-rules", REPORT_BARS, "rule", "share", 0, 15 },
        { "Devices that raise alarms for nothing", "nuisance-devices", REPORT_BARS, "device", "share", 0, 15 },
        { 0 },
};

static const struct report_section monthly[] = {
        { "Figures", "figures", REPORT_TABLE, NULL, NULL, 0, 0 },
        { "Alarms for each operator in a day", "alarm-days", REPORT_BARS, "starts", "per_operator", 150, 31 },
        { "Bad actors", "bad-actors", REPORT_PARETO, "key", "annunciated", 0, 20 },
        { "Priorities", "alarm-priorities", REPORT_BARS, "priority", "share", 0, 4 },
        { "Alarms by hazard and zone", "alarm-counts", REPORT_TABLE, NULL, NULL, 0, 100 },
        { "Floods", "floods", REPORT_TABLE, NULL, NULL, 0, 50 },
        { "Time to acknowledge", "acknowledge-times", REPORT_PERCENTILES, "hazard", "target", 0, 100 },
        { "Response", "response-times", REPORT_TABLE, NULL, NULL, 0, 100 },
        { "Rules that raise alarms for nothing", "nuisance-rules", REPORT_BARS, "rule", "share", 0, 20 },
        { "Devices that raise alarms for nothing", "nuisance-devices", REPORT_BARS, "device", "share", 0, 20 },
        { "Inspections, hidden dangers and other duties", "duties", REPORT_TABLE, NULL, NULL, 0, 50 },
        { "Alarms by law", "alarms-by-law", REPORT_TABLE, NULL, NULL, 0, 100 },
        { "Changes of rules", "rule-changes", REPORT_TABLE, NULL, NULL, 0, 50 },
        { 0 },
};

static const struct report_section compliance[] = {
        { "What must be so", "compliance", REPORT_TABLE, NULL, NULL, 0, 0 },
        { "Inspections, hidden dangers and other duties", "duties", REPORT_TABLE, NULL, NULL, 0, 50 },
        { "Supervision: faults of devices", "supervision", REPORT_TABLE, NULL, NULL, 0, 100 },
        { "Time to acknowledge", "acknowledge-times", REPORT_PERCENTILES, "hazard", "target", 0, 100 },
        { "Late acknowledgements", "late-acknowledgements", REPORT_TABLE, NULL, NULL, 0, 100 },
        { "Retention", "retention", REPORT_TABLE, NULL, NULL, 0, 0 },
        { "Dropped because its time was over", "retention-dropped", REPORT_TABLE, NULL, NULL, 0, 50 },
        { "Intake blind", "blind", REPORT_TABLE, NULL, NULL, 0, 50 },
        { "Set aside", "quarantined", REPORT_TABLE, NULL, NULL, 0, 50 },
        { "Lost before it was stored", "trimmed", REPORT_TABLE, NULL, NULL, 0, 50 },
        { "Alarms by law", "alarms-by-law", REPORT_TABLE, NULL, NULL, 0, 100 },
        { "Changes of rules", "rule-changes", REPORT_TABLE, NULL, NULL, 0, 50 },
        { "Changes of operators", "operators", REPORT_TABLE, NULL, NULL, 0, 50 },
        { 0 },
};

static const struct report_section statutory[] = {
        { "Reports to authorities", "statutory", REPORT_TABLE, NULL, NULL, 0, 0 },
        { "As they were sent", "reports-sent", REPORT_TABLE, NULL, NULL, 0, 200 },
        { "Incidents", "incidents-outcome", REPORT_TABLE, NULL, NULL, 0, 200 },
        { "Alarms by law", "alarms-by-law", REPORT_TABLE, NULL, NULL, 0, 100 },
        { 0 },
};

static const struct report reports[] = {
        { "daily", "Daily report", "day", daily },
        { "weekly", "Weekly report", "week", weekly },
        { "monthly", "Monthly report", "month", monthly },
        { "compliance", "Compliance report", "month", compliance },
        { "statutory", "Statutory reports", "month", statutory },
};
/* clang-format on */

const struct report *report_at(size_t index) {
        return index < sizeof reports / sizeof *reports ? &reports[index] : NULL;
}

const struct report *report_find(const char *name) {
        const struct report *r;

        for (size_t i = 0; (r = report_at(i)); i++)
                if (strcmp(r->name, name) == 0)
                        return r;
        return NULL;
}
