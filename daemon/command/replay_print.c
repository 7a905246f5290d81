#include "command/replay_print.h"

#include "base/error.h"
#include "base/span.h"
#include "command/command_internal.h"
#include "command/plain.h"
#include "journal/record_json.h"

void replay_print_str(struct ww_str s) {
        _cleanup_free_ char *text = ww_str_copy(s);

        plain_put(text ? text : "");
}

int replay_print_flush(void) {
        return fflush(stdout) == EOF || ferror(stdout) ? -EPIPE : 0;
}

static void print_evidence(const struct ww_transition *t) {
        for (size_t i = 0; i < t->n_evidence; i++) {
                const struct ww_evidence *e = &t->evidence[i];
                char time[32];

                instant_format(e->time, time);
                (void)printf("    %.23sZ  ", time);
                replay_print_str(e->role);
                (void)printf("  ");
                replay_print_str(e->kind);
                (void)printf("  ");
                replay_print_str(e->device);
                (void)printf("  [%llu.%u]\n", (unsigned long long)e->seq, e->index);
        }
}

static void print_rest(const struct ww_transition *t) {
        const struct ww_alarm *a = &t->alarm;

        if (a->covert)
                (void)printf(" (covert)");
        if (a->exercise)
                (void)printf(" (exercise)");
        if (a->suppressed_by.n) {
                (void)printf(" suppressed by ");
                replay_print_str(a->suppressed_by);
        }
        if (t->context.n) {
                (void)printf(" (");
                replay_print_str(t->context);
                (void)putchar(')');
        }
        if (t->reason.n) {
                (void)printf(" reason: ");
                replay_print_str(t->reason);
        }
}

static void print_transition(const struct ww_transition *t, bool evidence) {
        const struct ww_alarm *a = &t->alarm;
        char time[32];

        instant_format(t->time, time);
        (void)printf("%.23sZ  %-12s %-7s → %-7s  %-8s  %4llu  ", time, ww_cause_name(t->cause),
                     ww_alarm_state_name(ww_alarm_state(&t->old_regions)),
                     ww_alarm_state_name(ww_alarm_state(&a->regions)), ww_priority_name(a->priority),
                     (unsigned long long)a->id);
        replay_print_str(a->rule);
        (void)printf(" [");
        replay_print_str(a->key);
        (void)printf("]  ");
        replay_print_str(a->title);
        print_rest(t);
        (void)putchar('\n');
        if (evidence)
                print_evidence(t);
}

static void count_transition(struct replay_print *p, enum ww_cause cause) {
        if (cause == WW_CAUSE_RAISE)
                p->raised++;
        else if (cause == WW_CAUSE_AGAIN)
                p->again++;
        else if (cause == WW_CAUSE_CLEAR)
                p->cleared++;
        else
                p->other++;
}

int replay_print_output(void *userdata, const struct ww_output *output) {
        struct replay_print *p = userdata;

        p->events += output->type == WW_OUTPUT_EVENT;
        p->undecoded += output->type == WW_OUTPUT_UNDECODED;
        if (output->type != WW_OUTPUT_TRANSITION || output->transition.alarm.changed_at < p->from)
                return 0;
        count_transition(p, output->transition.cause);
        if (p->json)
                return command_put_json(record_json_output(output), JSON_COMPACT);
        print_transition(&output->transition, p->evidence);
        return ferror(stdout) ? -EPIPE : 0;
}
