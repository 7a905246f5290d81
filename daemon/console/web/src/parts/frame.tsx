/* What screens are made of. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../core/api";
import { t, type Key } from "../text/text";

export function Page(props: {
    title: string;
    aside?: ComponentChildren;
    children: ComponentChildren;
    /** As wide as the screen. */
    wide?: boolean;
    /** As high as the screen, too, where that is high enough: its parts scroll, not the page. */
    fill?: boolean;
}) {
    const heading = useRef<HTMLHeadingElement>(null);
    useEffect(() => {
        document.title = `${props.title} – Wardwatch`;
    }, [props.title]);
    return (
        <section class={`page ${props.wide ? "wide" : ""} ${props.fill ? "fill" : ""}`}>
            <header class="page-head">
                <h1 ref={heading} tabIndex={-1}>
                    {props.title}
                </h1>
                <div class="page-aside">{props.aside}</div>
            </header>
            {props.children}
        </section>
    );
}

export function Panel(props: {
    title: string;
    aside?: ComponentChildren;
    children: ComponentChildren;
    class?: string;
}) {
    return (
        <section class={`panel ${props.class ?? ""}`} aria-label={props.title}>
            <header class="panel-head">
                <h2>{props.title}</h2>
                <div class="panel-aside">{props.aside}</div>
            </header>
            {props.children}
        </section>
    );
}

export function Facts({ of }: { of: readonly (readonly [string, ComponentChildren])[] }) {
    const shown = of.filter(([, value]) => value !== "" && value !== null && value !== undefined && value !== false);
    return (
        <dl class="facts">
            {shown.map(([name, value]) => (
                <div key={name}>
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                </div>
            ))}
        </dl>
    );
}

export function Empty({ children }: { children: ComponentChildren }) {
    return <p class="empty">{children}</p>;
}

export interface Column<Row> {
    name: string;
    cell: (row: Row) => ComponentChildren;
    class?: string;
    /** It is left out if there is nothing in it. */
    unless?: (rows: readonly Row[]) => boolean;
}

/** A list of things; the first column is the row's header. Long ones are cut with a button for more. */
export function Table<Row>(props: {
    label: string;
    columns: readonly Column<Row>[];
    rows: readonly Row[];
    keyOf: (row: Row) => string | number;
    classOf?: (row: Row) => string;
    empty: string;
}) {
    const [most, setMost] = useState(200);
    if (props.rows.length === 0) return <Empty>{props.empty}</Empty>;
    const columns = props.columns.filter((column) => !column.unless?.(props.rows));
    return (
        <div class="table-frame" role="region" aria-label={props.label} tabIndex={0}>
            <table>
                <thead>
                    <tr>
                        {columns.map((column) => (
                            <th key={column.name} scope="col" class={column.class}>
                                {column.name}
                            </th>
                        ))}
                    </tr>
                </thead>
                <tbody>
                    {props.rows.slice(0, most).map((row) => (
                        <tr key={props.keyOf(row)} class={props.classOf?.(row)}>
                            {columns.map((column) => (
                                <td key={column.name} class={column.class}>
                                    {column.cell(row)}
                                </td>
                            ))}
                        </tr>
                    ))}
                </tbody>
            </table>
            {props.rows.length > most && (
                <button type="button" onClick={() => setMost(most * 2)}>
                    {t("table.more", { n: props.rows.length - most })}
                </button>
            )}
        </div>
    );
}

/** Those that people meet often, in the page's words. */
const PROBLEMS: Readonly<Record<string, Key>> = {
    "database-away": "error.database",
    "engine-away": "error.engine",
    refused: "login.refused",
    unreachable: "error.unreachable",
    weak: "refusal.weak",
};

export function problemText(error: unknown): string {
    if (!(error instanceof ApiError)) return t("error.unknown");
    const { name, text, cure } = error.problem;
    const said = PROBLEMS[name];
    if (said) return t(said);
    if (error.problem.status === 403) return t("error.role");
    return cure ? `${text} – ${cure}` : text;
}

export function Problem({ error, again }: { error: unknown; again?: () => void }) {
    return (
        <div class="problem" role="alert">
            <p>{problemText(error)}</p>
            {again && (
                <button type="button" onClick={again}>
                    {t("error.again")}
                </button>
            )}
        </div>
    );
}

export interface Loaded<T> {
    value: T | null;
    error: unknown;
    loading: boolean;
    again: () => void;
}

/** Loads when `key` changes, and when asked again; what was there stays until the new is. */
export function useLoad<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
    const [turn, setTurn] = useState(0);
    const [got, setGot] = useState<{ key: string; value: T | null; error: unknown }>({
        key: "",
        value: null,
        error: null,
    });
    useEffect(() => {
        const stop = new AbortController();
        load(stop.signal).then(
            (value) => !stop.signal.aborted && setGot({ key, value, error: null }),
            (error: unknown) =>
                !stop.signal.aborted && setGot((old) => ({ key, value: old.key === key ? old.value : null, error })),
        );
        return () => stop.abort();
    }, [key, turn]);
    const mine = got.key === key;
    return {
        value: mine ? got.value : null,
        error: mine ? got.error : null,
        loading: !mine,
        again: () => setTurn((n) => n + 1),
    };
}

/** What is loaded, or why not yet. */
export function Load<T>({ of, children }: { of: Loaded<T>; children: (value: T) => ComponentChildren }) {
    return (
        <>
            {of.error !== null && <Problem error={of.error} again={of.again} />}
            {of.value === null && of.error === null && (
                <p class="empty" role="status">
                    {t("loading")}
                </p>
            )}
            {of.value !== null && children(of.value)}
        </>
    );
}
