/*
 * Whether what refutes an absence may still wait at the broker.
 *
 * A link that is frozen says nothing: its end is seen after 1.5 times the keepalive. So before a rule may tell that
 * something did not come, the broker has to show that it has nothing more for us: an echo, a message to ourselves, that
 * was sent ASSURE_LEAD before the deadline at the earliest, is back from every session. It queues behind all that the
 * broker has. What was to come had to come `wait` (2 s, if the rule says nothing) before the deadline is due: so what
 * was published in time has come before the echo, and an absence that is told is one. With a `wait` below ASSURE_LEAD
 * the difference is left open.
 *
 * If the echo is not back in time the intake is blind, by a notice of the moment just before that deadline, and all
 * deadlines of rules stand still as if the link were lost (correlate/blind.c). It is over when a fresh echo is back;
 * where none is, when a second one is back that was sent behind the first.
 *
 * A link, or a queue, that is slower than ASSURE_LEAD must not hold absences up for ever: its echoes are sent earlier,
 * by one and a half times what the last one took, and what came to the broker since then is not known when the deadline
 * passes.
 *
 * Echoes are sent while an absence is due that soon, one at a time.
 */
#include "engine_internal.h"

#define ASSURE_LEAD WW_SECOND
#define ASSURE_MOST (15 * WW_SECOND)  /* an echo that took longer than that was behind a backlog */
#define ASSURE_STEP (ASSURE_LEAD / 4) /* how often it is looked at while something is due soon */

/* How long before a deadline an echo of that session may have been sent. */
static int64_t session_lead(int64_t took) {
        took += took / 2;
        return took < ASSURE_LEAD ? ASSURE_LEAD : took > ASSURE_MOST ? ASSURE_MOST : took;
}

static int64_t assure_lead(const struct engine *e) {
        int64_t lead = ASSURE_LEAD, took;

        for (enum engine_lane lane = 0; lane < ENGINE_LANES; lane++)
                if (e->sessions[lane].ingress && ingress_proven(e->sessions[lane].ingress, &took) &&
                    session_lead(took) > lead)
                        lead = session_lead(took);
        return lead;
}

/* Boot clock: absences due up to here are what they seem. NEVER where there is no session. */
static int64_t assured_until(const struct engine *e) {
        int64_t until = WW_TIME_NEVER;

        for (enum engine_lane lane = 0; lane < ENGINE_LANES; lane++) {
                const struct ingress *ingress = e->sessions[lane].ingress;
                int64_t took = 0, proven = ingress ? ingress_proven(ingress, &took) : 0;

                if (ingress && (!proven || proven + session_lead(took) < until))
                        until = proven ? proven + session_lead(took) : 0;
        }
        return until > e->assure.until ? until : e->assure.until;
}

/* The same in journal time, `now` being what it is. */
static int64_t assured_journal(const struct engine *e, int64_t now) {
        int64_t until = assured_until(e);

        return until == WW_TIME_NEVER ? WW_TIME_NEVER : now + (until - clock_boot());
}

void engine_assure_gate(struct engine *e, int64_t time) {
        int64_t due, before;
        int r;

        if (pipeline_blind(e->pipeline) || pipeline_deadline(e->pipeline) > time)
                return;
        due = pipeline_absence(e->pipeline, assured_journal(e, time), time);
        if (due == WW_TIME_NEVER)
                return;
        e->assure.unsure = true;
        e->assure.since = clock_boot();
        for (enum engine_lane lane = 0; lane < ENGINE_LANES; lane++)
                e->sessions[lane].heard = 0;
        before = due - 1 > pipeline_now(e->pipeline) ? due - 1 : pipeline_now(e->pipeline);
        r = engine_append_notice(e, "intake-blind", before,
                                 "the broker has not shown in time that nothing waits there; absence and supervision "
                                 "stand still");
        if (r)
                engine_fatal("cannot take a notice", r);
}

static bool session_assured(const struct engine *e, struct engine_session *s, int64_t now) {
        int64_t proven, took;

        if (!s->ingress)
                return true;
        proven = ingress_proven(s->ingress, &took);
        if (proven < e->assure.since)
                return false;
        if (!s->heard)
                s->heard = now;
        return now - proven <= ASSURE_LEAD || proven >= s->heard;
}

static void assure_end(struct engine *e, int64_t now) {
        for (enum engine_lane lane = 0; lane < ENGINE_LANES; lane++)
                if (!session_assured(e, &e->sessions[lane], now))
                        return;
        e->assure.unsure = false;
        engine_intake_look(e);
}

static void assure_ask(struct engine *e, int64_t now) {
        for (enum engine_lane lane = 0; lane < ENGINE_LANES; lane++)
                if (e->sessions[lane].ingress)
                        ingress_echo(e->sessions[lane].ingress, now);
}

void engine_assure_sighted(struct engine *e) {
        e->assure.until = clock_boot() + assure_lead(e);
}

/* Something is due soon. What that is takes a look at many timers, in a storm: not in every turn. */
static bool assure_wanted(struct engine *e, int64_t now, int64_t soon, int64_t boot) {
        if (e->assure.unsure)
                return true;
        if (boot - e->assure.looked < ASSURE_STEP)
                return false;
        e->assure.looked = boot;
        return pipeline_absence(e->pipeline, assured_journal(e, now), soon) != WW_TIME_NEVER;
}

void engine_assure_look(struct engine *e) {
        int64_t boot = clock_boot(), deadline = pipeline_deadline(e->pipeline), wait = ASSURE_STEP, wall, now, soon;
        struct timeval tv;

        if (e->assure.unsure)
                assure_end(e, boot);
        now = engine_now(e, &wall);
        soon = now + assure_lead(e);
        if (!e->assure.unsure && deadline > soon + WW_HOUR)
                wait = WW_HOUR; /* looked at again by then: clocks may have stepped */
        else if (!e->assure.unsure && deadline - soon > wait)
                wait = deadline - soon;
        else if (assure_wanted(e, now, soon, boot))
                assure_ask(e, boot);
        tv = (struct timeval){ .tv_sec = wait / WW_SECOND, .tv_usec = wait % WW_SECOND };
        event_add(e->assure.event, &tv);
}

static void on_assure(evutil_socket_t fd, short what, void *userdata) {
        struct engine *e = userdata;

        if (!e->stopping)
                engine_assure_look(e);
}

int engine_assure_new(struct engine *e) {
        e->assure.event = evtimer_new(e->base, on_assure, e);
        return e->assure.event ? 0 : -ENOMEM;
}

void engine_assure_free(struct engine *e) {
        if (e->assure.event)
                event_free(e->assure.event);
}
