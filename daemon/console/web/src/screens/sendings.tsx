/* What the notifier sends of a record: to whom, by which channel, how often it was tried, and what the other side said. */
import { useEffect } from "preact/hooks";
import { get } from "../core/api";
import { every } from "../core/store";
import { asText, textOf, type Body, type Change } from "../core/wire";
import { Panel, useLoad } from "../parts/frame";
import { Time } from "../parts/marks";
import { t, word } from "../text/text";

interface Sending {
    notification: number;
    recipient: string;
    channel: string;
    result: string;
    attempt: number;
    answer: string;
    at: unknown;
}

function ofRow(row: Body): Sending {
    return {
        notification: Number(row.notification),
        recipient: asText(row.recipient),
        channel: asText(row.channel),
        result: asText(row.result),
        attempt: Number(row.attempt),
        answer: asText(row.answer),
        at: row.at,
    };
}

function ofChange(change: Change): Sending {
    return {
        notification: change.id,
        recipient: textOf(change, "recipient"),
        channel: textOf(change, "channel"),
        result: textOf(change, "state"),
        attempt: Number(change.body.attempts),
        answer: textOf(change, "answer"),
        at: change.time,
    };
}

function isOf(record: number, change: Change): boolean {
    const of = change.body.record;
    return typeof of === "object" && of !== null && Number((of as Body).id) === record;
}

/** The newest word of each: history has those that are over, the feed those that go on. */
function newest(rows: readonly Sending[], live: readonly Change[]): Sending[] {
    const found = new Map<number, Sending>();
    for (const row of rows) if (!found.has(row.notification)) found.set(row.notification, row);
    for (const change of live) found.set(change.id, ofChange(change));
    return [...found.values()].sort((a, b) => b.notification - a.notification);
}

export function Sendings({ record }: { record: Change }) {
    const live = every("notification").filter((change) => isOf(record.id, change));
    const key = `sent-${record.id}.${record.version}.${live.map((one) => `${one.id}.${one.version}`).join()}`;
    const past = useLoad<{ rows: Body[] }>(key, (stop) =>
        get(`/history/record-sendings?record=${record.id}&limit=500`, stop),
    );
    useEffect(() => {
        const timer = window.setTimeout(past.again, 1000); /* history is stored a moment after it happened */
        return () => window.clearTimeout(timer);
    }, [key]);
    const all = newest((past.value?.rows ?? []).map(ofRow), live);
    if (all.length === 0) return null;
    return (
        <Panel title={t("records.sent")}>
            <ul class="rows notes sendings">
                {all.map((one) => (
                    <li key={one.notification}>
                        <span class="grow">
                            {one.recipient} · {one.channel}
                            {one.answer && <q> {one.answer}</q>}
                        </span>
                        <span class={["given-up", "undelivered"].includes(one.result) ? "late" : ""}>
                            {word("told", one.result)}
                            {one.attempt > 0 && ` (${t("records.attempts", { n: one.attempt })})`} <Time at={one.at} />
                        </span>
                    </li>
                ))}
            </ul>
        </Panel>
    );
}
