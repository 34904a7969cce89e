import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import postgres, { type ParameterOrJSON, type Sql } from "postgres";
import { assertPatchedDriver } from "./patched.ts";

/** The query builder. Reads go through `read.ts`, writes through `write.ts`. */
export type Database = PostgresJsDatabase;
export type Transaction = Parameters<Parameters<Database["transaction"]>[0]>[0];

export type Connections = {
  readonly db: Database;
  /** Runs a statement that is prepared when first seen, and answers rows as columns in their order. */
  readonly rows: (text: string, parameters: readonly unknown[]) => Promise<unknown[][]>;
  readonly poolSize: number;
  /** Reads and transactions that run or wait for a connection; `read.ts` and `write.ts` count. */
  readonly usage: { inFlight: number };
  /** Sends to whoever listens, in any process. At once: not in a transaction. */
  readonly notify: (channel: string, payload: string) => Promise<unknown>;
  /** Listens on a connection of its own. */
  readonly listen: (channel: string, heard: (payload: string) => void) => Promise<unknown>;
  /** Waits for what is running, at most `timeoutSeconds`, and closes every connection. */
  readonly close: (timeoutSeconds: number) => Promise<void>;
};

type Options = {
  readonly url: string;
  readonly poolSize: number;
  readonly applicationName: string;
};

/** Milliseconds after which Postgres gives up by itself, so that nothing holds a connection for ever. */
const STATEMENT_TIMEOUT_MS = 10_000;
const LOCK_TIMEOUT_MS = 5_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000;
/** Bounds how long one open transaction can hold back the relay's watermark. */
const TRANSACTION_TIMEOUT_MS = 20_000;

/**
 * The driver's own grows to 20 s, for which queries wait to be refused while the database is away, and
 * to be answered when it is back.
 */
const reconnectDelaySeconds = () => 0.05 + Math.random() * 0.2;

/**
 * Opens a pool; connections are made when first needed. The URL's `sslmode` decides on TLS: only
 * `verify-full` checks the server's certificate.
 */
export function connect({ url, poolSize, applicationName }: Options): Connections {
  assertPatchedDriver();
  // A client of drizzle's own: it changes how the one it is given parses dates.
  const client: Sql = postgres(url, {
    max: poolSize,
    connect_timeout: 5,
    backoff: reconnectDelaySeconds,
    // drizzle knows the types of its columns; the query that would ask for array types is saved.
    fetch_types: false,
    onnotice: () => {},
    connection: {
      application_name: applicationName,
      TimeZone: "UTC",
      statement_timeout: STATEMENT_TIMEOUT_MS,
      lock_timeout: LOCK_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
      transaction_timeout: TRANSACTION_TIMEOUT_MS,
    },
  });
  return {
    db: drizzle(client, { casing: "snake_case" }),
    rows: (text, parameters) =>
      // Drizzle has encoded them; the driver's type lists what it would encode itself.
      client.unsafe(text, parameters as ParameterOrJSON<never>[], { prepare: true }).values(),
    poolSize,
    usage: { inFlight: 0 },
    notify: (channel, payload) => client.notify(channel, payload),
    listen: (channel, heard) => client.listen(channel, heard),
    close: (timeoutSeconds) => client.end({ timeout: timeoutSeconds }),
  };
}
