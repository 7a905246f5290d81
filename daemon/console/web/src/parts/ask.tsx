/*
 * The one dialog: whatever an act wants to know is asked here, from a list of fields. askFor() answers with what was
 * said, or null if the person left it. The browser keeps the focus inside and gives it back.
 */
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../text/text";

export interface Field {
    name: string;
    label: string;
    kind?: "text" | "long" | "choice" | "yes" | "secret" | "number" | "time" | "date" | "many" | "file" | "code";
    value?: string;
    required?: boolean;
    hint?: string;
    /** Of a choice, of many: [value, label]; of a text: what is offered to be taken with one key. */
    options?: readonly (readonly [string, string])[];
    /** Of a text: what completes it. */
    list?: readonly (readonly [string, string])[];
    maxLength?: number;
}

export interface Question {
    title: string;
    text?: string;
    /** What is to be seen for it. */
    show?: ComponentChildren;
    /** Why what was said before was not taken. */
    error?: string;
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
    if (field.kind === "long")
        return <textarea {...same} rows={4} maxLength={field.maxLength ?? 4000} defaultValue={field.value} />;
    if (field.kind === "many") return <Many field={field} />;
    if (field.kind === "file") return <FileInput field={field} />;
    if (field.kind === "time") return <TimeInput {...same} of={field} />;
    if (field.kind === "code")
        return (
            <input
                {...same}
                inputMode="numeric"
                autocomplete="one-time-code"
                maxLength={field.maxLength}
                class="code"
            />
        );
    if (field.kind === "yes")
        return <input {...same} type="checkbox" value="yes" defaultChecked={field.value === "yes"} />;
    return (
        <input
            {...same}
            type={field.kind === "secret" ? "password" : (field.kind ?? "text")}
            step={field.kind === "number" ? "any" : undefined}
            list={field.list && `ask-${field.name}-list`}
            autocomplete="off"
            maxLength={field.maxLength ?? 1000}
            defaultValue={field.value}
        />
    );
}

/** The person's own clock in the field, an instant in the answer. */
function TimeInput({ of, name, ...same }: { of: Field; name: string; id: string; required?: boolean }) {
    const ms = Date.parse(of.value ?? "");
    const local = Number.isNaN(ms) ? "" : new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString();
    const [instant, setInstant] = useState(of.value ?? "");
    const take = (event: Event) => {
        const said = Date.parse((event.target as HTMLInputElement).value);
        setInstant(Number.isNaN(said) ? "" : new Date(said).toISOString());
    };
    return (
        <>
            <input {...same} type="datetime-local" defaultValue={local.slice(0, 16)} onInput={take} />
            <input type="hidden" name={name} value={instant} />
        </>
    );
}

const SEEN_AT_ONCE = 8;

/** Several of a list: words narrow down a long one, Space takes. */
function Many({ field }: { field: Field }) {
    const [words, setWords] = useState("");
    const [taken, setTaken] = useState<readonly string[]>((field.value ?? "").split("\n").filter((one) => one !== ""));
    const flip = (value: string) =>
        setTaken(taken.includes(value) ? taken.filter((one) => one !== value) : [...taken, value]);
    const wanted = words.toLowerCase();
    const shown = field.options?.filter(
        ([value, label]) => taken.includes(value) || label.toLowerCase().includes(wanted),
    );
    return (
        <div class="many-of">
            {(field.options?.length ?? 0) > SEEN_AT_ONCE && (
                <input
                    id={`ask-${field.name}`}
                    type="search"
                    autocomplete="off"
                    placeholder={t("ask.narrow")}
                    value={words}
                    onInput={(event) => setWords(event.currentTarget.value)}
                />
            )}
            <ul aria-label={field.label}>
                {shown?.map(([value, label]) => (
                    <li key={value}>
                        <label class="yes">
                            <input type="checkbox" checked={taken.includes(value)} onChange={() => flip(value)} />
                            {label}
                        </label>
                    </li>
                ))}
            </ul>
            <input type="hidden" name={field.name} value={taken.join("\n")} />
        </div>
    );
}

export async function sha256(file: File): Promise<string> {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
    return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The file stays where it is kept; the answer says what proves that it is the same one. */
function FileInput({ field }: { field: Field }) {
    const [of, setOf] = useState<Record<string, unknown> | null>(
        field.value ? (JSON.parse(field.value) as Record<string, unknown>) : null,
    );
    const pick = async (event: Event) => {
        const input = event.target as HTMLInputElement;
        const file = input.files?.[0];
        if (!file) return;
        input.setCustomValidity(t("ask.file.reads")); /* nothing is sent before it is read */
        const digest = await sha256(file);
        input.setCustomValidity("");
        setOf({ name: file.name, sha256: digest, size: file.size, where: of?.where ?? "" });
    };
    return (
        <div class="file-of">
            <input
                id={`ask-${field.name}`}
                type="file"
                required={field.required && !of}
                onChange={(e) => void pick(e)}
            />
            {of && (
                <>
                    <p class="hint">
                        {t("attach.of", { name: String(of.name), size: String(of.size) })}{" "}
                        <code>{String(of.sha256)}</code>
                    </p>
                    <label for={`ask-${field.name}-where`}>{t("attach.where")}</label>
                    <input
                        id={`ask-${field.name}-where`}
                        required
                        maxLength={1000}
                        value={String(of.where)}
                        onInput={(event) => setOf({ ...of, where: event.currentTarget.value })}
                    />
                    <p class="hint">{t("attach.where.hint")}</p>
                </>
            )}
            <input type="hidden" name={field.name} value={of ? JSON.stringify(of) : ""} />
        </div>
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
            {field.list && (
                <datalist id={`ask-${field.name}-list`}>
                    {field.list.map(([value, label]) => (
                        <option key={value} value={value}>
                            {label}
                        </option>
                    ))}
                </datalist>
            )}
            {field.kind !== "choice" && field.kind !== "many" && field.options && <Suggestions field={field} />}
        </div>
    );
}

/**
 * A digit takes a suggestion while nothing has been typed; Enter sends from a choice, too, and Ctrl+Enter from
 * a field of several lines.
 */
function keyTaken(event: KeyboardEvent): void {
    const target = event.target as HTMLInputElement;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey || target.tagName === "SELECT")) {
        event.preventDefault();
        target.form?.requestSubmit();
        return;
    }
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
        dialog.current
            ?.querySelector<HTMLElement>("input:not([type=hidden]), select, textarea, button[type=submit]")
            ?.focus();
    }, [open]);
    if (!open) return null;
    const { question, answer } = open;
    const submit = (event: SubmitEvent) => {
        event.preventDefault();
        const answers: Answers = {};
        for (const [name, value] of new FormData(event.target as HTMLFormElement)) {
            const text = String(value).trim();
            answers[name] = answers[name] && text ? `${answers[name]}\n${text}` : text || (answers[name] ?? "");
        }
        answer(answers);
    };
    return (
        <dialog ref={dialog} aria-labelledby="ask-heading" onCancel={() => answer(null)} onKeyDown={keyTaken}>
            <form onSubmit={submit} class={question.grave ? "grave" : ""}>
                <h2 id="ask-heading">{question.title}</h2>
                {question.text && <p>{question.text}</p>}
                {question.show}
                {question.error && (
                    <p class="problem" role="alert">
                        {question.error}
                    </p>
                )}
                {question.fields.map((field, n) => (
                    <FieldRow key={field.name} field={field} first={n === 0} />
                ))}
                <div class="dialog-foot">
                    <button type="button" onClick={() => answer(null)}>
                        {t("ask.cancel")} <kbd>Esc</kbd>
                    </button>
                    <button type="submit" class="main">
                        {question.confirm}{" "}
                        {question.fields.some((field) => field.kind === "long") && <kbd>Ctrl Enter</kbd>}
                    </button>
                </div>
            </form>
        </dialog>
    );
}
