/*
 * The one dialog: whatever an act wants to know is asked here, from a list of fields. askFor() answers with what was
 * said, or null if the person left it. The browser keeps the focus inside and gives it back.
 */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../text/text";

export interface Field {
    name: string;
    label: string;
    kind?: "text" | "long" | "choice" | "yes" | "secret";
    value?: string;
    required?: boolean;
    hint?: string;
    /** Of a choice: [value, label]; of a text: what is offered to be taken with one key. */
    options?: readonly (readonly [string, string])[];
}

export interface Question {
    title: string;
    text?: string;
    fields: readonly Field[];
    confirm: string;
    grave?: boolean;
}

export type Answers = Record<string, string>;

const asked = signal<{ question: Question; answer: (answers: Answers | null) => void } | null>(null);

export function askFor(question: Question): Promise<Answers | null> {
    asked.peek()?.answer(null);
    return new Promise((resolve) => {
        asked.value = {
            question,
            answer: (answers) => {
                asked.value = null;
                resolve(answers);
            },
        };
    });
}

function Suggestions({ field }: { field: Field }) {
    const take = (event: Event, text: string) => {
        const form = (event.target as HTMLElement).closest("form")!;
        (form.elements.namedItem(field.name) as HTMLInputElement).value = text;
        form.requestSubmit();
    };
    return (
        <div class="suggestions">
            {field.options?.map(([value, label], n) => (
                <button key={value} type="button" data-digit={n + 1} onClick={(event) => take(event, value)}>
                    <kbd>{n + 1}</kbd> {label}
                </button>
            ))}
        </div>
    );
}

function Input({ field, first }: { field: Field; first: boolean }) {
    const same = { id: `ask-${field.name}`, name: field.name, required: field.required, autofocus: first };
    if (field.kind === "choice")
        return (
            <select {...same} value={field.value}>
                {field.options?.map(([value, label]) => (
                    <option key={value} value={value}>
                        {label}
                    </option>
                ))}
            </select>
        );
    if (field.kind === "long") return <textarea {...same} rows={4} maxLength={4000} defaultValue={field.value} />;
    if (field.kind === "yes")
        return <input {...same} type="checkbox" value="yes" defaultChecked={field.value === "yes"} />;
    return (
        <input
            {...same}
            type={field.kind === "secret" ? "password" : "text"}
            autocomplete="off"
            maxLength={1000}
            defaultValue={field.value}
        />
    );
}

function FieldRow({ field, first }: { field: Field; first: boolean }) {
    return (
        <div class={field.kind === "yes" ? "field yes" : "field"}>
            <label for={`ask-${field.name}`}>
                {field.label}
                {field.required && <span class="dim"> {t("ask.required")}</span>}
            </label>
            <Input field={field} first={first} />
            {field.hint && <p class="hint">{field.hint}</p>}
            {field.kind !== "choice" && field.options && <Suggestions field={field} />}
        </div>
    );
}

/** A digit takes a suggestion while nothing has been typed. */
function digitTaken(event: KeyboardEvent): void {
    const target = event.target as HTMLInputElement;
    if (!/^[1-9]$/.test(event.key) || target.value !== "" || target.tagName === "SELECT") return;
    const found = target.closest(".field")?.querySelector<HTMLButtonElement>(`[data-digit="${event.key}"]`);
    if (!found) return;
    event.preventDefault();
    found.click();
}

export function AskDialog() {
    const dialog = useRef<HTMLDialogElement>(null);
    const open = asked.value;
    useEffect(() => {
        if (!open) return;
        dialog.current?.showModal();
        dialog.current?.querySelector<HTMLElement>("input, select, textarea, button[type=submit]")?.focus();
    }, [open]);
    if (!open) return null;
    const { question, answer } = open;
    const submit = (event: SubmitEvent) => {
        event.preventDefault();
        const answers: Answers = {};
        for (const [name, value] of new FormData(event.target as HTMLFormElement)) answers[name] = String(value).trim();
        answer(answers);
    };
    return (
        <dialog ref={dialog} aria-labelledby="ask-title" onCancel={() => answer(null)} onKeyDown={digitTaken}>
            <form onSubmit={submit} class={question.grave ? "grave" : ""}>
                <h2 id="ask-title">{question.title}</h2>
                {question.text && <p>{question.text}</p>}
                {question.fields.map((field, n) => (
                    <FieldRow key={field.name} field={field} first={n === 0} />
                ))}
                <div class="dialog-foot">
                    <button type="button" onClick={() => answer(null)}>
                        {t("ask.cancel")} <kbd>Esc</kbd>
                    </button>
                    <button type="submit" class="main">
                        {question.confirm}
                    </button>
                </div>
            </form>
        </dialog>
    );
}
