import { SingleFlight } from "../single-flight.ts";
import type { Entry } from "./entry.ts";
import { discard, type Load, type Upstream, type WaitUntil } from "./exchange.ts";
import { Fills } from "./fills.ts";
import { Hits } from "./hits.ts";
import { invalidatedPaths } from "./invalidation.ts";
import { Loners } from "./loners.ts";
import { keyOf } from "./make-entry.ts";
import { isCollapsible } from "./plan.ts";
import { type Profile, workers } from "./profile.ts";
import { type Matcher, matcherOf, type PurgeOptions, type PurgeResult } from "./purge.ts";
import { FOUND, notCached, passedOn, type Reply, replyFrom } from "./reply.ts";
import { type CacheRequest, demandsOf, isLookedUp } from "./request.ts";
import { type Failure, standsIn, useOf } from "./reuse.ts";
import { type Asked, Revalidation } from "./revalidation.ts";
import type { ForwardReason } from "./status.ts";
import { Store } from "./store.ts";

export type HttpCacheOptions = {
  /** What the stored responses may take in memory, with the garbage that they become. */
  readonly maxBytes: number;
  /** An entry's share; a sixteenth when left out. */
  readonly maxEntryBytes?: number;
  /** As Workers Cache when left out. */
  readonly profile?: Profile;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** How long a request waits for another one's answer to the same question before it asks itself. */
  readonly patienceMs?: number;
};

const SHARE = 1 / 16;
/**
 * V8 lets about as much garbage pile up as is alive before it collects it, and what is evicted is
 * garbage: measured in workerd, by its resident memory while more keys went through than it holds.
 */
const HEADROOM = 2;
const PATIENCE_MS = 5_000;

/** Where `Location` is compared with when the request does not say where it came from. */
const NO_ORIGIN = "http://origin.invalid";

/**
 * A shared HTTP cache (RFC 9111) in the memory of one isolate. What it decides is in pure functions
 * beside it; here is the order of events.
 */
export class HttpCache {
  readonly #profile: Profile;
  readonly #now: () => number;
  readonly #store: Store;
  readonly #hits: Hits;
  readonly #fills = new Fills();
  readonly #flight: SingleFlight<Failure | null>;
  readonly #loners = new Loners();
  readonly #revalidation: Revalidation;

  constructor({ maxBytes, maxEntryBytes, profile = workers, now, patienceMs }: HttpCacheOptions) {
    const share = maxEntryBytes ?? Math.floor(maxBytes * SHARE);
    this.#profile = profile;
    this.#now = now;
    this.#store = new Store(Math.floor(maxBytes / HEADROOM), share, profile.normalisesVary);
    this.#hits = new Hits(profile);
    this.#flight = new SingleFlight(patienceMs ?? PATIENCE_MS);
    this.#revalidation = new Revalidation(profile, this.#store, this.#fills, now, share);
  }

  /** What the stored responses take, estimated. */
  get bytes(): number {
    return this.#store.bytes;
  }

  /** How many responses are stored. */
  get size(): number {
    return this.#store.size;
  }

  /** How many had to make room so far. */
  get evictions(): number {
    return this.#store.evictions;
  }

  /**
   * Answers from the store, at once, or from the origin and keeps what may be kept.
   * @param load asks the origin; it must not be bound to the client's signal, since others may share
   *   its answer
   * @param waitUntil keeps shared work alive when this request ends
   * @throws what `load` throws, when nothing stored may stand in
   */
  answer(request: CacheRequest, load: Load, waitUntil: WaitUntil): Reply | Promise<Reply> {
    if (!isLookedUp(request.method) || request.header("upgrade") !== null) return this.bypass(request, load);
    const demands = demandsOf(request.header, this.#profile);
    const now = this.#now();
    const key = keyOf(request);
    const entry = this.#store.find(key, request);
    const use = entry === null ? null : useOf(entry, demands, this.#profile, now);
    if (entry !== null && !demands.noStore) {
      if (use === "serve") return this.#hits.reply(entry, request, now);
      if (use === "serve-and-revalidate") {
        this.#revalidateLater({ request, load, entry, forward: "stale" }, key, waitUntil);
        return replyFrom(entry, request, { ...FOUND, word: "UPDATING" }, this.#profile, now);
      }
    }
    const forward = this.#reason(key, entry, use === "validate-asked" || demands.noStore);
    if (demands.onlyIfCached) return notCached(forward);
    const asked: Asked = { request, load, entry: demands.noStore ? null : entry, forward };
    if (request.method === "HEAD" && this.#profile.fill === "as-asked") return this.#revalidation.head(asked);
    if (!isCollapsible(request, entry, demands, this.#profile)) return this.#revalidation.ask(asked);
    return this.#askOnce(asked, key, waitUntil);
  }

  /** Asks the origin whatever is stored, keeps nothing, and invalidates what a write makes invalid. */
  async bypass(request: CacheRequest, load: Load): Promise<Reply> {
    const { method } = request;
    const upstream = await load({ method, set: [], drop: [] });
    this.#invalidate(request, upstream);
    const forward = isLookedUp(method) ? "bypass" : "method";
    const provenance = { ...FOUND, word: "BYPASS", forward, forwardStatus: upstream.status } as const;
    return passedOn(upstream, method, this.#profile, provenance);
  }

  /** Forgets what the options name, in every partition, fills in progress included. */
  purge(options: PurgeOptions): PurgeResult {
    return this.#each(options, (matches) => this.#store.purge(matches));
  }

  /** Makes what the options name stale: it is validated before, or while, it is served again. */
  invalidate(options: PurgeOptions): PurgeResult {
    return this.#each(options, (matches) => this.#store.makeStale(matches, this.#now()));
  }

  #each(options: PurgeOptions, act: (matches: Matcher) => void): PurgeResult {
    const matches = matcherOf(options);
    if (typeof matches !== "function") return matches;
    act(matches);
    this.#fills.purge(matches);
    return { success: true, errors: [] };
  }

  /** RFC 9111 §4.4. */
  #invalidate(request: CacheRequest, { status, fields }: Upstream): void {
    const url = new URL((request.origin ?? NO_ORIGIN) + request.path);
    const [target, ...pointed] = invalidatedPaths(request.method, url, status, fields);
    if (target === undefined) return;
    const { partition } = request;
    const keys = new Set([
      keyOf(request),
      ...[target, ...pointed].map((path) => keyOf({ partition, key: path })),
    ]);
    for (const key of keys) this.#store.removeKey(key);
    this.#fills.purge((entry) => keys.has(entry.key));
  }

  #reason(key: string, entry: Entry | null, isAsked: boolean): ForwardReason {
    if (entry !== null) return isAsked ? "request" : "stale";
    return this.#store.hasKey(key) ? "vary-miss" : "uri-miss";
  }

  #revalidateLater(asked: Asked, key: string, waitUntil: WaitUntil): void {
    const flightKey = this.#flightKey(key, asked.request);
    // Who has been answered already waits for nobody: not to ask again when the one who asks fails, or is slow.
    if (this.#flight.isUnderWay(flightKey)) return;
    // As a GET, whatever was asked: the answer to a HEAD has no content to store.
    const whole = { ...asked, request: { ...asked.request, method: "GET" } };
    const revalidate = async () => {
      const reply = await this.#revalidation.ask(whole);
      discard(reply.body);
      return failureOf(reply);
    };
    waitUntil(this.#flight.run(flightKey, revalidate, waitUntil).catch(() => undefined));
  }

  /**
   * One request asks for all that come meanwhile. Those look into the store when it is done: so they
   * get only what anyone who asks now would get, and ask for themselves if that is nothing.
   */
  async #askOnce(asked: Asked, key: string, waitUntil: WaitUntil): Promise<Reply> {
    const flightKey = this.#flightKey(key, asked.request);
    if (this.#loners.has(flightKey, this.#now())) return this.#askAlone(asked, flightKey);
    const own: { reply: Reply | null } = { reply: null };
    const lead = async () => {
      own.reply = await this.#askAlone(asked, flightKey);
      return failureOf(own.reply);
    };
    const failure = await this.#flight.run(flightKey, lead, waitUntil);
    return own.reply ?? this.#replyCollapsed(asked, key, failure) ?? this.#revalidation.ask(asked);
  }

  async #askAlone(asked: Asked, flightKey: string): Promise<Reply> {
    const reply = await this.#revalidation.ask(asked);
    this.#loners.note(flightKey, isShareable(reply), this.#now());
    return reply;
  }

  #replyCollapsed({ request, forward }: Asked, key: string, failure: Failure | null): Reply | null {
    const now = this.#now();
    const entry = this.#store.find(key, request);
    if (entry === null) return null;
    const provenance = { ...FOUND, forward, collapsed: true };
    if (failure !== null && standsIn(entry, failure, this.#profile, now)) {
      return replyFrom(entry, request, { ...provenance, word: "STALE" }, this.#profile, now);
    }
    const use = useOf(entry, demandsOf(request.header, this.#profile), this.#profile, now);
    return use === "serve" ? replyFrom(entry, request, provenance, this.#profile, now) : null;
  }

  #flightKey(key: string, request: CacheRequest): string {
    return `${key}\n${this.#store.variantFor(key, request)}`;
  }
}

/** Whether others who wait for the same could use what this reply left in the store. */
function isShareable({ how }: Reply): boolean {
  return how.word === "STALE" || (how.stored && (how.ttlSeconds ?? 0) > 0);
}

function failureOf({ how }: Reply): Failure | null {
  if (how.word !== "STALE") return null;
  return how.forwardStatus === null ? "disconnected" : "error";
}
