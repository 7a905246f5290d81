#pragma once
/* The rows, by what they are about; the last row of each has no name. */
#include "report/question.h"

/* SQL: an instant that a person gave. PostgreSQL reads no year 0, which a record of old may hold: it lies before all
 * that it reads. What is no instant at all is null. Neither keeps anybody from the other rows. */
#define QUESTION_INSTANT(text)                                                                                         \
        "coalesce(time_of(" text "), CASE WHEN " text " LIKE '0000-%' THEN timestamptz '-infinity' END)"

extern const struct question questions_alarm[];  /* what happened */
extern const struct question questions_people[]; /* what people did */
extern const struct question questions_duty[];   /* records of the department's duties */
extern const struct question questions_record[]; /* the record itself, rules, devices */
extern const struct question questions_figure[]; /* how well it goes */
