/* The rule of an alarm in its own words; of one of the system's own, what it means and what is to be done. */
import { get } from "../core/api";
import { partsOf, ruleThatRaised, titleOf, type Rule } from "../core/rules";
import { may } from "../core/session";
import { Advice } from "../parts/advice";
import { Load, useLoad } from "../parts/frame";
import { t } from "../text/text";

interface Raised {
    rule: string;
    /** Of the alarm, as it was written. */
    title: string;
    /** Of the text that raised it; it is not known of every alarm. */
    hash: string | undefined;
    at: string;
}

/** What was in force then is asked of the history. */
function Since({ by }: { by: Raised }) {
    const words = new URLSearchParams({ figure: "rule-text", rule: by.rule, at: by.at });
    return (
        <p>
            {t("alarm.rule.other")} <a href={`/figures?${words.toString()}`}>{t("alarm.rule.then")}</a>
        </p>
    );
}

function Words({ rule }: { rule: Rule }) {
    const { words, examples } = partsOf(rule);
    if (rule.hash === "") return <Advice text={words} />;
    return (
        <>
            <pre class="code" tabIndex={0} aria-label={t("alarm.rule")}>
                {words}
            </pre>
            {examples && (
                <details>
                    <summary>{t("alarm.rule.examples")}</summary>
                    <pre class="code">{examples}</pre>
                </details>
            )}
        </>
    );
}

function Said({ rule, by }: { rule: Rule | undefined; by: Raised }) {
    if (!rule) return <p>{t("alarm.rule.gone")}</p>;
    return (
        <>
            <Words rule={rule} />
            {rule.hash && by.hash && rule.hash !== by.hash && <Since by={by} />}
        </>
    );
}

/** Whoever may not read the rules sees which one it is. */
export function RuleWords({ by }: { by: Raised }) {
    const reads = may("operator", "supervisor", "auditor", "integrator", "administrator");
    const found = useLoad<{ rules: Rule[] }>(`rule ${by.rule} ${by.hash ?? ""}`, async (stop) =>
        reads ? get(`/rules?rule=${encodeURIComponent(by.rule)}`, stop) : { rules: [] },
    );
    const rule = ruleThatRaised(found.value?.rules ?? [], by.title);
    return (
        <section aria-label={t("alarm.rule")}>
            <h3>
                {t("alarm.rule")}: {rule && titleOf(rule)}{" "}
                {reads ? (
                    <a href={`/rules?rule=${encodeURIComponent(by.rule)}`}>{by.rule}</a>
                ) : (
                    <span class="dim">{by.rule}</span>
                )}
            </h3>
            {reads && <Load of={found}>{() => <Said rule={rule} by={by} />}</Load>}
        </section>
    );
}
