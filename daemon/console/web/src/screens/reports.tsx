/* Reports: those of a day, a week, a month, to be shown, printed and kept; and those that authorities must have. */
import { get, urlOf } from "../core/api";
import { kindOf, loadKinds, said } from "../core/kinds";
import { place, query } from "../core/router";
import { site } from "../core/site";
import { asText, type Body } from "../core/wire";
import { ExportProgress, exporting } from "../parts/export";
import { Load, Page, Panel, Table, useLoad } from "../parts/frame";
import { Time } from "../parts/marks";
import { instantOf, TimeField, wholeTime } from "../parts/time_field";
import { valueText } from "../parts/values";
import { t, word } from "../text/text";
import { HAZARDS } from "./history";

interface Report {
    report: string;
    title: string;
    period: string;
}

const exported = exporting();

/** What the fields say, as the server wants it. */
function asked(): Record<string, string> {
    const said: Record<string, string> = { timezone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC" };
    for (const name of ["from", "to"]) {
        const text = place.value.query.get(name);
        if (text) said[name] = instantOf(text);
    }
    for (const name of ["zone", "hazard"]) {
        const text = place.value.query.get(name);
        if (text) said[name] = text;
    }
    return said;
}

function Choice({ name, label, of }: { name: string; label: string; of: readonly (readonly [string, string])[] }) {
    return (
        <div class="field">
            <label for={`r-${name}`}>{label}</label>
            <select id={`r-${name}`} name={name} value={place.value.query.get(name) ?? ""}>
                <option value="">{t("history.any")}</option>
                {of.map(([value, title]) => (
                    <option key={value} value={value}>
                        {title}
                    </option>
                ))}
            </select>
        </div>
    );
}

function Fields() {
    const submit = (event: SubmitEvent) => {
        event.preventDefault();
        const said: Record<string, string> = {};
        for (const [name, value] of new FormData(event.target as HTMLFormElement)) said[name] = String(value).trim();
        for (const name of ["from", "to"]) said[name] = wholeTime(said[name] ?? "");
        query(said);
    };
    return (
        <form class="filters" onSubmit={submit}>
            {(["from", "to"] as const).map((name) => (
                <TimeField
                    key={name}
                    id={`r-${name}`}
                    name={name}
                    label={t(`history.${name}`)}
                    value={place.value.query.get(name) ?? ""}
                />
            ))}
            <Choice
                name="zone"
                label={t("alarm.zone")}
                of={site.value.zones.map((zone) => [zone.zone, zone.title || zone.zone] as const)}
            />
            <Choice
                name="hazard"
                label={t("alarm.hazard")}
                of={HAZARDS.map((one) => [one, word("hazard", one)] as const)}
            />
            <button type="submit" class="main">
                {t("reports.use")}
            </button>
        </form>
    );
}

function Links({ report }: { report: Report }) {
    const words = asked();
    const keep = (format: string) =>
        void exported.begin("report", format, new URLSearchParams({ ...words, report: report.report }).toString());
    return (
        <span class="deeds">
            <a href={urlOf(`/reports/${report.report}`, { ...words, format: "html" })} target="_blank" rel="noreferrer">
                {t("reports.show")}
            </a>
            {["html", "csv", "json", "text"].map((format) => (
                <button key={format} type="button" class="small" onClick={() => keep(format)}>
                    {format.toUpperCase()}
                </button>
            ))}
        </span>
    );
}

/** With all its versions is the screen of records; here is what is due, and what was sent when. */
function Statutory() {
    const rows = useLoad<{ rows: Body[] }>("statutory", (stop) => get("/records/report?limit=200", stop));
    return (
        <Panel title={t("reports.statutory")}>
            <Load of={rows}>
                {(value) => (
                    <Table
                        label={t("reports.statutory")}
                        empty={t("history.none")}
                        rows={value.rows}
                        keyOf={(row) => asText(row.record)}
                        columns={[
                            { name: t("records.number"), cell: (row) => asText(row.number) },
                            { name: t("reports.what"), cell: (row) => asText(fieldsOf(row).what) || asText(row.label) },
                            { name: t("reports.authority"), cell: (row) => said(asText(fieldsOf(row).authority)) },
                            { name: t("queue.state"), cell: (row) => word("report.state", asText(row.state)) },
                            { name: t("reports.deadline"), cell: (row) => <Time at={fieldsOf(row).deadline} /> },
                            { name: t("reports.overdue"), cell: (row) => overdueOf(row) },
                        ]}
                    />
                )}
            </Load>
        </Panel>
    );
}

function fieldsOf(row: Body): Body {
    return (row.fields ?? {}) as Body;
}

function overdueOf(row: Body): string {
    const clocks = (row.clocks ?? {}) as Record<string, { overdue: boolean }>;
    const over = Object.keys(clocks).filter((name) => clocks[name]!.overdue);
    return valueText("statutory", "clock", over);
}

export function ReportsScreen() {
    useLoad("kinds", loadKinds);
    const reports = useLoad<{ reports: Report[] }>("reports", (stop) => get("/reports", stop));
    return (
        <Page title={t("nav.reports")} wide>
            <Fields key={place.value.query.toString()} />
            <ExportProgress of={exported} />
            <Panel title={t("nav.reports")}>
                <p class="dim">{t("reports.how")}</p>
                <Load of={reports}>
                    {(value) => (
                        <Table
                            label={t("nav.reports")}
                            empty={t("history.none")}
                            rows={value.reports}
                            keyOf={(report) => report.report}
                            columns={[
                                { name: t("reports.what"), cell: (report) => word("report", report.report) },
                                { name: t("reports.period"), cell: (report) => word("period", report.period) },
                                { name: t("reports.get"), cell: (report) => <Links report={report} /> },
                            ]}
                        />
                    )}
                </Load>
            </Panel>
            {kindOf("report") && <Statutory />}
        </Page>
    );
}
