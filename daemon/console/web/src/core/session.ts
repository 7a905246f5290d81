/* Who sits here, and what may be done from this page. */
import { computed, signal } from "@preact/signals";
import { ApiError, ask, get, post, useCsrf, type Problem } from "./api";

export interface Session {
    name: string;
    title: string;
    roles: string[];
    kind: string;
    csrf: string;
    locked: boolean;
    number: number;
    idle: number;
    began_at: string;
    ends_at: string | null;
    /** Somebody else chose the password: nothing goes before one of one's own. */
    password_given?: boolean;
}

/** undefined: not known yet; null: nobody. */
export const session = signal<Session | null | undefined>(undefined);
export const reading = computed(() => session.value?.kind === "wallboard");

export function may(...roles: string[]): boolean {
    const mine = session.value?.roles ?? [];
    return !reading.value && roles.some((role) => mine.includes(role));
}

function take(found: Session | null): void {
    if (found) useCsrf(found.csrf);
    session.value = found;
}

export async function lookSession(): Promise<void> {
    try {
        take(await get<Session>("/session"));
    } catch (error) {
        if (error instanceof ApiError && error.problem.status === 401) take(null);
        else throw error;
    }
}

export type LoginAnswer = "in" | "code" | "refused" | "wait" | "unreachable";

async function enter(path: string, secret: Record<string, string>): Promise<LoginAnswer> {
    try {
        const { status, body } = await ask("POST", path, secret);
        if (status === 200) {
            take(body as Session);
            return "in";
        }
        if (errorName(body) === "totp-needed") return "code";
        return status === 429 ? "wait" : status >= 500 ? "unreachable" : "refused";
    } catch {
        return "unreachable";
    }
}

function errorName(body: unknown): string {
    return (body as { error?: { name?: string } } | null)?.error?.name ?? "";
}

function withCode(secret: Record<string, string>, code: string): Record<string, string> {
    return code ? { ...secret, totp: code } : secret;
}

export function login(name: string, password: string, code: string): Promise<LoginAnswer> {
    return enter("/login", withCode({ name, password }, code));
}

/** By hand; every window of the session is told by its stream, and this one at once. */
export async function lock(): Promise<boolean> {
    return (await ask("POST", "/session/lock", {})).status === 200;
}

export function unlock(password: string, code: string): Promise<LoginAnswer> {
    return enter("/session/unlock", withCode({ password }, code));
}

export function loginWallboard(code: string): Promise<LoginAnswer> {
    return enter("/wallboards/login", { code });
}

/** One's own password; the problem if it was refused. */
export async function changePassword(password: string, code: string, wanted: string): Promise<Problem | null> {
    try {
        await post("/session/password", withCode({ password, new: wanted }, code));
        await lookSession();
        return null;
    } catch (error) {
        if (error instanceof ApiError) return error.problem;
        throw error;
    }
}

export async function logout(): Promise<void> {
    try {
        await post("/logout", {});
    } catch {
        /* gone either way: the page forgets it */
    }
    session.value = null;
}
