import { randomBytes } from "node:crypto";
import { drizzle } from "drizzle-orm/postgres-js";
import type { Sql } from "postgres";
import type { Database } from "./client.ts";

/** A connection of the pool. */
export type Connection = {
  /** What Postgres knows it as. No other connection ever has this name. */
  readonly name: string;
  readonly client: Sql;
  readonly db: Database;
};

/** Where a connection of the pool is: a new one takes the place of one that was cut. */
export type Lane = {
  /** Operations that use it now. */
  running: number;
  connection: Connection;
};

/** @param open makes a client with one connection, which is opened when first needed */
export function openConnection(open: (name: string) => Sql): Connection {
  const name = randomBytes(8).toString("hex");
  const client = open(name);
  return { name, client, db: drizzle(client, { casing: "snake_case" }) };
}

/** Makes Postgres cancel what runs on the connection of this name; resolves when that has been signalled. */
export type CancelByName = (name: string) => Promise<unknown>;

/** How long Postgres is given to take a cancel, in milliseconds. */
const SIGNAL_MS = 500;

/**
 * Ends a connection and what runs on it. The cancel is for Postgres, which may not look at the socket
 * before the statement has ended; since nothing is ever run on the connection again, it can hit nobody else
 * (docs/decisions/0020-cancellation.md).
 */
export async function cut({ name, client }: Connection, cancel: CancelByName): Promise<void> {
  const { promise: tooLate, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, SIGNAL_MS);
  await Promise.race([cancel(name).catch(() => undefined), tooLate]);
  clearTimeout(timer);
  await client.end({ timeout: 0 });
}
