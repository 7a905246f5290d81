/*
 * The second factor: one's own is set by password, picture and a code of it; another person's is taken away by an
 * administrator. What was wrong is said in the same dialog, which asks again.
 */
import { encode } from "uqr";
import { ApiError, post } from "../core/api";
import { t } from "../text/text";
import { askFor, type Field } from "./ask";
import { problemText } from "./frame";

interface Secret {
    secret: string;
    uri: string;
}

const MARGIN = 4;

/** Dark on white in every theme: scanners want it so. */
export function QrCode({ text }: { text: string }) {
    const { data, size } = encode(text, { ecc: "M", border: MARGIN });
    const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
    return (
        <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={t("factor.picture")}>
            <rect width={size} height={size} fill="#fff" />
            <path d={path} fill="#000" shape-rendering="crispEdges" />
        </svg>
    );
}

function Shown({ of }: { of: Secret }) {
    return (
        <div class="factor">
            <QrCode text={of.uri} />
            <div>
                <p>{t("factor.scan")}</p>
                <p>
                    {t("factor.type")} <code class="secret">{of.secret.replace(/(.{4})(?=.)/g, "$1 ")}</code>
                </p>
                <p>
                    <a href={of.uri}>{t("factor.here")}</a>
                </p>
            </div>
        </div>
    );
}

function codeField(label: string, required: boolean): Field {
    return { name: "totp", label, kind: "code", required, maxLength: 15 };
}

const PASSWORD = (): Field => ({ name: "password", label: t("account.old"), kind: "secret", required: true });

function refusalText(error: unknown): string {
    const known: Record<string, string> = {
        refused: t("login.refused"),
        "totp-needed": t("factor.code_needed"),
        "wrong-code": t("factor.wrong"),
        "none-begun": t("factor.none_begun"),
        "same-person": t("factor.same_person"),
        "no-factor": t("factor.none"),
    };
    return (error instanceof ApiError && known[error.problem.name]) || problemText(error);
}

/** Asks until it is done or left; what `send` says it was is done with. */
async function until<T>(
    question: (error: string) => Parameters<typeof askFor>[0],
    send: (words: Record<string, string>) => Promise<T>,
    over: (error: unknown) => boolean = () => false,
): Promise<T | null> {
    for (let error = ""; ;) {
        const words = await askFor(question(error));
        if (!words) return null;
        try {
            return await send(Object.fromEntries(Object.entries(words).filter(([, value]) => value !== "")));
        } catch (problem) {
            error = refusalText(problem);
            if (!over(problem)) continue;
            await askFor({ title: t("factor.set"), error, fields: [], confirm: t("close") });
            return null;
        }
    }
}

export async function setFactor(): Promise<void> {
    const begun = await until(
        (error) => ({
            title: t("factor.set"),
            text: t("factor.why"),
            error,
            fields: [PASSWORD(), codeField(t("factor.old_code"), false)],
            confirm: t("factor.begin"),
        }),
        (words) => post<Secret>("/session/factor", words),
    );
    if (!begun) return;
    const done = await until(
        (error) => ({
            title: t("factor.set"),
            show: <Shown of={begun} />,
            error,
            fields: [codeField(t("factor.code"), true)],
            confirm: t("factor.confirm"),
        }),
        (words) => post("/session/factor/confirm", words),
        (error) => error instanceof ApiError && error.problem.name === "none-begun",
    );
    if (done) await askFor({ title: t("factor.set"), text: t("factor.done"), fields: [], confirm: t("close") });
}

/** True: it is gone. */
export async function takeFactorAway(name: string): Promise<boolean> {
    const done = await until(
        (error) => ({
            title: t("factor.off", { name }),
            text: t("factor.off.what"),
            error,
            fields: [PASSWORD(), codeField(t("login.code_optional"), false)],
            confirm: t("factor.off.do"),
            grave: true,
        }),
        (words) => post(`/operators/${encodeURIComponent(name)}/factor/off`, words),
    );
    return done !== null;
}
