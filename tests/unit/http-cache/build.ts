import { HttpCache, type HttpCacheOptions } from "#edge/http-cache/cache.ts";
import { controlOf } from "#edge/http-cache/control.ts";
import type { Entry } from "#edge/http-cache/entry.ts";
import type { Body, Load, Sent, Upstream } from "#edge/http-cache/exchange.ts";
import type { Field } from "#edge/http-cache/fields.ts";
import type { Received } from "#edge/http-cache/freshness.ts";
import { formatHttpDate } from "#edge/http-cache/http-date.ts";
import { makeEntry } from "#edge/http-cache/make-entry.ts";
import { type Profile, proxy } from "#edge/http-cache/profile.ts";
import type { Reply } from "#edge/http-cache/reply.ts";
import type { CacheRequest } from "#edge/http-cache/request.ts";

/** A moment on a whole second, since HTTP dates know no smaller ones. */
export const NOW = Date.UTC(2026, 10, 21, 12, 0, 0);
export const SECOND = 1_000;

export type Headers = Readonly<Record<string, string>>;

export function httpDate(offsetSeconds: number): string {
  return formatHttpDate(NOW + offsetSeconds * SECOND);
}

export function request(headers: Headers = {}, rest: Partial<CacheRequest> = {}): CacheRequest {
  const header = (name: string) => headers[name] ?? null;
  return { method: "GET", partition: "", key: "/a", path: "/a", header, ...rest };
}

/** A response received now, dated now, after an exchange that took no time. */
export function received(headers: Headers = {}, status = 200, rest: Partial<Received> = {}): Received {
  const fields: Field[] = Object.entries({ date: httpDate(0), ...headers });
  return { status, fields, requestedAt: NOW, receivedAt: NOW, ...rest };
}

export function entry(headers: Headers = {}, profile: Profile = proxy, text = "body", status = 200): Entry {
  const answered = received(headers, status);
  const control = controlOf(answered.fields, profile, null, NOW);
  return makeEntry(request(), { ...answered, reason: "OK" }, control, bytes(text), profile);
}

export function bytes(text: string): ArrayBuffer {
  return new Uint8Array(new TextEncoder().encode(text)).buffer;
}

export async function textOf(body: Body): Promise<string> {
  return new Response(body).text();
}

export function header({ fields }: Pick<Reply, "fields">, name: string): string | null {
  const lines = fields.filter(([candidate]) => candidate === name).map(([, value]) => value);
  return lines.length === 0 ? null : lines.join(", ");
}

/** An origin that answers in turn as told, and remembers what it was asked. */
export type Script = {
  readonly load: Load;
  readonly asked: Sent[];
};

export type Step = { headers?: Headers; status?: number; body?: Body | string } | Error;

export function script(...steps: readonly Step[]): Script {
  const asked: Sent[] = [];
  const load: Load = async (sent) => {
    const step = steps[Math.min(asked.length, steps.length - 1)];
    asked.push(sent);
    if (step === undefined) throw new Error("the origin has no answer");
    if (step instanceof Error) throw step;
    return answerOf(step);
  };
  return { load, asked };
}

export function answerOf({ headers = {}, status = 200, body = "body" }: Exclude<Step, Error>): Upstream {
  const content = typeof body === "string" ? bytes(body) : body;
  return { status, reason: "OK", fields: Object.entries(headers), body: content };
}

export type Bench = {
  readonly cache: HttpCache;
  /** Moves the clock on. */
  readonly pass: (seconds: number) => void;
  readonly ask: (load: Load, asked?: CacheRequest) => Promise<Reply>;
  /** Resolves when the work that outlives its request is done. */
  readonly settle: () => Promise<void>;
};

export function bench(profile: Profile = proxy, options: Partial<HttpCacheOptions> = {}): Bench {
  let now = NOW;
  const work: Promise<unknown>[] = [];
  const cache = new HttpCache({ maxBytes: 1_000_000, profile, now: () => now, ...options });
  return {
    cache,
    pass: (seconds) => {
      now += seconds * SECOND;
    },
    ask: async (load, asked = request()) => cache.answer(asked, load, (promise) => work.push(promise)),
    settle: async () => {
      await Promise.allSettled(work);
    },
  };
}
