import { sql } from "drizzle-orm";
import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import postgres, { type Sql } from "postgres";
import { type Breaker, createBreaker } from "../breaker.ts";
import { createAdmission } from "./admission.ts";
import { isAway } from "./errors.ts";
import { type Connection, openConnection, readRows } from "./lane.ts";
import { createOpenings } from "./openings.ts";
import { assertPatchedDriver } from "./patched.ts";
import { createPool, LostToOthers, type Pool } from "./pool.ts";
import { BRIEFLY_MS, ceilings, LONGEST_MS } from "./timeouts.ts";
import { inSpan } from "./traced.ts";
import { currentWork, type Priority, upkeep } from "./work.ts";

/** The query builder. Reads go through `read.ts`, writes through `write.ts`. */
export type Database = PostgresJsDatabase;
export type Transaction = Parameters<Parameters<Database["transaction"]>[0]>[0];

export type Connections = {
  /** One operation at a time on each connection: transactions, and reads that may take their time. */
  readonly pool: Pool;
  /** Short reads, several at a time on each connection. */
  readonly reads: Pool;
  readonly breaker: Breaker;
  readonly rows: Rows;
  /**
   * Runs what the origin asks by itself, apart from the pools, so that requests cannot keep the relay, probes and
   * cancels from the database. A connection that says nothing for `withinMs` is replaced; default: for as long as
   * Postgres may take.
   */
  readonly own: Own;
  /** Sends to whoever listens, in any process. At once: not in a transaction. */
  readonly notify: (channel: string, payload: string) => Promise<unknown>;
  /** Listens on a connection of its own. */
  readonly listen: (channel: string, heard: (payload: string) => void) => Promise<unknown>;
  /** Waits for what is running, at most `timeoutSeconds`, and closes every connection. */
  readonly close: (timeoutSeconds: number) => Promise<void>;
};

/**
 * Runs a statement that is prepared when first seen, and answers rows as columns in their order.
 * @param isShort runs as one that reads a single thing does, whatever asks: one plan serves it well for any values
 */
export type Rows = (text: string, parameters: readonly unknown[], isShort?: boolean) => Promise<unknown[][]>;

export type Own = <R>(operation: (db: Database) => Promise<R>, withinMs?: number) => Promise<R>;

type Options = {
  readonly url: string;
  /** Connections for requests, half of them for `reads`; beside the origin's own (docs/pools.md). */
  readonly poolSize: number;
  readonly applicationName: string;
  /** Told how long each operation waited, in milliseconds, that had to wait for a connection. */
  readonly waited?: (milliseconds: number) => void;
  /** Told of each operation that was refused for want of a connection. */
  readonly refused?: (priority: Priority) => void;
};

/** Of the relay, the sweeper, the deliverer, probes and cancels. */
const OWN_CONNECTIONS = 4;
/**
 * How many reads are on a connection at a time: sent together and answered together, each costs a
 * fraction of the system calls.
 */
const READS_PER_CONNECTION = 8;
/** How many may wait for each connection. */
const WAITING_PER_CONNECTION = 20;
const MAX_WAIT_MS = 2_000;
/** Of those who ask by themselves, each of which asks one thing at a time: never too many. */
const MAX_OWN_WAITING = 1_000;
/** After which a connection that is not used is tried by TCP: ten seconds later, one that is dead is closed. */
const KEEP_ALIVE_SECONDS = 5;

/**
 * What is read by its key, or a page in the order of an index, has one good plan. Postgres does not know: of any page it
 * expects a tenth of the table, and so plans each anew, which takes longer than to read it (docs/decisions/0029-short-reads.md).
 */
const PLANNED_ONCE = { plan_cache_mode: "force_generic_plan" };

/**
 * The driver's own grows to 20 s, for which queries wait to be refused while the database is away, and
 * to be answered when it is back. It differs, so that those who lost it together do not come together.
 */
const reconnectDelaySeconds = () => 0.05 + Math.random() * 0.2;

/**
 * Opens a pool; connections are made when first needed. The URL's `sslmode` decides on TLS: only
 * `verify-full` checks the server's certificate.
 */
export function connect({ url, poolSize, applicationName, waited, refused }: Options): Connections {
  assertPatchedDriver();
  const open = (name: string, closed = () => {}, settings = {}): Sql =>
    postgres(url, {
      max: 1,
      connect_timeout: 5,
      keep_alive: KEEP_ALIVE_SECONDS,
      backoff: reconnectDelaySeconds,
      // drizzle knows the types of its columns; the query that would ask for array types is saved.
      fetch_types: false,
      onnotice: () => {},
      onclose: closed,
      connection: { application_name: name, TimeZone: "UTC", ...ceilings, ...settings },
    });
  // Opens no connection but the one that listens.
  const ear = open(applicationName);
  const nameOf = (connection: string) => `${applicationName}/${connection}`;
  const breaker = createBreaker({ isOutage: isAway });

  const ownPool = createPool({
    size: OWN_CONNECTIONS,
    open: () => openConnection((_, closed) => open(applicationName, closed)),
    openings: createOpenings(),
    // Nobody is left to send it; Postgres finds out by itself that whoever asked is gone.
    cancel: async () => undefined,
    admission: createAdmission({
      places: OWN_CONNECTIONS,
      maxWaiting: MAX_OWN_WAITING,
      maxWaitMs: MAX_WAIT_MS,
    }),
    // Asks also while the database is away: it is what notices that it is back.
    breaker: createBreaker({ isOutage: () => false }),
  });
  const own: Own = (operation, withinMs = LONGEST_MS) =>
    upkeep(withinMs, () => ownPool.use(({ db }) => operation(db)));
  const cancel = (name: string) =>
    own(
      (db) =>
        db.execute(
          sql`select pg_cancel_backend(pid) from pg_stat_activity where application_name = ${nameOf(name)}`,
        ),
      BRIEFLY_MS,
    );

  const openings = createOpenings();
  const poolOf = (size: number, sharedBy: number, settings = {}) =>
    createPool({
      size,
      open: () => openConnection((name, closed) => open(nameOf(name), closed, settings)),
      openings,
      cancel,
      admission: createAdmission({
        places: size * sharedBy,
        maxWaiting: size * WAITING_PER_CONNECTION,
        maxWaitMs: MAX_WAIT_MS,
        ...(waited && { waited }),
        ...(refused && { refused }),
      }),
      breaker,
    });
  const reads = poolOf(Math.ceil(poolSize / 2), READS_PER_CONNECTION, PLANNED_ONCE);
  const pool = poolOf(Math.max(1, Math.floor(poolSize / 2)), 1);

  async function run<R>(isShort: boolean, read: (connection: Connection) => Promise<R>): Promise<R> {
    if (!isShort) return pool.use(read);
    try {
      return await reads.use(read);
    } catch (error) {
      if (error instanceof LostToOthers) return pool.use(read);
      throw error;
    }
  }

  return {
    pool,
    reads,
    breaker,
    rows(text, parameters, isShort = false) {
      const { priority, trace } = currentWork();
      const shares = isShort || priority === "read" || priority === "revalidation";
      if (!trace) return run(shares, (connection) => readRows(connection, text, parameters));
      return inSpan(trace, (span) =>
        run(shares, (connection) => {
          span.connected();
          return readRows(connection, span.mark(text), parameters, false);
        }),
      );
    },
    own,
    notify: (channel, payload) =>
      own((db) => db.execute(sql`select pg_notify(${channel}, ${payload})`), BRIEFLY_MS),
    listen: (channel, heard) => ear.listen(channel, heard),
    async close(timeoutSeconds) {
      await Promise.all([
        pool.close(timeoutSeconds),
        reads.close(timeoutSeconds),
        ownPool.close(timeoutSeconds),
        ear.end({ timeout: timeoutSeconds }),
      ]);
    },
  };
}
