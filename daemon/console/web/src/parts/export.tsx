/* Files that the server prepares: what a search finds, case bundles, reports; with how far each is. */
import { signal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get, post, urlOf } from "../core/api";
import { t, word } from "../text/text";
import { problemText } from "./frame";

interface Export {
    export: string;
    what: string;
    format: string;
    state: string;
    rows: number;
    total: number | null;
    trouble?: string | null;
}

/** One at a time, of one screen. */
export interface Exporting {
    now: Signal<Export | null>;
    problem: Signal<string>;
    /** `query`: as in an address. */
    begin: (what: string, format: string, query: string) => Promise<void>;
}

const MADE = ["case", "report"];
const OVER = ["done", "cancelled", "failed"];

function fetchFile(is: Export): void {
    const link = document.createElement("a");
    link.href = urlOf(`/exports/${is.export}/data`);
    link.download = "";
    link.click();
}

export function exporting(): Exporting {
    const now = signal<Export | null>(null);
    const problem = signal("");
    const begin = async (what: string, format: string, query: string) => {
        problem.value = "";
        try {
            now.value = await post<Export>("/exports", { what, format, query });
        } catch (error) {
            problem.value = problemText(error);
            return;
        }
        if (!MADE.includes(what)) fetchFile(now.value); // what is made is fetched when it is there
    };
    return { now, problem, begin };
}

/** The next state; a file that has just become ready is fetched. */
async function look(of: Exporting, is: Export): Promise<void> {
    let next: Export;
    try {
        next = await get<Export>(`/exports/${is.export}`);
    } catch {
        next = { ...is, state: "failed" };
    }
    if (of.now.value !== is) return;
    of.now.value = next;
    if (MADE.includes(next.what) && is.state === "making" && next.state === "waiting") fetchFile(next);
}

async function cancel(of: Exporting, id: string): Promise<void> {
    try {
        await post(`/exports/${id}/cancel`, {});
    } catch (error) {
        of.problem.value = problemText(error);
    }
}

export function ExportProgress({ of }: { of: Exporting }) {
    const is = of.now.value;
    useEffect(() => {
        if (!is || OVER.includes(is.state)) return undefined;
        const timer = window.setTimeout(() => void look(of, is), 700);
        return () => window.clearTimeout(timer);
    }, [is]);
    if (of.problem.value) return <p role="alert">{of.problem.value}</p>;
    if (!is) return null;
    const values = { state: word("export", is.state), rows: is.rows, total: is.total ?? "?" };
    return (
        <div class="export" role="status">
            <progress
                max={is.total ?? undefined}
                value={is.total === null ? undefined : is.rows}
                aria-label={t("export.title")}
            />{" "}
            {t(MADE.includes(is.what) ? "export.parts" : "export.progress", values)}
            {is.trouble && ` – ${is.trouble}`}{" "}
            {!OVER.includes(is.state) && (
                <button type="button" class="small" onClick={() => void cancel(of, is.export)}>
                    {t("ask.cancel")}
                </button>
            )}
        </div>
    );
}
