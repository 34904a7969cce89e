import { setTimeout as pause } from "node:timers/promises";
import postgres from "postgres";
import { productId } from "../contestants/product.ts";
import { TENANT } from "../contestants/token.ts";
import { headerIn } from "../load/connection.ts";
import { Pool } from "../load/pool.ts";
import type { BenchStack } from "./part.ts";
import type { Written } from "./staleness.ts";

/** Makes writes at a rate, and remembers those of the watched keys. */
export type Writer = {
  readonly writes: Written[];
  /** All that were confirmed, and those that were not. */
  readonly count: () => { readonly confirmed: number; readonly failed: number };
  /** Resolves when those under way are confirmed. */
  readonly stop: () => Promise<void>;
};

const WATCHED_PER_SECOND = 5;
const ROWS_PER_TRANSACTION = 100;
const CONNECTIONS = 32;
/** Of the products that are written but not watched. */
const FIRST_UNWATCHED = 1_000;
const UNWATCHED = 5_000;
const ETAG = /^"(\d+)"$/;

/** A change of a product's stock, as it goes over the wire. @param target may hold `{id}` */
export function patch(target: string, token: string): string {
  const body = JSON.stringify({ inStock: true });
  const head = [
    `PATCH ${target} HTTP/1.1`,
    "host: 127.0.0.1",
    `authorization: Bearer ${token}`,
    "if-match: *",
    "content-type: application/merge-patch+json",
    `content-length: ${body.length}`,
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

/** Writes through the API, at the edge for writes. @param perSecond requests/s */
export function writeByApi(
  { writer, token }: BenchStack,
  watched: readonly number[],
  perSecond: number,
): Writer {
  const pool = new Pool(writer.port, CONNECTIONS);
  const writes: Written[] = [];
  let confirmed = 0;
  let failed = 0;
  let underWay = 0;
  const keyFor = keysInTurn(watched, perSecond);
  const ticking = everyDue(perSecond, () => {
    const connection = pool.borrow();
    if (connection === null) return false;
    const { key, isWatched } = keyFor();
    const sentAt = performance.now();
    underWay++;
    connection.send(Buffer.from(patch(`/v1/products/${productId(key)}`, token)), (status, head) => {
      underWay--;
      pool.giveBack(connection);
      const version = ETAG.exec(headerIn(head, "etag") ?? "")?.[1];
      if (status !== 200 || version === undefined) {
        failed++;
        return;
      }
      confirmed++;
      if (isWatched) writes.push({ key, version: Number(version), sentAt, confirmedAt: performance.now() });
    });
    return true;
  });
  return {
    writes,
    count: () => ({ confirmed, failed }),
    async stop() {
      ticking.stop();
      while (underWay > 0) await pause(10);
      pool.close();
    },
  };
}

/**
 * Writes rows of the outbox by SQL, a hundred in a transaction, of which one is about a watched product
 * that the transaction changes: the relay is not told, and finds them when it looks.
 */
export function writeBySql(
  { ownerUrl }: BenchStack,
  watched: readonly number[],
  rowsPerSecond: number,
): Writer {
  const sql = postgres(ownerUrl, { max: 2, onnotice: () => undefined });
  const writes: Written[] = [];
  let confirmed = 0;
  let failed = 0;
  let turn = 0;
  const underWay = new Set<Promise<void>>();

  async function transaction(key: number): Promise<void> {
    const sentAt = performance.now();
    const id = productId(key);
    const [row] = await sql.begin(async (tx) => {
      await tx`insert into outbox (tenant_id, collection, item_id)
        select ${TENANT}, 'products', (${id.slice(0, -12)} || lpad(to_hex(${FIRST_UNWATCHED} + (random() * ${UNWATCHED})::int), 12, '0'))::uuid
        from generate_series(2, ${ROWS_PER_TRANSACTION})`;
      await tx`insert into outbox (tenant_id, collection, item_id) values (${TENANT}, 'products', ${id})`;
      return tx<{ version: number }[]>`update products set version = version + 1
        where tenant_id = ${TENANT} and id = ${id} returning version`;
    });
    if (row === undefined) throw new Error("there is no such product");
    confirmed += ROWS_PER_TRANSACTION;
    writes.push({ key, version: row.version, sentAt, confirmedAt: performance.now() });
  }

  const ticking = everyDue(rowsPerSecond / ROWS_PER_TRANSACTION, () => {
    const work = transaction(watched[turn++ % watched.length] ?? 0).catch(() => {
      failed += ROWS_PER_TRANSACTION;
    });
    underWay.add(work);
    void work.then(() => underWay.delete(work));
    return true;
  });
  return {
    writes,
    count: () => ({ confirmed, failed }),
    async stop() {
      ticking.stop();
      await Promise.all(underWay);
      await sql.end();
    },
  };
}

/** Watched keys five times a second at most, so that each can be seen to be old before it is written again. */
function keysInTurn(watched: readonly number[], perSecond: number) {
  const each = Math.max(1, Math.ceil(perSecond / WATCHED_PER_SECOND));
  let turn = 0;
  return function next(): { key: number; isWatched: boolean } {
    const index = turn++;
    if (index % each === 0) return { key: watched[(index / each) % watched.length] ?? 0, isWatched: true };
    return { key: FIRST_UNWATCHED + (index % UNWATCHED), isWatched: false };
  };
}

/** Calls `act` so many times a second, catching up after a stall; what returns false is tried again. */
function everyDue(perSecond: number, act: () => boolean): { stop: () => void } {
  const begun = performance.now();
  let done = 0;
  const timer = setInterval(
    () => {
      const due = ((performance.now() - begun) * perSecond) / 1000;
      while (done < due && act()) done++;
    },
    Math.min(5, 500 / perSecond),
  );
  return { stop: () => clearInterval(timer) };
}
