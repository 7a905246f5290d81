/* The change of shifts: what is open is offered, and taken over item by item. */
import { signal } from "@preact/signals";
import { act } from "../core/act";
import { may, session } from "../core/session";
import { postTitle } from "../core/site";
import { every } from "../core/store";
import { asText, listOf, numberOf, textOf, type Body, type Change } from "../core/wire";
import { askFor } from "../parts/ask";
import { Empty, Facts, Page, Panel } from "../parts/frame";
import { personField } from "../parts/incident_deeds";
import { Left, Time } from "../parts/marks";
import { valueText } from "../parts/values";
import { t } from "../text/text";
import { titleText } from "../text/titles";
import { serverNow, when } from "../text/time";
import { isHidden, isUnacknowledged } from "../core/order";
import { alarms, revision } from "../core/store";
import { beginShift, Shifts } from "./dispatch";

const ticked = signal<ReadonlySet<string>>(new Set());

function keyOf(handover: Change, item: Body): string {
    return `${handover.id}/${asText(item.item)}`;
}

function tickAll(handover: Change, items: readonly Body[]): void {
    ticked.value = new Set([...ticked.value, ...items.map((item) => keyOf(handover, item))]);
}

function addressOf(item: string): string {
    const [subject, id] = item.split(":");
    if (subject === "incident" || subject === "alarm") return `/${subject}/${id}`;
    return "/dispatch";
}

async function offer(): Promise<void> {
    const to = personField("to", t("handover.to"));
    const answers = await askFor({
        title: t("deed.handover-offer"),
        fields: [
            to.kind === "choice"
                ? { ...to, required: false, options: [["", t("handover.anybody")], ...(to.options ?? [])] }
                : { ...to, required: false },
            { name: "text", label: t("handover.text"), kind: "long", hint: t("handover.text.hint") },
        ],
        confirm: t("deed.handover-offer"),
    });
    if (!answers) return;
    const said = Object.fromEntries(Object.entries(answers).filter(([, value]) => value));
    await act("handover-offer", "handover:new", t("nav.handover"), said);
}

async function accept(handover: Change, items: readonly string[]): Promise<void> {
    const answers = await askFor({
        title: t("deed.handover-accept"),
        text: t("handover.accepting", { n: items.length, from: textOf(handover, "from") }),
        fields: [{ name: "text", label: t("handover.remark"), kind: "long" }],
        confirm: t("deed.handover-accept"),
    });
    if (!answers) return;
    await act("handover-accept", `handover:${handover.id}`, t("nav.handover"), {
        handover: handover.id,
        items,
        ...(answers.text ? { text: answers.text } : {}),
    });
    ticked.value = new Set();
}

/** The engine takes a shift for taken over twice as long as the site lets an offer wait, which is a minute at the least. */
const TAKEN_FOR = 2 * 60_000;

function isTaken(shift: Change): boolean {
    return serverNow() - Date.parse(asText(shift.body.accepted_at)) < TAKEN_FOR;
}

function endText(shift: Change): string {
    const name = textOf(shift, "accepted_by");
    return name ? t("shift.end.late", { name, time: when(shift.body.accepted_at) }) : t("shift.end.open");
}

/** What nobody took over asks again: that is said before, not after. */
async function endShift(mine: Change): Promise<void> {
    const open = alarms.size + every("incident").length + every("dispatch").length;
    const answers =
        isTaken(mine) || open === 0
            ? {}
            : await askFor({
                  title: t("deed.shift-end"),
                  text: endText(mine),
                  fields: [],
                  confirm: t("deed.shift-end"),
                  grave: true,
              });
    if (answers) await act("shift-end", "shift:end", session.value?.name ?? "", {});
}

function myShift(): Change | undefined {
    return every("shift").find(
        (shift) => textOf(shift, "person") === session.value?.name && textOf(shift, "state") === "on",
    );
}

function Item({ handover, item, able }: { handover: Change; item: Body; able: boolean }) {
    const key = keyOf(handover, item);
    const open = item.accepted_at === null || item.accepted_at === undefined;
    const toggle = () => {
        const next = new Set(ticked.value);
        if (!next.delete(key)) next.add(key);
        ticked.value = next;
    };
    return (
        <li>
            <label class="yes grow">
                <input
                    type="checkbox"
                    checked={!open || ticked.value.has(key)}
                    disabled={!open || !able}
                    onChange={toggle}
                />
                <span>
                    <a href={addressOf(asText(item.item))}>{titleText(asText(item.text)) || asText(item.item)}</a>{" "}
                    <span class="dim">{valueText("handovers", "why", item.why)}</span>
                </span>
            </label>
            {!open && (
                <span class="dim">
                    {asText(item.accepted_by)}, <Time at={item.accepted_at} />
                </span>
            )}
        </li>
    );
}

function fromText(handover: Change): string {
    const [from, post] = [textOf(handover, "from"), postTitle(textOf(handover, "post"))];
    return post ? t("handover.of", { from, post }) : t("handover.from", { from });
}

function Handover({ handover }: { handover: Change }) {
    const items = listOf(handover, "items");
    const open = items.filter((item) => item.accepted_at === null || item.accepted_at === undefined);
    const to = textOf(handover, "to");
    const me = session.value?.name ?? "";
    const mine = textOf(handover, "from") === me;
    const forMe = may("operator", "supervisor") && !mine && (!to || to === me || may("supervisor"));
    const able = forMe && myShift() !== undefined;
    const chosen = open.filter((item) => ticked.value.has(keyOf(handover, item))).map((item) => asText(item.item));
    return (
        <Panel
            title={fromText(handover)}
            aside={
                handover.body.overdue === true ? (
                    <strong class="late">{t("handover.overdue")}</strong>
                ) : (
                    <Left at={handover.body.due_at} />
                )
            }>
            <Facts
                of={[
                    [t("handover.to"), to || t("handover.anybody")],
                    [t("handover.offered"), <Time at={handover.body.offered_at} />],
                    [t("handover.text"), textOf(handover, "text")],
                ]}
            />
            {items.length === 0 && <Empty>{t("handover.nothing")}</Empty>}
            <ul class="rows">
                {items.map((item) => (
                    <Item key={asText(item.item)} handover={handover} item={item} able={able} />
                ))}
            </ul>
            {numberOf(handover, "more") > 0 && <p>{t("handover.more", { n: numberOf(handover, "more") })}</p>}
            {mine && <p class="dim">{t("handover.waits", { name: to || t("handover.anybody") })}</p>}
            {forMe && !able && <p role="note">{t("handover.off_duty")}</p>}
            {able && open.length > 0 && (
                <div class="deeds">
                    <button
                        type="button"
                        disabled={chosen.length === open.length}
                        onClick={() => tickAll(handover, open)}>
                        {t("handover.all", { n: open.length })}
                    </button>
                    <button
                        type="button"
                        class="main"
                        disabled={chosen.length === 0}
                        onClick={() => void accept(handover, chosen)}>
                        {t("handover.take", { n: chosen.length })}
                    </button>
                    <span class="dim">{t("handover.left", { n: open.length })}</span>
                </div>
            )}
        </Panel>
    );
}

/** What whoever leaves will leave: it is listed by itself in what is handed over. */
function OpenNow() {
    void revision.value;
    const list = [...alarms.values()];
    const counts: readonly (readonly [string, number, string])[] = [
        [t("state.UNACK"), list.filter(isUnacknowledged).length, "/"],
        [t("nav.incidents"), every("incident").length, "/incidents"],
        [t("nav.hidden"), list.filter(isHidden).length, "/hidden"],
        [t("handover.sent"), every("dispatch").length, "/dispatch"],
        [
            t("approval.title"),
            every("approval").filter((one) => textOf(one, "state") === "pending").length,
            "/incidents",
        ],
    ];
    return (
        <Panel title={t("handover.open")}>
            <Facts of={counts.map(([name, n, address]) => [name, <a href={address}>{String(n)}</a>] as const)} />
        </Panel>
    );
}

export function HandoverScreen() {
    const offers = every("handover").filter((handover) => textOf(handover, "state") !== "accepted");
    const mine = myShift();
    const taken = textOf(mine, "accepted_by");
    const able = may("operator", "supervisor");
    return (
        <Page
            title={t("nav.handover")}
            aside={
                able && (
                    <>
                        {!mine && (
                            <button type="button" class="main" onClick={() => void beginShift()}>
                                {t("deed.shift-begin")}
                            </button>
                        )}
                        {mine && (
                            <button type="button" class={taken ? "" : "main"} onClick={() => void offer()}>
                                {t("deed.handover-offer")}
                            </button>
                        )}
                        {mine && (
                            <button type="button" class={taken ? "main" : ""} onClick={() => void endShift(mine)}>
                                {t("deed.shift-end")}
                            </button>
                        )}
                    </>
                )
            }>
            {mine ? (
                <p class="lead">
                    {t("shift.mine", { post: postTitle(textOf(mine, "post")) || "–" })} <Time at={mine.body.began_at} />
                </p>
            ) : (
                <p class="lead">{t("shift.off")}</p>
            )}
            {taken && <p class="lead">{t("shift.taken", { name: taken })}</p>}
            {offers.length === 0 && <Empty>{t("handover.none")}</Empty>}
            {offers.map((handover) => (
                <Handover key={handover.id} handover={handover} />
            ))}
            <div class="columns">
                <OpenNow />
                <Shifts begin={false} />
            </div>
        </Page>
    );
}
