import { PROBLEM_MEDIA_TYPE } from "#shared/problems.ts";

/** What was asked, and what came of it, as a client sees it. */
export type Exchange = {
  readonly asked: Asked;
  /** Null: no answer, or none within `PATIENCE_MS`. */
  readonly status: number | null;
  readonly headers: Headers;
  /** Null: it broke off. */
  readonly text: string | null;
  /** Null: it is no JSON. */
  readonly json: ReturnType<typeof JSON.parse>;
  readonly tookMs: number;
};

export type Asked = {
  readonly url: string;
  readonly token: string;
  readonly method?: "GET" | "POST";
  readonly key?: string | null;
  /** For a step of an order, which asks for it. */
  readonly ifMatch?: string;
  readonly body?: object;
  /** The route's. */
  readonly budgetMs: number;
};

/** Longer than any budget: whoever waits that long has been forgotten. */
const PATIENCE_MS = 30_000;

/** Asks, and never throws. */
export async function ask(asked: Asked): Promise<Exchange> {
  const startedAt = performance.now();
  const since = () => performance.now() - startedAt;
  const nothing = { asked, status: null, headers: new Headers(), text: null, json: null };
  try {
    const answer = await fetch(asked.url, {
      method: asked.method ?? "GET",
      headers: {
        authorization: `Bearer ${asked.token}`,
        ...(asked.body && { "content-type": "application/json" }),
        ...(asked.key && { "idempotency-key": asked.key }),
        ...(asked.ifMatch && { "if-match": asked.ifMatch }),
      },
      ...(asked.body && { body: JSON.stringify(asked.body) }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const text = await answer.text().catch(() => null);
    const { status, headers } = answer;
    return { asked, status, headers, text, json: parsed(text), tookMs: since() };
  } catch {
    return { ...nothing, tookMs: since() };
  }
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}

/** What a client sees, in a word. */
export type Outcome =
  /** From the origin, just now. */
  | "fresh"
  /** From the cache, as good as fresh. */
  | "cached"
  /** From the cache, and marked stale. */
  | "stale"
  /** With this token, from wherever. */
  | "accepted"
  /** Written. */
  | "done"
  /** 502, 503 or 504: later. */
  | "refused"
  /** A status and a part of the body. */
  | "broken off"
  /** 200, and something else than what was asked for. */
  | "garbled"
  /** Not even a status. */
  | "no answer"
  /** Any other status. */
  | `${number}`;

const LATER: ReadonlySet<number> = new Set([502, 503, 504]);
const STALE: ReadonlySet<string | null> = new Set(["STALE", "UPDATING"]);

export function outcomeOf({ asked, status, headers, text, json }: Exchange): Outcome {
  if (status === null) return "no answer";
  if (text === null) return "broken off";
  if (LATER.has(status)) return "refused";
  if (status >= 300) return `${status}`;
  if (json === null) return "garbled";
  if (asked.method === "POST") return "done";
  const how = headers.get("cf-cache-status");
  return how === "HIT" ? "cached" : STALE.has(how) ? "stale" : "fresh";
}

const ID = /[0-9a-f-]{36}/g;

/** What a 5xx lacks of what every 5xx has to have. */
export function faultsOf({ asked, status, headers, text }: Exchange): string[] {
  const where = `${asked.method ?? "GET"} ${new URL(asked.url).pathname.replaceAll(ID, ":id")}`;
  if (status === null || text === null) return [`${where}: ${status ?? "no answer"}, without a whole body`];
  if (status < 500) return [];
  const lacks = [
    headers.get("content-type")?.startsWith(PROBLEM_MEDIA_TYPE) ? null : "a problem document",
    /^\d+$/.test(headers.get("retry-after") ?? "") ? null : "Retry-After",
    headers.get("x-request-id") ? null : "X-Request-Id",
  ].filter((lack) => lack !== null);
  return lacks.length === 0 ? [] : [`${where}: ${status} without ${lacks.join(", ")}`];
}

/** How long it took beyond its budget, in milliseconds. */
export const overrunOf = ({ asked, tookMs }: Exchange): number => Math.max(0, tookMs - asked.budgetMs);
