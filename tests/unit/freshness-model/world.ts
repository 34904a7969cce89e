import type { Design } from "./design.ts";

/**
 * One tenant's list as writers, relays, Redis and edges see it. Every method is one step that is
 * atomic in reality (a statement, a Lua call, a map access); a scheduler interleaves them.
 *
 * An answer is the set of writes that it shows. It is stale when it lacks one that had been
 * announced before the edge last looked at Redis.
 */

type Write = { readonly id: number; readonly xid: number; readonly serial: number; delivered: boolean };
type Shown = ReadonlySet<number>;
type Draft = {
  readonly writes: readonly Write[];
  readonly xmin: number;
  readonly version: number;
};
type Publication = Draft & { readonly watermark: number };
type Redis = { readonly birth: number; version: number; watermark: number };
type Relay =
  | { readonly step: "idle" }
  | { readonly step: "numbered"; readonly version: number }
  | { readonly step: "read" | "drawn" | "published"; readonly draft: Draft };
type Snapshot = { readonly key: string; readonly watermark: number; readonly mustShow: Shown };
type Reader = { readonly mustShow: Shown; readonly why: string };
type Flight = { readonly key: string; answer: Shown | null; readonly readers: Reader[] };
export type Edge = {
  snapshot: Snapshot | null;
  readonly cache: Map<string, Shown>;
  flights: Flight[];
};

export class World {
  readonly #design: Design;
  readonly edges: readonly Edge[] = [newEdge(), newEdge()];
  readonly relays: Relay[] = [{ step: "idle" }, { step: "idle" }];
  readonly active: Write[] = [];
  /** What the first stale answer lacked; null while none was given. */
  violation: string | null = null;

  #nextXid = 1;
  #sequence = 0;
  #position = 0;
  readonly #outbox: Write[] = [];
  readonly #committed = new Set<number>();
  readonly #announced = new Set<number>();
  #redis: Redis | null = null;
  #births = 0;
  /** Publications that a retry on the way can deliver once more, any time later. */
  readonly #duplicates: Publication[] = [];

  constructor(design: Design) {
    this.#design = design;
  }

  begin(): void {
    const xid = this.#nextXid++;
    this.active.push({ id: xid, xid, serial: xid, delivered: false });
  }

  commit(index: number): void {
    const [write] = this.active.splice(index, 1);
    if (write === undefined) return;
    this.#committed.add(write.id);
    this.#outbox.push(write);
  }

  /** The relay's next step; `relay` restarts from the beginning after a crash. */
  relayStep(index: number): void {
    const relay = this.relays[index] ?? { step: "idle" };
    this.relays[index] = this.#advance(relay);
  }

  crashRelay(index: number): void {
    this.relays[index] = { step: "idle" };
  }

  loseRedis(): void {
    this.#redis = null;
  }

  deliverDuplicate(index: number): void {
    const publication = this.#duplicates[index];
    if (publication !== undefined) this.#publish(publication);
  }

  get duplicates(): number {
    return this.#duplicates.length;
  }

  look(edge: Edge): void {
    const { birth, version, watermark } = this.#versions();
    const key = this.#design.births === "in-key" ? `${birth}.${version}` : `${version}`;
    edge.snapshot = { key, watermark, mustShow: new Set(this.#announced) };
  }

  /** A read without a token. */
  read(edge: Edge): void {
    if (edge.snapshot === null) return;
    this.#ask(edge, this.#keyOf(edge.snapshot), { mustShow: edge.snapshot.mustShow, why: "a read" });
  }

  /** A read by whoever made the latest commit, with the token that the write returned. */
  readWithToken(edge: Edge): void {
    const own = this.#outbox.at(-1);
    if (own === undefined || edge.snapshot === null) return;
    const reader = { mustShow: new Set([own.id]), why: "a read with a token" };
    if (own.xid < edge.snapshot.watermark) this.#ask(edge, this.#keyOf(edge.snapshot), reader);
    else if (this.#design.tokenReads === "join") this.#join(edge, this.#keyOf(edge.snapshot), reader);
  }

  /** A flight's next step: the origin reads, then the answer is stored and handed to all who wait. */
  flightStep(edge: Edge, index: number): void {
    const flight = edge.flights[index];
    if (flight === undefined) return;
    if (flight.answer === null) {
      flight.answer = new Set(this.#committed);
      return;
    }
    edge.flights.splice(index, 1);
    edge.cache.set(flight.key, flight.answer);
    for (const reader of flight.readers) this.#check(flight.answer, reader);
  }

  /** Lets everything come to rest, then reads at every edge: nothing committed may be missing. */
  settle(): void {
    while (this.active.length > 0) this.commit(0);
    // Enough for a refusal, a reseed and what was left over.
    for (let step = 0; step < 20; step++) this.relayStep(0);
    for (const edge of this.edges) {
      while (edge.flights.length > 0) this.flightStep(edge, 0);
      this.look(edge);
      if (edge.snapshot === null) continue;
      const hit = edge.cache.get(this.#keyOf(edge.snapshot));
      if (hit !== undefined) this.#check(hit, { mustShow: this.#committed, why: "a read at rest" });
    }
  }

  #advance(relay: Relay): Relay {
    switch (relay.step) {
      case "idle":
        if (this.#design.draw === "before-read") return { step: "numbered", version: ++this.#sequence };
        return { step: "read", draft: this.#readOutbox(0) };
      case "numbered":
        return { step: "drawn", draft: this.#readOutbox(relay.version) };
      case "read":
        return { step: "drawn", draft: { ...relay.draft, version: ++this.#sequence } };
      case "drawn": {
        const publication = { ...relay.draft, watermark: this.#watermarkOf(relay.draft) };
        this.#publish(publication);
        this.#duplicates.push(publication);
        return { step: "published", draft: relay.draft };
      }
      case "published":
        for (const write of relay.draft.writes) {
          write.delivered = true;
          this.#position = Math.max(this.#position, write.serial);
        }
        return { step: "idle" };
    }
  }

  /** One statement: the rows to deliver, and below which transaction id all have ended. */
  #readOutbox(version: number): Draft {
    const writes = this.#outbox.filter((write) =>
      this.#design.delivery === "undelivered" ? !write.delivered : write.serial > this.#position,
    );
    const xmin = Math.min(this.#nextXid, ...this.active.map(({ xid }) => xid));
    return { writes, xmin, version };
  }

  #watermarkOf({ writes, xmin }: Draft): number {
    return this.#design.watermark === "xmin" ? xmin : Math.max(0, ...writes.map(({ xid }) => xid + 1));
  }

  /** One Lua call, merged by maximum. */
  #publish({ version, watermark, writes }: Publication): void {
    const redis = this.#versions();
    for (const write of writes) this.#announced.add(write.id);
    if (this.#design.invalidation === "purge") {
      for (const edge of this.edges) edge.cache.clear();
    }
    if (writes.length > 0) {
      redis.version = this.#design.versions === "incr" ? redis.version + 1 : Math.max(redis.version, version);
    }
    redis.watermark = Math.max(redis.watermark, watermark);
  }

  /** What Redis holds; whoever finds nothing there begins it. */
  #versions(): Redis {
    this.#redis ??= { birth: ++this.#births, version: 0, watermark: 0 };
    return this.#redis;
  }

  #keyOf(snapshot: Snapshot): string {
    return this.#design.invalidation === "purge" ? "only" : snapshot.key;
  }

  #ask(edge: Edge, key: string, reader: Reader): void {
    const hit = edge.cache.get(key);
    if (hit !== undefined) this.#check(hit, reader);
    else this.#join(edge, key, reader);
  }

  #join(edge: Edge, key: string, reader: Reader): void {
    const flight = edge.flights.find((candidate) => candidate.key === key);
    if (flight !== undefined) flight.readers.push(reader);
    else edge.flights.push({ key, answer: null, readers: [reader] });
  }

  #check(answer: Shown, { mustShow, why }: Reader): void {
    const missing = [...mustShow].find((write) => !answer.has(write));
    if (missing !== undefined) this.violation ??= `${why} lacks write ${missing}`;
  }
}

function newEdge(): Edge {
  return { snapshot: null, cache: new Map(), flights: [] };
}
