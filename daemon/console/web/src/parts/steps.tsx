/* The steps of a procedure, to be ticked, skipped with a reason, or sent to the field after a confirmation. */
import { act, pending } from "../core/act";
import { may } from "../core/session";
import type { Change } from "../core/wire";
import { numberOf, textOf } from "../core/wire";
import { procedureTitle } from "../core/site";
import { t, word } from "../text/text";
import { askFor } from "./ask";
import { Left, Time } from "./marks";

const OVER = ["done", "skipped"];

async function done(step: Change, withNote: boolean): Promise<void> {
    const answers = withNote
        ? await askFor({
              title: textOf(step, "text"),
              fields: [{ name: "text", label: t("step.note"), kind: "long" }],
              confirm: t("step.done"),
          })
        : {};
    if (answers)
        await act("step-done", keyOf(step), textOf(step, "text"), {
            step: step.id,
            version: step.version,
            ...said(answers),
        });
}

async function skip(step: Change): Promise<void> {
    const answers = await askFor({
        title: t("step.skip"),
        text: textOf(step, "text"),
        fields: [{ name: "reason", label: t("ask.reason"), required: true }],
        confirm: t("step.skip"),
    });
    if (answers)
        await act("step-skip", keyOf(step), textOf(step, "text"), { step: step.id, version: step.version, ...answers });
}

async function run(step: Change): Promise<void> {
    const answers = await askFor({
        title: t("step.run"),
        text: t("step.run.sure", { text: textOf(step, "text"), topic: textOf(step, "topic") }),
        fields: [],
        confirm: t("step.run"),
        grave: true,
    });
    if (answers) await act("step-run", keyOf(step), textOf(step, "text"), { step: step.id, version: step.version });
}

function said(answers: Record<string, string>): Record<string, string> {
    return Object.fromEntries(Object.entries(answers).filter(([, value]) => value));
}

function keyOf(step: Change): string {
    return `step:${step.id}`;
}

function Step({ step }: { step: Change }) {
    const state = textOf(step, "state");
    const over = OVER.includes(state);
    const waits = pending(keyOf(step));
    const able = may("operator", "supervisor", "maintenance") && !over && !waits;
    const link = textOf(step, "link");
    return (
        <li class={`step ${state}`}>
            <label>
                <input
                    type="checkbox"
                    checked={state === "done"}
                    disabled={!able || state === "running"}
                    onClick={(event) => {
                        event.preventDefault();
                        void done(step, false);
                    }}
                />
                <span>
                    {textOf(step, "text")}
                    {step.body.required === true && !over && <span class="tag">{t("step.required")}</span>}
                </span>
            </label>
            <span class="step-side">
                {over && (
                    <span class="dim">
                        {word("step.state", state)} · {textOf(step, "by")} · <Time at={step.body.done_at} />
                    </span>
                )}
                {state === "running" && (
                    <span>
                        {t("step.state.running")} <Left at={step.body.due} />
                    </span>
                )}
                {state === "failed" && <strong class="late">{t("step.state.failed")}</strong>}
                {waits && <span class="waits">{t("act.pending")}</span>}
                {/^https:\/\//.test(link) && (
                    <a href={link} target="_blank" rel="noopener noreferrer">
                        {t("step.link")}
                    </a>
                )}
                {able && step.body.action === true && (
                    <button type="button" onClick={() => void run(step)}>
                        {t("step.run")}
                    </button>
                )}
                {able && (
                    <>
                        <button type="button" class="small" onClick={() => void done(step, true)}>
                            {t("step.with_note")}
                        </button>
                        <button type="button" class="small" onClick={() => void skip(step)}>
                            {t("step.skip")}
                        </button>
                    </>
                )}
            </span>
            {textOf(step, "note") && <p class="dim step-note">{textOf(step, "note")}</p>}
        </li>
    );
}

export function Steps({ steps }: { steps: readonly Change[] }) {
    const sorted = [...steps].sort((a, b) => numberOf(a, "position") - numberOf(b, "position") || a.id - b.id);
    const procedures = [...new Set(sorted.map((step) => textOf(step, "procedure")))];
    return (
        <>
            {procedures.map((procedure) => (
                <div key={procedure}>
                    {procedures.length > 1 && <h4>{procedureTitle(procedure)}</h4>}
                    <ol class="steps">
                        {sorted
                            .filter((step) => textOf(step, "procedure") === procedure)
                            .map((step) => (
                                <Step key={step.id} step={step} />
                            ))}
                    </ol>
                </div>
            ))}
        </>
    );
}
