/* The live queue: what is to be looked at now, the right thing first. */
import { computed, signal } from "@preact/signals";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { gather, plain, type Row, type Rows } from "../core/gather";
import { screenKeys, type Binding } from "../core/keys";
import { isUnacknowledged, shownPriority } from "../core/order";
import { go } from "../core/router";
import { zoneTitle } from "../core/site";
import { alarms, groups, incidentOf, queue, revision } from "../core/store";
import type { Alarm } from "../core/wire";
import { textOf } from "../core/wire";
import { gathered, gathers } from "../core/flood";
import { DEEDS, deedsFor, dispatchFor, doTo } from "../parts/deeds";
import { actorText, Age, AlarmMark, StateText, Tags } from "../parts/marks";
import { emptyText } from "../parts/banners";
import { Empty } from "../parts/frame";
import { VirtualGrid } from "../parts/virtual";
import { t, word } from "../text/text";
import { alarmTitle } from "../text/titles";
import { may } from "../core/session";
import { pending } from "../core/act";
import { Summary } from "./alarm_summary";

const at = signal(0);
const chosen = signal<ReadonlySet<number>>(new Set());
const opened = signal<ReadonlySet<string>>(new Set());
/** Grows with every move: the row that is meant comes into view, even if it is the same one. */
const moves = signal(0);
let index = 0;
let anchor = 0;

const rows = computed<Rows>(() => {
    void revision.value;
    return gathers.value ? gather(queue, groups, opened.value, ownerOf) : plain(queue, ownerOf);
});

function rowAt(): Row | undefined {
    const list = rows.value;
    const n = list.indexOf(at.value);
    return n < 0 ? undefined : list.at(n);
}

/** What an act is about: the chosen ones, or the row that is meant, with all that it holds. */
function meant(): Alarm[] {
    const ids = [...chosen.value].filter((id) => alarms.has(id));
    if (ids.length) return ids.map((id) => alarms.get(id)!);
    const row = rowAt();
    return row ? [...(row.held ?? [row.alarm])] : [];
}

function moveTo(n: number): void {
    const list = rows.value;
    if (list.length === 0) return;
    index = Math.min(Math.max(n, 0), list.length - 1);
    at.value = list.at(index).key;
    moves.value++;
}

function move(by: number): void {
    const found = rows.value.indexOf(at.value);
    moveTo((found < 0 ? index : found) + by);
}

/** The next row that waits for an acknowledgement, from the one that is meant on; then from the top. */
function nextUnacknowledged(): void {
    const list = rows.value;
    const from = list.indexOf(at.value);
    for (let step = 1; step <= list.length; step++) {
        const n = (from + step) % list.length;
        if (isUnacknowledged(list.at(n).alarm)) return moveTo(n);
    }
}

function toggle(row: Row | undefined): void {
    if (!row) return;
    const ids = (row.held ?? [row.alarm]).map((alarm) => alarm.id);
    const next = new Set(chosen.value);
    const all = ids.every((id) => next.has(id));
    for (const id of ids) {
        if (all) next.delete(id);
        else next.add(id);
    }
    chosen.value = next;
}

function chooseTo(row: Row): void {
    const list = rows.value;
    const from = list.indexOf(anchor);
    const to = list.indexOf(row.key);
    const [low, high] = from < to ? [from, to] : [to, from];
    const next = new Set(chosen.value);
    for (let n = Math.max(low, 0); n <= high; n++) {
        const one = list.at(n);
        for (const alarm of one.held ?? [one.alarm]) next.add(alarm.id);
    }
    chosen.value = next;
}

function onAt(row: Row, event: MouseEvent): void {
    at.value = row.key;
    if (event.shiftKey) chooseTo(row);
    else if (event.ctrlKey || event.metaKey) toggle(row);
    else if (row.held) unfold(row);
    if (!event.shiftKey) anchor = row.key;
}

function unfold(row: Row): void {
    const next = new Set(opened.value);
    if (!next.delete(row.by)) next.add(row.by);
    opened.value = next;
}

function open(row: Row | undefined): void {
    if (row?.held) unfold(row);
    else if (row) go(`/alarm/${row.alarm.id}`);
}

function clearChosen(): void {
    chosen.value = new Set();
}

async function deed(verb: string): Promise<void> {
    const found = DEEDS.find((one) => one.verb === verb)!;
    await doTo(found, meant());
    clearChosen();
}

function dispatchMeant(): void {
    const first = meant()[0];
    if (first && may("operator", "supervisor")) void dispatchFor(first);
}

const KEYS: readonly Binding[] = [
    { keys: ["j", "ArrowDown"], shown: "j ↓", help: "key.down", run: () => move(1) },
    { keys: ["k", "ArrowUp"], shown: "k ↑", help: "key.up", run: () => move(-1) },
    { keys: ["PageDown"], shown: "PgDn", help: "key.page_down", run: () => move(15) },
    { keys: ["PageUp"], shown: "PgUp", help: "key.page_up", run: () => move(-15) },
    { keys: ["Home"], shown: "Home", help: "key.first", run: () => moveTo(0) },
    { keys: ["End"], shown: "End", help: "key.last", run: () => moveTo(rows.value.length - 1) },
    { keys: ["n"], shown: "n", help: "key.next", run: nextUnacknowledged },
    { keys: ["Enter"], shown: "Enter", help: "key.open", run: () => open(rowAt()) },
    { keys: ["x", " "], shown: "x Space", help: "key.choose", run: () => toggle(rowAt()) },
    { keys: ["Escape"], shown: "Esc", help: "key.none", run: clearChosen },
    { keys: ["d"], shown: "d", help: "deed.dispatch", run: dispatchMeant },
    {
        keys: ["c"],
        shown: "c",
        help: "key.gather",
        run: () => {
            gathered.value = !gathers.value;
        },
    },
    ...DEEDS.map((one) => ({ keys: [one.key], shown: one.key, help: one.label, run: () => void deed(one.verb) })),
];

function Head() {
    const names = ["queue.priority", "queue.what", "queue.where", "queue.state", "queue.age", "queue.who"] as const;
    return (
        <>
            {names.map((name) => (
                <div key={name} role="columnheader" class={name.slice(6)}>
                    {t(name)}
                </div>
            ))}
        </>
    );
}

function Cells({ row }: { row: Row }) {
    const { alarm } = row;
    const waits = pending(`alarm:${alarm.id}`);
    return (
        <>
            <div role="gridcell" class="priority">
                <AlarmMark alarm={alarm} />
                <span>{word("priority", shownPriority(alarm))}</span>
            </div>
            <div role="gridcell" class="what">
                {row.held && <span class="many">{t("queue.many", { n: row.held.length })}</span>}
                <span class="title" title={alarmTitle(alarm)}>
                    {alarmTitle(alarm) || t("alarm.too_long")}
                </span>
                <Tags alarm={alarm} />
            </div>
            <div role="gridcell" class="where">
                <span>{zoneTitle(alarm.zone) || alarm.device}</span>
            </div>
            <div role="gridcell" class="state">
                {waits ? <span class="waits">{t("act.pending")}</span> : <StateText state={alarm.state} />}
            </div>
            <div role="gridcell" class="age">
                <Age at={alarm.raised_at} />
            </div>
            <div role="gridcell" class="who">
                <span>{whoOf(row)}</span>
            </div>
        </>
    );
}

function ownerOf(alarm: Alarm): string {
    return textOf(incidentOf(alarm.id), "owner");
}

function whoOf({ owner, alarm }: Row): string {
    return owner || (isUnacknowledged(alarm) ? "" : actorText(alarm.acknowledged_by));
}

function allChosen(row: Row): boolean {
    if (chosen.value.size === 0) return false;
    return (row.held ?? [row.alarm]).every((alarm) => chosen.value.has(alarm.id));
}

function keyOf(row: Row): number {
    return row.key;
}

function classOf(row: Row): string {
    const unacknowledged = isUnacknowledged(row.alarm) ? "unack" : "";
    return `${shownPriority(row.alarm)} ${unacknowledged} ${row.inside ? "inside" : ""}`;
}

function Tools() {
    const list = meant();
    return (
        <div class="tools" role="toolbar" aria-label={t("queue.tools")}>
            {deedsFor(list).map((one) => (
                <button key={one.verb} type="button" onClick={() => void deed(one.verb)}>
                    {t(one.label)} <kbd>{one.key}</kbd>
                </button>
            ))}
            {list.length > 0 && may("operator", "supervisor") && (
                <button type="button" onClick={dispatchMeant}>
                    {t("deed.dispatch")} <kbd>d</kbd>
                </button>
            )}
            {chosen.value.size > 0 && (
                <button type="button" onClick={clearChosen}>
                    {t("queue.chosen", { n: chosen.value.size })} <kbd>Esc</kbd>
                </button>
            )}
        </div>
    );
}

export function QueueScreen() {
    useLayoutEffect(() => {
        screenKeys.value = KEYS;
        document.title = `${t("nav.queue")} – Wardwatch`;
        return () => {
            screenKeys.value = [];
        };
    }, []);
    const list = rows.value;
    const found = list.indexOf(at.value);
    if (found >= 0) index = found;
    useEffect(() => {
        if (found < 0 && list.length) moveTo(index);
    });
    const row = rowAt();
    return (
        <section class="queue">
            <h1 class="unseen">{t("nav.queue")}</h1>
            <div class="queue-list">
                <Tools />
                {list.length === 0 ? (
                    <Empty>{emptyText()}</Empty>
                ) : (
                    <VirtualGrid
                        label={t("nav.queue")}
                        head={<Head />}
                        rows={list}
                        keyOf={keyOf}
                        at={at.value}
                        shown={moves.value}
                        height={46}
                        cells={Cells}
                        classOf={classOf}
                        chosen={allChosen}
                        onAt={onAt}
                        onOpen={open}
                    />
                )}
            </div>
            <aside class="queue-side" aria-label={t("queue.side")}>
                {row ? <Summary alarm={row.alarm} /> : <Empty>{t("queue.none")}</Empty>}
            </aside>
        </section>
    );
}
