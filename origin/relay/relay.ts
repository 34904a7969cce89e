import { createBell } from "../bell.ts";
import type { Log } from "../call.ts";
import type { Connections } from "../db/client.ts";
import type { Publish } from "./publish.ts";
import type { RevocationRelay } from "./revocations.ts";
import { asRelay, BATCH, drawVersion, markDelivered, readUndelivered, sweep } from "./store.ts";

/**
 * Tells the edges what has changed: reads the outbox, publishes versions, marks the rows. One process
 * at a time does it. A crash at any point only means that rows are published again.
 */
export type Relay = {
  /** Something was committed: look now rather than at the next turn. */
  readonly wake: () => void;
  readonly state: () => RelayState;
  /** Ends after the turn that is running. */
  readonly stop: () => Promise<void>;
};

export type RelayState = {
  /** When this process last told Redis, in milliseconds since the epoch; null: never, as long as others do. */
  readonly publishedAt: number | null;
  /** Turns that failed, since the start. */
  readonly failures: number;
};

type Options = {
  readonly connections: Connections;
  readonly publish: Publish;
  readonly revocations: RevocationRelay;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

/** Between two looks when nothing wakes the relay; edges take one that is silent for 1,500 ms for dead. */
const POLL_MS = 400;
/** After a failure, so that a dead Redis is not hammered. */
const RETRY_MS = 1_000;
const SWEEP_MS = 60_000;

export function startRelay({ connections, publish, revocations, log, now }: Options): Relay {
  const bell = createBell();
  let stopping = false;
  let failing = false;
  let failures = 0;
  let publishedAt: number | null = null;
  let sweptAt = now();

  /** One turn. @returns whether there may be more to do at once */
  async function deliver(): Promise<boolean> {
    const more = await asRelay(connections, async (tx) => {
      const undelivered = await readUndelivered(tx);
      const { rows } = undelivered;
      // Also when there is nothing new: it is the sign of life that edges trust the versions by.
      const era = await publish(undelivered, rows.length === 0 ? "0" : await drawVersion(tx));
      publishedAt = now();
      await revocations.publish(tx, rows, era);
      if (rows.length > 0) await markDelivered(tx, rows);
      return (await revocations.restore(tx, era)) || rows.length === BATCH;
    });
    return more === true;
  }

  async function tidy(): Promise<void> {
    if (now() - sweptAt < SWEEP_MS) return;
    sweptAt = now();
    await sweep(connections);
  }

  /** @returns how long to wait before the next turn, in milliseconds */
  async function turn(): Promise<number> {
    try {
      const more = await deliver();
      if (failing) log.info({ stage: "relay" }, "the relay delivers again");
      failing = false;
      if (more) return 0;
      await tidy();
      return POLL_MS;
    } catch (error) {
      // Once, not every second of an outage.
      if (!failing) log.error({ err: error, stage: "relay" }, "the relay cannot deliver");
      failing = true;
      failures++;
      return RETRY_MS;
    }
  }

  async function run(): Promise<void> {
    while (!stopping) {
      const pauseMs = await turn();
      if (pauseMs > 0) await bell.wait(pauseMs);
    }
  }

  const ended = run();
  return {
    wake: bell.ring,
    state: () => ({ publishedAt, failures }),
    async stop() {
      stopping = true;
      bell.ring();
      await ended;
      // What was committed while the last turn ran; if it fails, another process or the next start does it.
      await deliver().catch((error) => log.warn({ err: error, stage: "relay" }, "the last turn failed"));
    },
  };
}
