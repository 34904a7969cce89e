import type { Design } from "./design.ts";
import {
  type Backup,
  beginsEra,
  contains,
  type Draft,
  type Edge,
  markOf,
  newEdge,
  type Open,
  type Publication,
  publicationOf,
  type Reader,
  type Redis,
  type Relay,
  type Shown,
  type Snapshot,
  type Write,
} from "./state.ts";

/**
 * One tenant's list as writers, relays, Redis and edges see it. Every method is one step that is
 * atomic in reality (a statement, a Lua call, a map access); a scheduler interleaves them.
 *
 * An answer is the set of writes that it shows. It is stale when it lacks one that had been announced
 * before the edge last looked at Redis, or shows one that was undone, when Postgres was put back, before
 * the relay's last publication that the edge has seen.
 */

export class World {
  readonly #design: Design;
  readonly edges: readonly Edge[] = [newEdge(), newEdge()];
  readonly relays: Relay[] = [{ step: "idle" }, { step: "idle" }];
  readonly active: Open[] = [];
  /** What the first stale answer lacked; null while none was given. */
  violation: string | null = null;

  #writes = 0;
  #start = 0;
  #clock = 0;
  #nextXid = 1;
  #sequence = 0;
  #position = 0;
  #outbox: Write[] = [];
  #committed = new Set<number>();
  #backup: Backup = { committed: new Set(), outbox: [], nextXid: 1, sequence: 0, position: 0 };
  readonly #announced = new Set<number>();
  /** Writes that putting Postgres back has undone, and those of them that edges can know of. */
  readonly #undone = new Set<number>();
  #disowned: Shown = new Set();
  #redis: Redis | null = null;
  #births = 0;
  /** Publications that a retry on the way can deliver once more, any time later. */
  readonly #duplicates: Publication[] = [];

  constructor(design: Design) {
    this.#design = design;
  }

  begin(): void {
    const xid = this.#nextXid++;
    this.active.push({ id: ++this.#writes, xid, serial: xid });
  }

  /** @param edge the one that the write went through, and that learns of its end */
  commit(index: number, edge?: Edge): void {
    const [write] = this.active.splice(index, 1);
    if (write === undefined) return;
    this.#committed.add(write.id);
    const row = { ...write, start: this.#start, committedAt: ++this.#clock, delivered: false };
    this.#outbox.push(row);
    edge?.own.push(row);
  }

  /** The relay's next step; `relay` restarts from the beginning after a crash. */
  relayStep(index: number): void {
    const relay = this.relays[index] ?? { step: "idle" };
    this.relays[index] = this.#advance(relay);
  }

  /** What it has sent may still arrive. */
  crashRelay(index: number): void {
    const relay = this.relays[index];
    if (relay?.step === "drawn") this.#duplicates.push(publicationOf(this.#design, relay.draft));
    this.relays[index] = { step: "idle" };
  }

  backUp(): void {
    this.#backup = {
      committed: new Set(this.#committed),
      outbox: this.#outbox.map((write) => ({ ...write })),
      nextXid: this.#nextXid,
      sequence: this.#sequence,
      position: this.#position,
    };
  }

  /** Postgres starts from its backup: what was committed since is undone, and numbers are given out again. */
  putBack(): void {
    const { committed, outbox, nextXid, sequence, position } = this.#backup;
    for (const index of this.relays.keys()) this.crashRelay(index);
    for (const write of this.#committed) if (!committed.has(write)) this.#undone.add(write);
    this.active.length = 0;
    this.#start++;
    this.#committed = new Set(committed);
    this.#outbox = outbox.map((write) => ({ ...write }));
    [this.#nextXid, this.#sequence, this.#position] = [nextXid, sequence, position];
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
    const { birth, start, beganAt, version, watermark } = this.#versions();
    const key = this.#design.births === "in-key" ? `${birth}.${version}` : `${version}`;
    const mustShow = new Set(this.#announced);
    edge.snapshot = { key, start, beganAt, watermark, mustShow, mustNotShow: this.#disowned };
  }

  /** A read without a token: it shows what went through the edge all the same. */
  read(edge: Edge): void {
    const { snapshot, own } = edge;
    if (snapshot === null) return;
    const mustShow = new Set([...snapshot.mustShow, ...own.map(({ id }) => id)]);
    this.#ask(edge, this.#keyOf(snapshot, edge), { ...snapshot, mustShow, why: "a read" });
  }

  /** A read by whoever made the latest commit, with the token that the write returned. */
  readWithToken(edge: Edge): void {
    const own = this.#outbox.at(-1);
    if (own === undefined || edge.snapshot === null) return;
    const reader = { ...edge.snapshot, mustShow: new Set([own.id]), why: "a read with a token" };
    const key = this.#keyOf(edge.snapshot, edge);
    if (contains(this.#design, edge.snapshot, own)) this.#ask(edge, key, reader);
    else if (this.#design.tokenReads === "join") this.#join(edge, key, reader);
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
      const hit = edge.cache.get(this.#keyOf(edge.snapshot, edge));
      const all = { mustShow: this.#committed, mustNotShow: this.#undone };
      if (hit !== undefined) this.#check(hit, { ...all, why: "a read at rest" });
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
        const publication = publicationOf(this.#design, relay.draft);
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
    return { writes, xmin, next: this.#nextXid, version, start: this.#start };
  }

  /** One Lua call, merged by maximum within an era. */
  #publish(publication: Publication): void {
    const { version, watermark, writes, start } = publication;
    const known = this.#versions();
    const redis = beginsEra(this.#design, known, publication) ? this.#begin(start) : known;
    this.#redis = redis;
    for (const write of writes) this.#announced.add(write.id);
    if (start === this.#start) this.#disowned = new Set(this.#undone);
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
    this.#redis ??= this.#begin(null);
    return this.#redis;
  }

  #begin(start: number | null): Redis {
    return { birth: ++this.#births, start, beganAt: ++this.#clock, version: 0, watermark: 0 };
  }

  #keyOf(snapshot: Snapshot, edge: Edge): string {
    const version = this.#design.invalidation === "purge" ? "only" : snapshot.key;
    return version + markOf(this.#design, edge, snapshot);
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

  #check(answer: Shown, { mustShow, mustNotShow, why }: Reader): void {
    const missing = [...mustShow].find((write) => this.#committed.has(write) && !answer.has(write));
    if (missing !== undefined) this.violation ??= `${why} lacks write ${missing}`;
    const undone = [...mustNotShow].find((write) => answer.has(write));
    if (undone !== undefined) this.violation ??= `${why} shows write ${undone}, which was undone`;
  }
}
