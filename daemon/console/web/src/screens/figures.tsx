/* Figures: the questions that have names, each with what it means, asked for a time and a place, as chart and as table. */
import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../core/api";
import { loadKinds } from "../core/kinds";
import { place, query } from "../core/router";
import { language, theme } from "../core/settings";
import { site } from "../core/site";
import { asText, isBody, type Body } from "../core/wire";
import { Empty, Load, Page, Panel, Table, useLoad } from "../parts/frame";
import { valueText } from "../parts/values";
import { figuresZh } from "../text/figures";
import { t } from "../text/text";
import { when } from "../text/time";
import { columnTitle, Folded } from "./history";

interface Parameter {
    name: string;
    type?: string;
    help?: string;
    required?: boolean;
}

interface Figure {
    name: string;
    title: string;
    definition?: string;
    answers?: string;
    parameters?: Parameter[];
    /** How it is drawn, if it is: of which column, over which. */
    chart?: string | null;
    label?: string | null;
    value?: string | null;
}

interface Answer {
    columns: string[];
    rows: unknown[][];
}

/** The page says it in its own language; the server's words are English. */
function inLanguage(figure: Figure): Figure {
    const said = language.value === "zh" ? figuresZh[figure.name] : undefined;
    if (!said) return figure;
    const parameters = figure.parameters?.map((parameter) => ({ ...parameter, help: undefined }));
    return { ...figure, title: said[0], definition: said[1], answers: "", parameters };
}

const SPANS = ["8h", "24h", "7d", "30d"] as const;
const HOURS: Record<string, number> = { "8h": 8, "24h": 24, "7d": 168, "30d": 720 };

function span(): string {
    const asked = place.value.query.get("span") ?? "";
    return asked in HOURS ? asked : "24h";
}

/** Whole minutes, so that the same question is asked once and not at every look. */
function from(): string {
    const minute = 60_000;
    return new Date(Math.floor(Date.now() / minute) * minute - HOURS[span()]! * 60 * minute).toISOString();
}

function uses(figure: Figure, name: string): boolean {
    return figure.parameters?.some((parameter) => parameter.name === name) ?? false;
}

function wordsOf(figure: Figure): URLSearchParams {
    const words = new URLSearchParams();
    if (uses(figure, "from")) words.set("from", from());
    for (const parameter of figure.parameters ?? []) {
        const said = place.value.query.get(parameter.name);
        if (said && parameter.name !== "from") words.set(parameter.name, said);
    }
    return words;
}

function numberAt(value: unknown): number | null {
    if (value === null || value === "" || typeof value === "boolean") return null;
    const number = Number(value);
    return Number.isFinite(number) ? number : null;
}

function timeAt(value: unknown): number | null {
    const text = asText(value);
    if (!/^\d{4}-\d\d-\d\d/.test(text)) return null;
    const ms = Date.parse(text.replace(" ", "T"));
    return Number.isNaN(ms) ? null : ms / 1000;
}

function isNumeric(answer: Answer, column: number): boolean {
    const filled = answer.rows.filter((row) => row[column] !== null && row[column] !== "");
    return filled.length > 0 && filled.every((row) => numberAt(row[column]) !== null);
}

/* --- charts --- */

function css(name: string): string {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** The date at midnight, the seconds where they tell the ticks apart. */
function axisTimes(ticks: readonly number[]): string[] {
    const two = (n: number) => String(n).padStart(2, "0");
    const seconds = ticks.some((tick) => tick % 60 !== 0);
    return ticks.map((tick) => {
        const at = new Date(tick * 1000);
        if (at.getHours() + at.getMinutes() + at.getSeconds() === 0)
            return `${two(at.getMonth() + 1)}-${two(at.getDate())}`;
        return `${two(at.getHours())}:${two(at.getMinutes())}${seconds ? `:${two(at.getSeconds())}` : ""}`;
    });
}

const HEIGHT = 260;

/** Numbers over a time: a line each, told apart by its dashes and by the legend, not by colour alone. */
function TimeChart({ answer, title, columns }: { answer: Answer; title: string; columns: readonly number[] }) {
    const frame = useRef<HTMLDivElement>(null);
    useEffect(() => {
        let chart: { destroy(): void; setSize(size: { width: number; height: number }): void } | null = null;
        let gone = false;
        void import("uplot").then(({ default: Plot }) => {
            const box = frame.current;
            if (gone || !box) return;
            const rows = answer.rows
                .map((row) => ({ time: timeAt(row[0]), row }))
                .filter((one): one is { time: number; row: unknown[] } => one.time !== null)
                .sort((a, b) => a.time - b.time);
            const axis = {
                stroke: css("--dim"),
                grid: { stroke: css("--line"), width: 0.5 },
                ticks: { stroke: css("--line") },
            };
            chart = new Plot(
                {
                    width: box.clientWidth,
                    height: HEIGHT,
                    legend: { show: columns.length > 1 },
                    axes: [{ ...axis, space: 90, values: (_, ticks) => axisTimes(ticks) }, axis],
                    series: [
                        {
                            label: t("col.time"),
                            value: (_, at) => (at === null ? "–" : when(new Date(at * 1000).toISOString())),
                        },
                        ...columns.map((column, n) => ({
                            label: columnTitle(answer.columns[column]!),
                            stroke: css("--text"),
                            width: 2,
                            dash: [[], [8, 4], [2, 3], [10, 3, 2, 3]][n % 4],
                            points: { show: rows.length < 60 },
                        })),
                    ],
                },
                [rows.map((one) => one.time), ...columns.map((column) => rows.map((one) => numberAt(one.row[column])))],
                box,
            );
        });
        const follow = new ResizeObserver(([one]) => chart?.setSize({ width: one!.contentRect.width, height: HEIGHT }));
        follow.observe(frame.current!);
        return () => {
            gone = true;
            follow.disconnect();
            chart?.destroy();
        };
    }, [answer, theme.value]);
    return <div ref={frame} class="chart" role="img" aria-label={title} />;
}

const BARS = 24;

/** One number of each of several things: bars, the longest first. */
function BarChart({
    figure,
    answer,
    label,
    column,
}: {
    figure: Figure;
    answer: Answer;
    label: number;
    column: number;
}) {
    const rows = answer.rows
        .slice(0, BARS)
        .map((row) => ({ name: cellText(figure, answer, row, label), value: numberAt(row[column]) ?? 0 }));
    const most = Math.max(...rows.map((row) => row.value), 1);
    return (
        <div class="bars" aria-hidden="true">
            {rows.map((row, n) => (
                <div key={n} class="bar">
                    <span class="bar-name">{row.name}</span>
                    <span class="bar-space">
                        <span class="bar-fill" style={{ width: `${(row.value / most) * 100}%` }} />
                    </span>
                    <span class="bar-value">{row.value.toLocaleString()}</span>
                </div>
            ))}
        </div>
    );
}

/** Only what the question says can be drawn; a list of events is a table. */
function Chart({ figure, answer }: { figure: Figure; answer: Answer }) {
    if (!figure.chart || answer.rows.length < 2) return null;
    const column = answer.columns.indexOf(figure.value ?? "");
    const label = answer.columns.indexOf(figure.label ?? "");
    if (column < 0 || label < 0 || !isNumeric(answer, column)) return null;
    if (figure.chart === "line") return <TimeChart answer={answer} title={figure.title} columns={[column]} />;
    return ["bars", "pareto"].includes(figure.chart) ? (
        <BarChart figure={figure} answer={answer} label={label} column={column} />
    ) : null;
}

/** A time as this screen says times; else what the column's words are. */
function cellText(figure: Figure, answer: Answer, row: readonly unknown[], column: number): string {
    const value = row[column];
    if (timeAt(value) !== null) return when(asText(value).replace(" ", "T"));
    const all = Object.fromEntries(answer.columns.map((name, n) => [name, row[n]]));
    return valueText(figure.name, answer.columns[column]!, value, all);
}

function AnswerTable({ figure, answer }: { figure: Figure; answer: Answer }) {
    return (
        <Table
            label={figure.title}
            empty={t("history.none")}
            rows={answer.rows.map((row, n) => ({ row, n }))}
            keyOf={({ n }) => n}
            columns={answer.columns.map((name, column) => ({
                name: columnTitle(name),
                class: isNumeric(answer, column) ? "number" : "",
                cell: ({ row }: { row: unknown[] }) => {
                    const text = cellText(figure, answer, row, column);
                    if (timeAt(row[column]) !== null) return <time>{text}</time>;
                    return isBody(row[column]) ? <Folded text={text} /> : text;
                },
            }))}
        />
    );
}

/** Rows may come as lists or as objects. */
function answerOf(got: { columns?: unknown[]; rows: (unknown[] | Body)[] }): Answer {
    const names = (got.columns ?? Object.keys(got.rows[0] ?? {})).map((column) =>
        typeof column === "string" ? column : asText((column as Body).name),
    );
    return { columns: names, rows: got.rows.map((row) => (Array.isArray(row) ? row : names.map((name) => row[name]))) };
}

function Shown({ figure }: { figure: Figure }) {
    const words = wordsOf(figure).toString();
    const missing = (figure.parameters ?? []).find(
        (parameter) => parameter.required && !place.value.query.get(parameter.name) && parameter.name !== "from",
    );
    const answer = useLoad<Answer>(`${figure.name}?${words}${missing?.name ?? ""}`, async (stop) =>
        missing ? { columns: [], rows: [] } : answerOf(await get(`/figures/${figure.name}?${words}`, stop)),
    );
    const definition = figure.definition || figure.answers;
    return (
        <Panel
            title={figure.title}
            aside={
                definition && (
                    <details class="definition">
                        <summary>{t("figures.definition")}</summary>
                        <p>{definition}</p>
                    </details>
                )
            }>
            <Parameters figure={figure} />
            {missing ? (
                <Empty>{t("figures.missing", { name: columnTitle(missing.name) })}</Empty>
            ) : (
                <Load of={answer}>
                    {(value) => (
                        <>
                            <Chart figure={figure} answer={value} />
                            <AnswerTable figure={figure} answer={value} />
                        </>
                    )}
                </Load>
            )}
        </Panel>
    );
}

function Parameters({ figure }: { figure: Figure }) {
    const own = (figure.parameters ?? []).filter(
        (parameter) => !["from", "to", "limit", "journal"].includes(parameter.name),
    );
    return (
        <div class="filters">
            {uses(figure, "from") && (
                <div class="field">
                    <label for="f-span">{t("figures.span")}</label>
                    <select id="f-span" value={span()} onChange={(event) => query({ span: event.currentTarget.value })}>
                        {SPANS.map((one) => (
                            <option key={one} value={one}>
                                {t(`figures.${one}`)}
                            </option>
                        ))}
                    </select>
                </div>
            )}
            {own.map((parameter) => (
                <div key={parameter.name} class="field">
                    <label for={`f-${parameter.name}`}>{columnTitle(parameter.name)}</label>
                    <input
                        id={`f-${parameter.name}`}
                        list={parameter.name === "zone" ? "zones" : undefined}
                        value={place.value.query.get(parameter.name) ?? ""}
                        title={parameter.help}
                        onChange={(event) => query({ [parameter.name]: event.currentTarget.value.trim() })}
                    />
                </div>
            ))}
            <datalist id="zones">
                {site.value.zones.map((zone) => (
                    <option key={zone.zone} value={zone.zone}>
                        {zone.title}
                    </option>
                ))}
            </datalist>
        </div>
    );
}

/** What is opened where nothing is asked for is the first one: it is there to be seen at once. */
function chartsFirst(figures: readonly Figure[]): Figure[] {
    return [...figures.filter((figure) => figure.chart), ...figures.filter((figure) => !figure.chart)];
}

/** The list scrolls to the chosen one, if that is out of sight; the page does not. */
function showIn(list: HTMLElement): void {
    const chosen = list.querySelector<HTMLElement>("[aria-current]");
    if (!chosen) return;
    const [box, own] = [list.getBoundingClientRect(), chosen.getBoundingClientRect()];
    if (own.top < box.top || own.bottom > box.bottom) list.scrollTop += own.top - box.top - box.height / 3;
}

/** The questions, those with a chart first; a word finds the others. The chosen one is in sight. */
function FigureList({ figures, chosen }: { figures: readonly Figure[]; chosen: Figure | undefined }) {
    const [wanted, setWanted] = useState("");
    const list = useRef<HTMLUListElement>(null);
    useEffect(() => showIn(list.current!), [chosen?.name]);
    const found = figures.filter((figure) =>
        `${figure.name} ${figure.title}`.toLowerCase().includes(wanted.trim().toLowerCase()),
    );
    return (
        <div>
            <div class="field">
                <label for="f-find">{t("figures.find")}</label>
                <input
                    id="f-find"
                    maxLength={80}
                    value={wanted}
                    onInput={(event) => setWanted(event.currentTarget.value)}
                />
            </div>
            <ul ref={list} class="figure-list" aria-label={t("nav.figures")}>
                {found.map((figure) => (
                    <li key={figure.name}>
                        <a
                            href={`/figures?figure=${encodeURIComponent(figure.name)}&span=${span()}`}
                            aria-current={figure === chosen ? "true" : undefined}>
                            {figure.title}
                            {figure.chart && <span class="tag">{t("figures.chart")}</span>}
                        </a>
                    </li>
                ))}
            </ul>
        </div>
    );
}

export function FiguresScreen() {
    const list = useLoad<{ figures: Figure[] }>("figures", (stop) => get("/figures", stop));
    useLoad("kinds", loadKinds);
    return (
        <Page title={t("nav.figures")} wide>
            <Load of={list}>
                {(value) => {
                    const figures = chartsFirst(value.figures.map(inLanguage));
                    const chosen =
                        figures.find((figure) => figure.name === place.value.query.get("figure")) ?? figures[0];
                    return (
                        <div class="figures">
                            <FigureList figures={figures} chosen={chosen} />
                            <div>{chosen && <Shown key={chosen.name} figure={chosen} />}</div>
                        </div>
                    );
                }}
            </Load>
        </Page>
    );
}
