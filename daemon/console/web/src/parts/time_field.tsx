/*
 * A point in time, as it is typed in a control room: "2026-11-27 08:00", with seconds or without, "2026-11-27", or "08:00" of today.
 * Always by the 24 hours, whatever language the browser has; the clock is that of this screen.
 */
import { t } from "../text/text";

const FORM = /^\s*(?:(\d{4})-(\d{1,2})-(\d{1,2}))?[T ]*(?:(\d{1,2}):(\d{2})(?::(\d{2}))?)?\s*$/;
/** Milliseconds since 1970; null if it is no time. */
export function parseTime(text: string): number | null {
    const found = FORM.exec(text);
    if (!found || !text.trim()) return null;
    const [year, month, date, hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0));
    const day = found[1] ? new Date(year!, month! - 1, date!) : new Date();
    if (found[1] && (day.getMonth() !== month! - 1 || day.getDate() !== date)) return null;
    if (hours! > 23 || minutes! > 59 || seconds! > 59) return null;
    return day.setHours(hours!, minutes, seconds, 0);
}

/** Whole, so that a link that is shared tomorrow means the same day. */
export function wholeTime(text: string): string {
    const ms = parseTime(text);
    if (ms === null) return text.trim();
    const at = new Date(ms);
    const two = (n: number) => String(n).padStart(2, "0");
    const seconds = at.getSeconds() ? `:${two(at.getSeconds())}` : "";
    return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}${seconds}`;
}

/** As the server wants it; empty if it is no time. */
export function instantOf(text: string): string {
    const ms = parseTime(text);
    return ms === null ? "" : new Date(ms).toISOString();
}

/** What is no time is refused where it is typed: it must not be asked as if nothing were said. */
function check(field: HTMLInputElement): void {
    const wrong = field.value.trim() !== "" && parseTime(field.value) === null;
    field.setCustomValidity(wrong ? t("time.form.hint") : "");
}

export function TimeField(props: { id: string; name: string; label: string; value: string; required?: boolean }) {
    return (
        <div class="field">
            <label for={props.id}>{props.label}</label>
            <input
                id={props.id}
                name={props.name}
                defaultValue={props.value}
                required={props.required}
                onInput={(event) => check(event.currentTarget)}
                placeholder={t("time.form")}
                title={t("time.form.hint")}
                maxLength={25}
                autocomplete="off"
            />
        </div>
    );
}
