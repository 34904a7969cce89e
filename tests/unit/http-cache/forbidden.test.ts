import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Load } from "#edge/http-cache/exchange.ts";
import type { Field } from "#edge/http-cache/fields.ts";
import { type Profile, proxy, workers } from "#edge/http-cache/profile.ts";
import type { Reply } from "#edge/http-cache/reply.ts";
import { type Bench, bench, bytes, type Headers, request, textOf } from "./build.ts";

/**
 * Whatever happens, in whatever order: no stored response is served that RFC 9111 forbids. The rules
 * are written here once more, from the RFC and without the cache's code.
 */

type Response = {
  readonly noStore: boolean;
  readonly isPrivate: boolean;
  readonly noCache: boolean;
  readonly isPublic: boolean;
  readonly revalidate: "" | "must-revalidate" | "proxy-revalidate";
  readonly maxAge: number | null;
  readonly sharedMaxAge: number | null;
  readonly whileRevalidate: number | null;
  readonly varies: boolean;
};

type Event =
  | { readonly kind: "pass"; readonly seconds: number }
  | { readonly kind: "write"; readonly about: About; readonly succeeds: boolean }
  | { readonly kind: "purge" }
  | { readonly kind: "read"; readonly about: About; readonly answer: Response | "down" };

type About = {
  readonly path: string;
  readonly partition: string;
  readonly language: string;
  readonly authorised: boolean;
};

const seldom = fc.integer({ min: 0, max: 7 }).map((n) => n === 0);
const about: fc.Arbitrary<About> = fc.record({
  path: fc.constantFrom("/a", "/b"),
  partition: fc.constantFrom("p", "q"),
  language: fc.constantFrom("en", "de"),
  authorised: seldom,
});
const seconds = fc.option(fc.integer({ min: 0, max: 30 }), { freq: 2 });
const response: fc.Arbitrary<Response> = fc.record({
  noStore: seldom,
  isPrivate: seldom,
  noCache: seldom,
  isPublic: fc.boolean(),
  revalidate: fc.constantFrom("", "", "", "must-revalidate", "proxy-revalidate"),
  maxAge: seconds,
  sharedMaxAge: fc.option(fc.integer({ min: 0, max: 30 }), { freq: 1 }),
  whileRevalidate: seconds,
  varies: fc.boolean(),
});
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("pass"), seconds: fc.integer({ min: 0, max: 20 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("write"), about, succeeds: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant<Event>({ kind: "purge" }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("read"),
      about,
      answer: fc.oneof(
        { weight: 5, arbitrary: response },
        { weight: 1, arbitrary: fc.constant<"down">("down") },
      ),
    }),
  },
);

/** What the origin answered, to whom, and whether it still stands. */
type Record = Response & About & { readonly at: number; standing: boolean };

function cacheControl({ noStore, isPrivate, noCache, isPublic, revalidate, ...rest }: Response): string {
  const { maxAge, sharedMaxAge, whileRevalidate } = rest;
  return [
    noStore && "no-store",
    isPrivate && "private",
    noCache && "no-cache",
    isPublic && "public",
    revalidate,
    maxAge !== null && `max-age=${maxAge}`,
    sharedMaxAge !== null && `s-maxage=${sharedMaxAge}`,
    whileRevalidate !== null && `stale-while-revalidate=${whileRevalidate}`,
    // So that nothing is silent: Workers Cache's lifetimes by status are not the RFC's.
    "x-none",
  ]
    .filter(Boolean)
    .join(", ");
}

/** Why a stored response must not have been served; null if it may. */
function objection(record: Record, asked: About, reply: Reply, now: number, profile: Profile): string | null {
  return storingObjection(record, asked) ?? staleObjection(record, reply, now, profile);
}

function storingObjection(record: Record, asked: About): string | null {
  if (record.path !== asked.path || record.partition !== asked.partition) return "it is another's (§2)";
  if (record.varies && record.language !== asked.language) return "it does not match (§4.1)";
  if (record.noStore || record.isPrivate) return "it must not be stored (§3)";
  const { isPublic, sharedMaxAge, revalidate } = record;
  const sharesAuthorised = isPublic || sharedMaxAge !== null || revalidate === "must-revalidate";
  if (record.authorised && !sharesAuthorised) return "it answers Authorization (§3.5)";
  return record.standing ? null : "it was invalidated (§4.4)";
}

function staleObjection(record: Record, { how }: Reply, now: number, profile: Profile): string | null {
  const { noCache, sharedMaxAge, maxAge, revalidate, whileRevalidate } = record;
  const staleness = now - record.at - (noCache ? 0 : (sharedMaxAge ?? maxAge ?? 0));
  if (!noCache && staleness < 0) return null;
  if (sharedMaxAge !== null || revalidate !== "") return "stale is forbidden (§4.2.4)";
  const allowsNoCache = how.word === "UPDATING" && profile.servesNoCacheWhileRevalidating;
  if (noCache && !allowsNoCache) return "it has to be validated (§5.2.2.4)";
  if (how.word === "STALE") return null;
  return staleness < (whileRevalidate ?? 0) ? null : "it is stale (§4.2)";
}

/** A cache and the origin behind it, with what the origin said. */
class World {
  readonly #profile: Profile;
  readonly #bench: Bench;
  readonly #records: Record[] = [];
  #now = 0;

  constructor(profile: Profile) {
    this.#profile = profile;
    this.#bench = bench(profile);
  }

  /** @returns whether something stored was served */
  async happen(event: Event): Promise<boolean> {
    switch (event.kind) {
      case "pass":
        this.#now += event.seconds;
        this.#bench.pass(event.seconds);
        return false;
      case "purge":
        this.#bench.cache.purge({ pathPrefixes: ["/a"] });
        this.#topple(({ path }) => path === "/a");
        return false;
      case "write":
        await this.#write(event.about, event.succeeds);
        return false;
      case "read":
        return this.#read(event.about, event.answer);
    }
  }

  #topple(isHit: (record: Record) => boolean): void {
    for (const record of this.#records) if (isHit(record)) record.standing = false;
  }

  async #write({ path, partition }: About, succeeds: boolean): Promise<void> {
    const target = request({}, { method: "PUT", key: path, path, partition });
    const status = succeeds ? 204 : 500;
    await this.#bench.ask(async () => ({ status, reason: "", fields: [], body: null }), target);
    if (succeeds) this.#topple((record) => record.path === path && record.partition === partition);
  }

  async #read(asked: About, answer: Response | "down"): Promise<boolean> {
    const { path, partition, language, authorised } = asked;
    const headers: Headers = { "accept-language": language, ...(authorised ? { authorization: "x" } : {}) };
    const before = this.#records.length;
    const target = request(headers, { key: path, path, partition });
    const reply = await this.#bench.ask(this.#origin(asked, answer), target).catch(() => null);
    await this.#bench.settle();
    if (reply === null) return false;
    const id = Number(await textOf(reply.body));
    const record = this.#records[id];
    if (record === undefined) throw new Error("the cache made up a response");
    if (id >= before) return false;
    expect(objection(record, asked, reply, this.#now, this.#profile)).toBeNull();
    return true;
  }

  /** Each response's body is its number. */
  #origin(asked: About, answer: Response | "down"): Load {
    return async () => {
      if (answer === "down") throw new Error("down");
      const id = this.#records.push({ ...asked, ...answer, at: this.#now, standing: true }) - 1;
      const fields: Field[] = [["cache-control", cacheControl(answer)]];
      if (answer.varies) fields.push(["vary", "accept-language"]);
      return { status: 200, reason: "OK", fields, body: bytes(String(id)) };
    };
  }
}

describe.each([
  ["proxy", proxy],
  ["workers", workers],
] as const)("the %s profile", (_, profile) => {
  test("serves nothing that is forbidden, in any history", async () => {
    let reused = 0;
    const events = fc.array(event, { minLength: 20, maxLength: 60, size: "max" });
    const history = fc.asyncProperty(events, async (happening) => {
      const world = new World(profile);
      for (const each of happening) if (await world.happen(each)) reused++;
    });
    await fc.assert(history, { numRuns: 400 });
    // It would be easy to serve nothing forbidden by serving nothing.
    expect(reused).toBeGreaterThan(500);
  });
});
