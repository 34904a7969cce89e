import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Load, Sent, Upstream } from "#edge/http-cache/exchange.ts";
import { type Profile, proxy, workers } from "#edge/http-cache/profile.ts";
import type { Reply } from "#edge/http-cache/reply.ts";
import { type Bench, bench, bytes, header, request } from "./build.ts";

/**
 * Requests, their answers, writes and purges in any order: whoever asks after a write or a purge is shown
 * nothing that the origin said before it (RFC 9111 §4.4).
 */

type Event =
  | { readonly kind: "pass"; readonly seconds: number }
  | { readonly kind: "remove"; readonly by: "write" | "purge" }
  | {
      readonly kind: "ask";
      readonly method: "GET" | "HEAD";
      readonly language: string;
      readonly isImpatient: boolean;
    }
  | {
      readonly kind: "answer";
      readonly which: number;
      readonly how: "in full" | "unchanged" | "down" | "varied";
    };

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("pass"), seconds: fc.integer({ min: 0, max: 12 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove"), by: fc.constantFrom("write", "purge") }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("ask"),
      method: fc.constantFrom("GET", "GET", "GET", "HEAD"),
      language: fc.constantFrom("en", "en", "de"),
      isImpatient: fc.constantFrom(false, false, true),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("answer"),
      which: fc.nat({ max: 5 }),
      how: fc.constantFrom("in full", "in full", "unchanged", "unchanged", "varied", "down"),
    }),
  },
);

type Waiting = { readonly sent: Sent; readonly askedAt: number; readonly give: (how: string) => void };

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

class World {
  readonly #bench: Bench;
  readonly #waiting: Waiting[] = [];
  readonly #replies: Promise<void>[] = [];
  /** By version: when the question was asked by whose answer the origin last vouched for it. */
  readonly #vouched: number[] = [];
  #moment = 0;
  #removedAt = -1;
  reused = 0;

  constructor(profile: Profile) {
    this.#bench = bench(profile, { patienceMs: 60_000 });
  }

  async happen(event: Event): Promise<void> {
    this.#moment++;
    if (event.kind === "pass") this.#bench.pass(event.seconds);
    if (event.kind === "remove") await this.#remove(event.by);
    if (event.kind === "ask") this.#replies.push(this.#ask(event));
    if (event.kind === "answer") this.#waiting.splice(event.which, 1)[0]?.give(event.how);
    await turn();
  }

  async end(): Promise<void> {
    while (this.#waiting.length > 0) {
      this.#moment++;
      this.#waiting.shift()?.give("in full");
      await turn();
    }
    await Promise.all(this.#replies);
  }

  async #remove(by: "write" | "purge"): Promise<void> {
    const load = async () => ({ status: 204, reason: "", fields: [], body: null });
    if (by === "write") await this.#bench.ask(load, request({}, { method: "PUT" }));
    else this.#bench.cache.purge({ purgeEverything: true });
    this.#removedAt = this.#moment;
  }

  async #ask({ method, language, isImpatient }: Extract<Event, { kind: "ask" }>): Promise<void> {
    const startedAt = this.#moment;
    const removedAt = this.#removedAt;
    const headers = { "accept-language": language, "cache-control": isImpatient ? "no-cache" : "x-none" };
    const reply = await this.#bench.ask(this.#origin(), request(headers, { method })).catch(() => null);
    if (reply === null) return;
    const vouchedAt = this.#vouched[versionOf(reply)] ?? -1;
    expect(vouchedAt).toBeGreaterThan(removedAt);
    if (vouchedAt < startedAt) this.reused++;
  }

  #origin(): Load {
    return (sent) => {
      const { promise, resolve, reject } = Promise.withResolvers<Upstream>();
      const askedAt = this.#moment;
      const give = (how: string) => {
        if (how === "down") reject(new Error("down"));
        else resolve(this.#answer(sent, askedAt, how));
      };
      this.#waiting.push({ sent, askedAt, give });
      return promise;
    };
  }

  /** "Unchanged" says what was asked about again, or the latest to a HEAD; without a question it is new. */
  #answer({ method, set }: Sent, askedAt: number, how: string): Upstream {
    const about = set.find(([name]) => name === "if-none-match")?.[1];
    const latest = this.#vouched.length - 1;
    const known = about === undefined ? (method === "HEAD" ? latest : -1) : Number(about.slice(1, -1));
    const isUnchanged = how === "unchanged" && known >= 0;
    const id = isUnchanged ? known : this.#vouched.length;
    this.#vouched[id] = Math.max(askedAt, this.#vouched[id] ?? -1);
    const fields = [
      ["cache-control", "max-age=10, stale-while-revalidate=5"],
      ["etag", `"${id}"`],
      ["x-version", String(id)],
      ...(how === "varied" ? [["vary", "accept-language"] as const] : []),
    ] as const;
    const status = isUnchanged && about !== undefined ? 304 : 200;
    return { status, reason: "", fields, body: status === 304 || method === "HEAD" ? null : bytes("body") };
  }
}

function versionOf(reply: Reply): number {
  return Number(header(reply, "x-version"));
}

describe.each([
  ["proxy", proxy],
  ["workers", workers],
] as const)("the %s profile", (_, profile) => {
  test("shows nobody what was said before a write or a purge that came before the request", async () => {
    let reused = 0;
    const events = fc.array(event, { minLength: 20, maxLength: 50, size: "max" });
    const history = fc.asyncProperty(events, async (happening) => {
      const world = new World(profile);
      for (const each of happening) await world.happen(each);
      await world.end();
      reused += world.reused;
    });
    await fc.assert(history, { numRuns: 300 });
    expect(reused).toBeGreaterThan(500);
  });
});
