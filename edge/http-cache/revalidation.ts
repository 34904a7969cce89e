import { describes, isAbout } from "./conditional.ts";
import { controlOf } from "./control.ts";
import type { Entry } from "./entry.ts";
import { collect, discard, type Load, type Upstream } from "./exchange.ts";
import { endToEnd } from "./fields.ts";
import { type Fill, type Fills, isPurged } from "./fills.ts";
import type { Received } from "./freshness.ts";
import { freshened, makeEntry } from "./make-entry.ts";
import { sentFor } from "./plan.ts";
import type { Profile } from "./profile.ts";
import { FOUND, type Provenance, passedOn, type Reply, replyFrom } from "./reply.ts";
import type { CacheRequest } from "./request.ts";
import { type Failure, standsIn } from "./reuse.ts";
import type { ForwardReason } from "./status.ts";
import { storability } from "./storable.ts";
import type { Store } from "./store.ts";

/** A request that goes to the origin, with what is stored for it. */
export type Asked = {
  readonly request: CacheRequest;
  readonly load: Load;
  readonly entry: Entry | null;
  readonly forward: ForwardReason;
};

type Answered = Received & Upstream;

/** Asks the origin, and brings the store up to date with what it says. */
export class Revalidation {
  readonly #profile: Profile;
  readonly #store: Store;
  readonly #fills: Fills;
  readonly #now: () => number;
  readonly #maxBodyBytes: number;

  constructor(profile: Profile, store: Store, fills: Fills, now: () => number, maxBodyBytes: number) {
    this.#profile = profile;
    this.#store = store;
    this.#fills = fills;
    this.#now = now;
    this.#maxBodyBytes = maxBodyBytes;
  }

  /** @throws what `load` throws, when nothing stored may stand in */
  ask(asked: Asked): Promise<Reply> {
    return this.#orStandIn(asked, (fill) => this.#ask(asked, fill));
  }

  /** Passes a HEAD on; a 200 tells whether what is stored still holds (RFC 9111 §4.3.5). */
  head(asked: Asked): Promise<Reply> {
    return this.#orStandIn(asked, () => this.#head(asked));
  }

  async #orStandIn(asked: Asked, ask: (fill: Fill) => Promise<Reply>): Promise<Reply> {
    const fill = this.#fills.begin();
    try {
      return await ask(fill);
    } catch (error) {
      const reply = this.#standIn(asked, fill, "disconnected", null);
      if (reply === null) throw error;
      return reply;
    } finally {
      this.#fills.end(fill);
    }
  }

  async #head(asked: Asked): Promise<Reply> {
    const { request, entry } = asked;
    const answered = await this.#load(asked);
    const provenance = { ...this.#provenance(asked, answered.status), word: "BYPASS" } as const;
    const reply = passedOn(answered, "HEAD", this.#profile, provenance);
    if (entry === null || answered.status !== 200) return reply;
    const wasThere = this.#store.remove(entry);
    if (wasThere && describes(answered.fields, entry) && request.header("authorization") === null) {
      this.#store.put(freshened(entry, request, answered, this.#profile));
    }
    return reply;
  }

  async #ask(asked: Asked, fill: Fill): Promise<Reply> {
    const { entry } = asked;
    const answered = await this.#load(asked);
    if (entry === null) return this.#take(asked, answered, fill);
    if (answered.status === 304) {
      if (isAbout(answered.fields, entry)) return this.#freshen(asked, entry, answered, fill);
      return this.#ask({ ...asked, entry: null }, fill);
    }
    if (!this.#profile.isError(answered.status)) return this.#take(asked, answered, fill);
    const standIn = this.#standIn(asked, fill, "error", answered.status);
    if (standIn === null) return this.#take(asked, answered, fill);
    discard(answered.body);
    return standIn;
  }

  async #load({ request, load, entry }: Asked): Promise<Answered> {
    const requestedAt = this.#now();
    const upstream = await load(sentFor(request, entry, this.#profile));
    return { ...upstream, requestedAt, receivedAt: this.#now() };
  }

  /** The origin's answer, stored if it may be. */
  async #take(asked: Asked, answered: Answered, fill: Fill): Promise<Reply> {
    const { request, entry } = asked;
    // Asked as a GET in order to fill the cache.
    const isHead = request.method === "HEAD";
    const filling = { ...request, method: "GET" };
    const control = controlOf(
      answered.fields,
      this.#profile,
      request.cacheControl ?? null,
      answered.receivedAt,
    );
    const verdict = storability(filling, answered, control, this.#profile);
    const provenance = this.#provenance(asked, answered.status);
    if (verdict !== "store") {
      // What replaced the stored response may not be kept, but the stored one is history all the same.
      if (entry !== null && answered.status < 500) this.#store.remove(entry);
      if (isHead) discard(answered.body);
      return passedOn(answered, request.method, this.#profile, { ...provenance, word: verdict });
    }
    const collected = await collect(answered.body, this.#maxBodyBytes);
    if (entry !== null) this.#store.remove(entry);
    if (!collected.isWhole) {
      if (isHead) discard(collected.body);
      const upstream = { ...answered, body: collected.body };
      return passedOn(upstream, request.method, this.#profile, { ...provenance, word: "MISS" });
    }
    const taken = makeEntry(filling, answered, control, collected.body, this.#profile);
    const stored = !isPurged(fill, taken) && this.#store.put(taken);
    const word = entry === null ? "MISS" : "EXPIRED";
    const whole = withWithheld(taken, answered);
    return replyFrom(whole, request, { ...provenance, word, stored }, this.#profile, this.#now());
  }

  /** "Not modified": the stored response is good again, under the header fields that came (§4.3.4). */
  #freshen(asked: Asked, entry: Entry, answered: Answered, fill: Fill): Reply {
    const { request } = asked;
    const fresh = freshened(entry, request, answered, this.#profile);
    const merged = { ...answered, status: fresh.status, fields: fresh.fields };
    const verdict = storability({ ...request, method: "GET" }, merged, fresh.control, this.#profile);
    // What came meanwhile in its place is newer than what it confirms.
    const wasThere = this.#store.remove(entry);
    const stored = wasThere && verdict === "store" && !isPurged(fill, fresh) && this.#store.put(fresh);
    const provenance = { ...this.#provenance(asked, answered.status), word: "REVALIDATED", stored } as const;
    return replyFrom(withWithheld(fresh, answered), request, provenance, this.#profile, this.#now());
  }

  #standIn(asked: Asked, fill: Fill, failure: Failure, forwardStatus: number | null): Reply | null {
    const { request, entry } = asked;
    const now = this.#now();
    if (entry === null || isPurged(fill, entry) || !standsIn(entry, failure, this.#profile, now)) return null;
    const provenance = { ...this.#provenance(asked, forwardStatus), word: "STALE" } as const;
    return replyFrom(entry, request, provenance, this.#profile, now);
  }

  #provenance({ forward }: Asked, forwardStatus: number | null): Omit<Provenance, "word"> & { word: "MISS" } {
    return { ...FOUND, word: "MISS", forward, forwardStatus };
  }
}

/** Fields that others must not get (RFC 9111 §5.2.2.7) are still meant for the one who asked. */
function withWithheld(entry: Entry, { fields }: Upstream): Entry {
  const withheld = new Set(entry.control.withheld);
  return { ...entry, fields: [...entry.fields, ...endToEnd(fields).filter(([name]) => withheld.has(name))] };
}
