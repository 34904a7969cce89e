import { randomBytes } from "node:crypto";
import { drizzle } from "drizzle-orm/postgres-js";
import type { ParameterOrJSON, Sql } from "postgres";
import type { Database } from "./client.ts";

/** A connection of the pool. */
export type Connection = {
  /** What Postgres knows it as. No other connection ever has this name. */
  readonly name: string;
  readonly client: Sql;
  readonly db: Database;
  /** Operations that use it now. */
  running: number;
  /**
   * Reads that are on it, or that the driver keeps until they can be sent: a few. Not a `Set`: V8 replaces the
   * table of one that changes all the time, each table refers to the next, and once one of them is old all that
   * follow grow old with it, with the rows of the reads that they held.
   */
  readonly reads: { cancel(): void }[];
  /** How often it was lost, or cut by us, while something was on it: once for all that was. */
  losses: number;
  /** Postgres did not even take a cancel. */
  isSilent: boolean;
  /** Postgres has answered on it, and has not closed it since. */
  isOpen: boolean;
  /** Of one that somebody waits for to be opened: resolves when it may be. */
  turn: Promise<void> | null;
};

/** Where a connection of the pool is: a new one takes the place of one that was cut. */
export type Lane = { connection: Connection };

/** Makes a client with one connection, which is opened when first needed. @param closed told when it has closed */
export type Open = (name: string, closed: () => void) => Sql;

export function openConnection(open: Open): Connection {
  const name = randomBytes(8).toString("hex");
  const client = open(name, () => {
    connection.isOpen = false;
  });
  const connection: Connection = {
    name,
    client,
    db: drizzle(client, { casing: "snake_case" }),
    running: 0,
    reads: [],
    losses: 0,
    isSilent: false,
    isOpen: false,
    turn: null,
  };
  return connection;
}

/**
 * Runs a statement and answers rows as columns in their order.
 * @param prepare whether it is prepared when first seen, which for a text of its own would keep it for ever
 */
export async function readRows(
  { client, reads }: Connection,
  text: string,
  parameters: readonly unknown[],
  prepare = true,
): Promise<unknown[][]> {
  // Drizzle has encoded them; the driver's type lists what it would encode itself.
  const query = client.unsafe(text, parameters as ParameterOrJSON<never>[], { prepare }).values();
  reads.push(query);
  try {
    const answered = await query;
    // Out of the driver's own array, with which they would grow old: docs/decisions/0027-short-lives.md.
    return answered.splice(0);
  } finally {
    remove(reads, query);
  }
}

/** Their order means nothing. */
function remove<T>(all: T[], one: T): void {
  const last = all.pop();
  if (last !== undefined && last !== one) all[all.indexOf(one)] = last;
}

/** Makes Postgres cancel what runs on the connection of this name; resolves when that has been signalled. */
export type CancelByName = (name: string) => Promise<unknown>;

/** How long Postgres is given to take a cancel, in milliseconds. */
const SIGNAL_MS = 500;

/**
 * Ends a connection and what runs on it. The cancel is for Postgres, which may not look at the socket
 * before the statement has ended; since nothing is ever run on the connection again, it can hit nobody else
 * (docs/decisions/0023-cancellation.md).
 */
export async function cut(connection: Connection, cancel: CancelByName): Promise<void> {
  const { promise: tooLate, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, SIGNAL_MS, false);
  const signalled = cancel(connection.name).then(
    () => true,
    () => false,
  );
  connection.isSilent = !(await Promise.race([signalled, tooLate]));
  clearTimeout(timer);
  // The driver would connect once more for what it has not sent yet.
  for (const read of connection.reads) if (!isSent(read)) read.cancel();
  await connection.client.end({ timeout: 0 });
}

/** The driver notes the state of the connection that it sends a query on. */
function isSent(query: object): boolean {
  return Reflect.get(query, "state") !== null;
}
