#pragma once
/* The rows, by what they are about; the last row of each has no name. */
#include "report/question.h"

extern const struct question questions_alarm[];  /* what happened */
extern const struct question questions_people[]; /* what people did */
extern const struct question questions_duty[];   /* records of the department's duties */
extern const struct question questions_record[]; /* the record itself, rules, devices */
extern const struct question questions_figure[]; /* how well it goes */
