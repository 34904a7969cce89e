import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { contract } from "#shared/contract.ts";
import { bucketOf } from "#shared/freshness.ts";
import { type Asked, ask, type Exchange, outcomeOf } from "./exchange.ts";
import type { Lane } from "./lane.ts";

/** What is there before a fault: products that are cached, that have changed since, and that nobody has asked for. */
export type Scene = {
  /** How many of each. */
  readonly size: number;
  /** In the cache, and as they are in the database. */
  readonly cached: readonly string[];
  /** In the cache, and changed since: the edge knows that there is something newer. */
  readonly changed: readonly string[];
  /** Never asked for. */
  readonly unknown: readonly string[];
  /** Whose stock is changed, each by one request; by the load, the last. */
  readonly written: readonly string[];
  /** Has been verified before. */
  readonly knownToken: string;
  /** By keys that have not been fetched before. */
  readonly strangersToken: string;
};

/** What they are called before and after the change. */
const BEFORE = "before";
const AFTER = "after";

/** No part of what is measured. */
const READY_MS = 60_000;
/** An edge looks again after half a second, and trusts what it has for one. */
const KNOWS_BY_MS = 1_100;

/**
 * Makes products, and the edge acquainted with them.
 * @throws Error when the lane does not do what it does without a fault
 */
export async function setScene(lane: Lane, size: number): Promise<Scene> {
  const ids = idsOfBucketsOfTheirOwn(size * 6 + 1);
  const take = (count: number) => ids.splice(0, count);
  const scene: Scene = {
    size,
    cached: take(size),
    changed: take(size),
    unknown: take(size * 2),
    written: take(size * 2 + 1),
    knownToken: await lane.newToken("known"),
    strangersToken: await lane.strangersToken(),
  };
  const all = [...scene.cached, ...scene.changed, ...scene.unknown, ...scene.written];
  const rows = all.map((id) => ({
    ...{ tenant_id: lane.tenantId, id, sku: id, name: BEFORE },
    ...{ status: "active", in_stock: true, attributes: {} },
  }));
  await lane.sql`insert into products ${lane.sql(rows)}`;
  await until(READY_MS, async () => {
    const asked = [...scene.cached, ...scene.changed].map((id) => ask(readOf(lane, id, scene.knownToken)));
    return (await Promise.all(asked)).every((exchange) => outcomeOf(exchange) === "cached");
  });
  await change(lane, scene.changed);
  return scene;
}

/** Changes them as a write does, and waits until every edge has been told. */
async function change({ sql, tenantId }: Lane, ids: readonly string[]): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`update products set name = ${AFTER}, version = version + 1 where id in ${sql(ids)}`;
    const rows = ids.map((item_id) => ({ tenant_id: tenantId, collection: "products", item_id }));
    await tx`insert into outbox ${tx(rows)}`;
  });
  await until(READY_MS, async () => {
    const left = await sql`select from outbox where delivered_at is null and item_id in ${sql(ids)}`;
    return left.length === 0;
  });
  await delay(KNOWS_BY_MS);
}

/** A write changes the version of a bucket; no write here is to reach another product's. */
function idsOfBucketsOfTheirOwn(count: number): string[] {
  const ids = new Map<number, string>();
  while (ids.size < count) {
    const id = randomUUID();
    ids.set(bucketOf(id), id);
  }
  return [...ids.values()];
}

export const readOf = (lane: Lane, id: string, token: string): Asked => ({
  url: `${lane.edgeUrl}/v1/products/${id}`,
  token,
  budgetMs: contract.getProduct.budgetMs,
});

/** Whether an answer shows what has changed since, and does not say so. */
export function isUnmarked(exchange: Exchange, { changed }: Scene): boolean {
  const id = exchange.asked.url.split("/").at(-1) ?? "";
  return changed.includes(id) && exchange.json?.name === BEFORE && outcomeOf(exchange) !== "stale";
}

/** Tries until it holds. @returns how long it took, in milliseconds; null: it did not within `patienceMs` */
export async function until(patienceMs: number, holds: () => Promise<boolean>): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    if (await holds()) return performance.now() - startedAt;
    if (performance.now() - startedAt > patienceMs) throw new Error(`not within ${patienceMs} ms`);
    await delay(50);
  }
}
