/* One alarm at a glance, with what can be done; beside the queue, and at the head of its own page. */
import { recordAddress, recordByNumber } from "../core/kinds";
import { go } from "../core/router";
import { assetOf, zonePath } from "../core/site";
import { incidentOf, ofIncident } from "../core/store";
import type { Alarm } from "../core/wire";
import { textOf } from "../core/wire";
import { pending } from "../core/act";
import { shownPriority } from "../core/order";
import { Steps } from "../parts/steps";
import { deedsFor, dispatchFor, doTo } from "../parts/deeds";
import { Facts } from "../parts/frame";
import { actorText, Age, AlarmMark, Left, StateText, Tags, Time } from "../parts/marks";
import { may } from "../core/session";
import { t, word } from "../text/text";
import { alarmTitle } from "../text/titles";

export function ZonePath({ zone }: { zone: string }) {
    const path = zonePath(zone);
    if (path.length === 0) return <>{zone}</>;
    return (
        <a href={`/map?zone=${encodeURIComponent(zone)}`}>
            {path
                .map((at) => at.title || at.zone)
                .reverse()
                .join(" › ")}
        </a>
    );
}

export function AssetName({ asset, device }: { asset: string; device: string }) {
    const known = assetOf(asset);
    const name = known?.title || asset || device;
    return device ? <a href={`/history?what=events&device=${encodeURIComponent(device)}`}>{name}</a> : <>{name}</>;
}

export function alarmFacts(alarm: Alarm): (readonly [string, preact.ComponentChildren])[] {
    const incident = incidentOf(alarm.id);
    /* of a record that is overdue: HZ-3/rectify */
    const record = recordByNumber(alarm.device.split("/")[0] ?? "");
    return [
        [t("alarm.zone"), alarm.zone && <ZonePath zone={alarm.zone} />],
        [
            t("nav.record"),
            record && (
                <a href={recordAddress(record)}>
                    {textOf(record, "number")} {textOf(record, "title")}
                </a>
            ),
        ],
        [
            t("alarm.asset"),
            !record && (alarm.asset || alarm.device) && <AssetName asset={alarm.asset} device={alarm.device} />,
        ],
        [t("alarm.hazard"), word("hazard", alarm.hazard)],
        [t("alarm.raised"), <Time at={alarm.raised_at} />],
        [
            t("alarm.acknowledged"),
            alarm.acknowledged_by && (
                <>
                    {actorText(alarm.acknowledged_by)}, <Time at={alarm.acknowledged_at} />
                </>
            ),
        ],
        [t("alarm.until"), alarm.shelved_until && <Left at={alarm.shelved_until} />],
        [t("alarm.service_until"), alarm.out_of_service_until && <Left at={alarm.out_of_service_until} />],
        [t("alarm.work_order"), alarm.work_order],
        [t("alarm.suppressed_by"), alarm.suppressed_by],
        [t("alarm.incident"), incident && <a href={`/incident/${incident.id}`}>{incidentName(incident.id)}</a>],
        [t("incident.owner"), textOf(incident, "owner")],
    ];
}

export function incidentName(id: number): string {
    return t("incident.number", { n: id });
}

export function DeedButtons({ alarm, all }: { alarm: Alarm; all?: boolean }) {
    const deeds = deedsFor([alarm]);
    const leading = deeds.find((deed) => deed.leads?.(alarm));
    const waits = pending(`alarm:${alarm.id}`);
    return (
        <div class="deeds">
            {(all ? deeds : deeds.slice(0, 3)).map((deed) => (
                <button
                    key={deed.verb}
                    type="button"
                    class={deed === leading ? "main" : ""}
                    disabled={waits}
                    onClick={() => void doTo(deed, [alarm])}>
                    {t(deed.label)}
                </button>
            ))}
            {may("operator", "supervisor") && (
                <button type="button" onClick={() => void dispatchFor(alarm)}>
                    {t("deed.dispatch")}
                </button>
            )}
            {waits && (
                <span class="waits" role="status">
                    {t("act.pending")}
                </span>
            )}
        </div>
    );
}

export function AlarmHead({ alarm }: { alarm: Alarm }) {
    return (
        <div class={`alarm-head ${shownPriority(alarm)}`}>
            <AlarmMark alarm={alarm} />
            <div>
                <p class="alarm-words">
                    <strong>{word("priority", shownPriority(alarm))}</strong> · <StateText state={alarm.state} /> ·{" "}
                    <Age at={alarm.raised_at} />
                </p>
                <Tags alarm={alarm} />
            </div>
        </div>
    );
}

export function Summary({ alarm }: { alarm: Alarm }) {
    const incident = incidentOf(alarm.id);
    const steps = incident ? ofIncident("step", incident.id) : [];
    return (
        <div class="summary">
            <AlarmHead alarm={alarm} />
            <h2>{alarmTitle(alarm) || t("alarm.too_long")}</h2>
            <DeedButtons alarm={alarm} />
            <Facts of={alarmFacts(alarm)} />
            {incident && steps.length > 0 && (
                <section aria-label={t("incident.steps")}>
                    <h3>{t("incident.steps")}</h3>
                    <Steps steps={steps} />
                </section>
            )}
            <button type="button" onClick={() => go(`/alarm/${alarm.id}`)}>
                {t("queue.why")} <kbd>Enter</kbd>
            </button>
        </div>
    );
}
