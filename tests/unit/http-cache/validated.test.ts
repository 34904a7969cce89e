import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Load, Sent, Upstream } from "#edge/http-cache/exchange.ts";
import type { Field } from "#edge/http-cache/fields.ts";
import { proxy } from "#edge/http-cache/profile.ts";
import type { Reply } from "#edge/http-cache/reply.ts";
import { bench, bytes, type Headers, header, request, textOf } from "./build.ts";

/**
 * Whatever an origin says of one resource that comes, changes, goes and fails, in full or by "not modified",
 * to GET and HEAD: what a proxy serves from its store has been confirmed lately enough. The rules are written
 * here once more, from the RFC and without the cache's code.
 */

type Policy = {
  readonly lifetime: number;
  readonly mustRevalidate: boolean;
  readonly whileRevalidate: number;
  readonly onError: number | null;
};

type Version = { readonly id: number; readonly status: number; readonly etag: string | null };

type Outcome = "answers" | "down" | 500 | 501 | 503;

type Event =
  | { readonly kind: "pass"; readonly seconds: number }
  | { readonly kind: "change"; readonly status: number; readonly isTagged: boolean; readonly policy: Policy }
  | { readonly kind: "write"; readonly succeeds: boolean }
  | Read;

type Read = {
  readonly kind: "read";
  readonly method: "GET" | "HEAD";
  readonly outcome: Outcome;
  readonly maxAge: number | null;
  readonly maxStale: number | null;
  /** Which of the versions so far the client has, counted from the latest; null: it asks without condition. */
  readonly has: number | null;
};

const often = <T>(usual: T, ...others: T[]) => fc.constantFrom(usual, usual, usual, ...others);
const policy: fc.Arbitrary<Policy> = fc.record({
  lifetime: fc.constantFrom(0, 5, 20),
  mustRevalidate: often(false, true),
  whileRevalidate: often(0, 10),
  onError: often<number | null>(null, 0, 15),
});
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("pass"), seconds: fc.integer({ min: 0, max: 15 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("change"),
      status: often(200, 404),
      isTagged: often(true, false),
      policy,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("write"), succeeds: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("read"),
      method: often<"GET" | "HEAD">("GET", "HEAD"),
      outcome: fc.constantFrom<Outcome>("answers", "answers", "answers", "answers", "down", 500, 501, 503),
      maxAge: often<number | null>(null, 3),
      maxStale: often<number | null>(null, 5),
      has: often<number | null>(null, 0, 1),
    }),
  },
);

/** When the origin last said that this version holds, and under which policy. */
type Confirmed = { readonly at: number; readonly policy: Policy; standing: boolean };

function cacheControl({ lifetime, mustRevalidate, whileRevalidate, onError }: Policy): string {
  const directives = [`max-age=${lifetime}`, `stale-while-revalidate=${whileRevalidate}`];
  if (mustRevalidate) directives.push("must-revalidate");
  if (onError !== null) directives.push(`stale-if-error=${onError}`);
  return directives.join(", ");
}

/** No two versions have the same length. */
function contentOf(id: number): ArrayBuffer {
  return bytes("x".repeat(id));
}

/** Why a version that was confirmed then must not be served now; null if it may (RFC 9111 §4.2.4). */
function objection(confirmed: Confirmed, read: Read, { how }: Reply, now: number): string | null {
  const { policy: said, at, standing } = confirmed;
  if (!standing) return "it was invalidated (§4.4)";
  const staleness = now - at - said.lifetime;
  if (staleness < 0) {
    const isTooOld = read.maxAge !== null && now - at > read.maxAge && how.word === "HIT";
    return isTooOld ? "the client wants a younger one (§5.2.1.1)" : null;
  }
  if (said.mustRevalidate) return "stale is forbidden (§5.2.2.2)";
  if (how.word === "STALE") return standInObjection(said, read.outcome, staleness);
  if (how.word === "UPDATING")
    return staleness < said.whileRevalidate ? null : "it is too stale (RFC 5861 §3)";
  return read.maxStale !== null && staleness <= read.maxStale ? null : "it is stale (§4.2)";
}

function standInObjection({ onError }: Policy, outcome: Outcome, staleness: number): string | null {
  if (outcome === "answers" || outcome === 501)
    return "nothing failed that it may stand in for (RFC 5861 §4)";
  if (onError !== null) return staleness < onError ? null : "it is too stale (RFC 5861 §4)";
  return outcome === "down" ? null : "the cache is connected (§4.2.4)";
}

/** A cache, and an origin that has one resource. */
class World {
  readonly #bench = bench(proxy);
  readonly #versions: Version[] = [{ id: 0, status: 200, etag: '"0"' }];
  readonly #confirmed = new Map<number, Confirmed>();
  #policy: Policy = { lifetime: 5, mustRevalidate: false, whileRevalidate: 0, onError: null };
  #now = 0;

  /** @returns whether something stored was served */
  async happen(event: Event): Promise<boolean> {
    switch (event.kind) {
      case "pass":
        this.#now += event.seconds;
        this.#bench.pass(event.seconds);
        return false;
      case "change": {
        const id = this.#versions.length;
        this.#versions.push({ id, status: event.status, etag: event.isTagged ? `"${id}"` : null });
        this.#policy = event.policy;
        return false;
      }
      case "write": {
        const status = event.succeeds ? 204 : 500;
        const load = async () => ({ status, reason: "", fields: [], body: null });
        await this.#bench.ask(load, request({}, { method: "PUT" }));
        if (event.succeeds) for (const each of this.#confirmed.values()) each.standing = false;
        return false;
      }
      case "read":
        return this.#read(event);
    }
  }

  async #read(read: Read): Promise<boolean> {
    const before = new Map(this.#confirmed);
    const load = this.#origin(read.outcome);
    const asked = request(this.#headersOf(read), { method: read.method });
    const reply = await this.#bench.ask(load, asked).catch(() => null);
    const justConfirmed = new Set(
      [...this.#confirmed].filter(([id, c]) => before.get(id) !== c).map(([id]) => id),
    );
    await this.#bench.settle();
    if (reply === null || reply.status >= 500) return false;
    const id = Number(header(reply, "x-version"));
    const version = this.#versions[id];
    if (version === undefined) throw new Error("the cache made up a response");
    await this.#isItself(version, read, reply);
    // Passed on (a HEAD), or what the origin has just given or confirmed.
    if (reply.how.word === "BYPASS") return false;
    if (reply.how.word !== "UPDATING" && justConfirmed.has(id)) return false;
    const confirmed = before.get(id);
    if (confirmed === undefined) throw new Error("the cache served what it never got");
    expect(objection(confirmed, read, reply, this.#now)).toBeNull();
    expect(header(reply, "age")).toBe(String(this.#now - confirmed.at));
    return true;
  }

  /** Status, fields and content of a reply are of one version. */
  async #isItself({ id, status, etag }: Version, read: Read, reply: Reply): Promise<void> {
    expect(header(reply, "etag")).toBe(etag);
    if (reply.status === 304) {
      expect(etag).toBe(this.#headersOf(read)["if-none-match"]);
      expect(status).toBe(200);
    } else {
      expect(reply.status).toBe(status);
      if (read.method === "GET") expect((await textOf(reply.body)).length).toBe(id);
    }
  }

  #headersOf({ maxAge, maxStale, has }: Read): Headers {
    const demands = [maxAge !== null && `max-age=${maxAge}`, maxStale !== null && `max-stale=${maxStale}`];
    const etag = has === null ? null : (this.#versions.at(-1 - has)?.etag ?? null);
    return {
      "cache-control": ["x-none", ...demands.filter((demand) => demand !== false)].join(", "),
      ...(etag === null ? {} : { "if-none-match": etag }),
    };
  }

  #origin(outcome: Outcome): Load {
    return async (sent) => {
      if (outcome === "down") throw new Error("down");
      if (outcome !== "answers") return { status: outcome, reason: "", fields: [], body: bytes("error") };
      return this.#answer(sent);
    };
  }

  /** As an origin does: what is not there knows no conditions (RFC 9110 §13.2.1). */
  #answer({ method, set }: Sent): Upstream {
    const current = this.#versions.at(-1);
    if (current === undefined) throw new Error("there is nothing");
    const { id, status, etag } = current;
    const fields: Field[] = [
      ["cache-control", cacheControl(this.#policy)],
      ["x-version", String(id)],
    ];
    if (etag !== null) fields.push(["etag", etag]);
    const isSame = status === 200 && etag !== null && set.some(([, value]) => value === etag);
    // A HEAD confirms what it is about by entity tag and length (§4.3.5).
    if (method === "HEAD") fields.push(["content-length", String(id)]);
    if (method === "GET" || (status === 200 && this.#confirmed.has(id))) {
      const isStanding = this.#confirmed.get(id)?.standing ?? true;
      const standing = method === "GET" || isStanding;
      this.#confirmed.set(id, { at: this.#now, policy: this.#policy, standing });
    }
    const body = isSame || method === "HEAD" ? null : contentOf(id);
    return { status: isSame ? 304 : status, reason: "", fields, body };
  }
}

describe("a proxy in front of a resource that comes, changes, goes and fails", () => {
  test("serves only what was confirmed lately enough, in any history", async () => {
    let reused = 0;
    const events = fc.array(event, { minLength: 20, maxLength: 60, size: "max" });
    const history = fc.asyncProperty(events, async (happening) => {
      const world = new World();
      for (const each of happening) if (await world.happen(each)) reused++;
    });
    await fc.assert(history, { numRuns: 400 });
    // It would be easy to serve nothing forbidden by serving nothing.
    expect(reused).toBeGreaterThan(500);
  });
});
