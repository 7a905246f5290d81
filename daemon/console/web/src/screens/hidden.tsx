/* Shelved, suppressed and out of service: what is hidden from the queue, the oldest first, by whom and why. */
import { isHidden } from "../core/order";
import { zoneTitle } from "../core/site";
import { may } from "../core/session";
import { alarms, recent, revision } from "../core/store";
import type { Alarm, State } from "../core/wire";
import { deedsFor, doTo } from "../parts/deeds";
import { Page, Panel, Table } from "../parts/frame";
import { actorText, Age, AlarmMark, Left } from "../parts/marks";
import { t, word } from "../text/text";
import { alarmTitle } from "../text/titles";

const GROUPS: readonly State[] = ["SHLVD", "DSUPR", "OOSRV"];
const CAUSES = ["SHELVE", "SUPPRESS", "OUT_OF_SERVICE"];

function whyOf(alarm: Alarm): string {
    const hidden = recent
        .filter((past) => past.transition.alarm.id === alarm.id && CAUSES.includes(past.transition.cause))
        .at(-1);
    const said = hidden ? `${actorText(hidden.transition.actor)}: ${hidden.transition.reason}` : "";
    return [alarm.work_order, alarm.suppressed_by, said].filter((text) => text).join(" · ");
}

function untilOf(alarm: Alarm): string | null {
    return alarm.state === "OOSRV" ? alarm.out_of_service_until : alarm.shelved_until;
}

export function HiddenScreen() {
    void revision.value;
    const hidden = [...alarms.values()].filter(isHidden).sort((a, b) => (a.changed_at < b.changed_at ? -1 : 1));
    return (
        <Page title={t("nav.hidden")} wide>
            {GROUPS.map((state) => (
                <Panel key={state} title={word("state", state)}>
                    <Table
                        label={word("state", state)}
                        empty={t("hidden.none")}
                        rows={hidden.filter((alarm) => alarm.state === state)}
                        keyOf={(alarm) => alarm.id}
                        columns={[
                            {
                                name: t("queue.what"),
                                cell: (alarm) => (
                                    <>
                                        <AlarmMark alarm={alarm} />{" "}
                                        <a href={`/alarm/${alarm.id}`}>{alarmTitle(alarm)}</a>
                                    </>
                                ),
                            },
                            { name: t("queue.where"), cell: (alarm) => zoneTitle(alarm.zone) },
                            { name: t("hidden.active"), cell: (alarm) => (alarm.regions.active ? t("yes") : t("no")) },
                            { name: t("hidden.since"), cell: (alarm) => <Age at={alarm.changed_at} /> },
                            {
                                name: t("hidden.until"),
                                cell: (alarm) => (untilOf(alarm) ? <Left at={untilOf(alarm)} /> : t("hidden.open")),
                            },
                            { name: t("hidden.why"), cell: whyOf },
                            {
                                name: t("queue.tools"),
                                unless: () => !may("supervisor", "maintenance"),
                                cell: (alarm) =>
                                    deedsFor([alarm])
                                        .filter((deed) => ["unshelve", "return-to-service"].includes(deed.verb))
                                        .map((deed) => (
                                            <button
                                                key={deed.verb}
                                                type="button"
                                                class="small"
                                                onClick={() => void doTo(deed, [alarm])}>
                                                {t(deed.label)}
                                            </button>
                                        )),
                            },
                        ]}
                    />
                </Panel>
            ))}
        </Page>
    );
}
