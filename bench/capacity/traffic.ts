import { ITEM_BUCKETS } from "#shared/freshness.ts";
import type { Cell } from "./cache.ts";
import { type Ranks, zipfRanks } from "./ranks.ts";

/**
 * How long an isolate keeps a write's mark: until the relay has told Redis, which it is woken for, and half of
 * the time between two reads of the snapshot on the average (`edge/cache/snapshot.ts`).
 */
const MARK_SECONDS = 0.05 + 0.5 / 2;

/** Who asks for what. Tenants, products and lists are popular by Zipf's law. */
export type Traffic = {
  readonly requestsPerSecond: number;
  readonly tenants: number;
  readonly tenantExponent: number;
  readonly productsPerTenant: number;
  readonly productExponent: number;
  /** Of all requests; spread over products like reads. */
  readonly writeShare: number;
  /** Of all reads. */
  readonly listShare: number;
  /** Different lists (filters, pages) that are asked for. */
  readonly listsPerTenant: number;
  /** API clients of a tenant, each as busy as the others. */
  readonly clientsPerTenant: number;
  /** Reads that send a write's consistency token before its version has arrived: for each write. */
  readonly readsBehindWrite: number;
};

/** Tenants that are alike, and what each of them asks for at one cache. */
export type TenantCells = {
  readonly tenants: number;
  /** Requests/s of one of them, at that cache. */
  readonly requests: number;
  readonly cells: readonly Cell[];
};

export function readsPerSecond({ requestsPerSecond, writeShare }: Traffic): number {
  return requestsPerSecond * (1 - writeShare);
}

/**
 * @param share of all traffic that comes to this cache; writes count wherever they are made
 * @param extraWrites a second, of the biggest tenant: an import
 * @param isolates that use this cache
 */
export function tenantsAt(
  traffic: Traffic,
  share: number,
  extraWrites: number,
  isolates: number,
): TenantCells[] {
  const products = zipfRanks(traffic.productsPerTenant, traffic.productExponent);
  const lists = zipfRanks(traffic.listsPerTenant, traffic.productExponent);
  return zipfRanks(traffic.tenants, traffic.tenantExponent).map((tenant, rank) => {
    const requests = traffic.requestsPerSecond * tenant.share;
    const imported = rank === 0 ? extraWrites : 0;
    const reads = requests * (1 - traffic.writeShare) * share;
    const writes = requests * traffic.writeShare;
    return {
      tenants: tenant.count,
      requests: requests * share,
      cells: [
        ...products.map((product) =>
          productCell(product, tenant, reads * (1 - traffic.listShare), writes, imported),
        ),
        ...lists.map((list) => ({
          keys: list.count * tenant.count,
          reads: reads * traffic.listShare * list.share,
          invalidations: { written: writes, imported },
        })),
      ].map((cell) => withMarks(cell, share, isolates)),
    };
  });
}

/** A product is renewed by its own writes and by those of all that share its bucket. */
function productCell(product: Ranks, tenant: Ranks, reads: number, writes: number, imported: number) {
  const own = writes * product.share;
  return {
    keys: product.count * tenant.count,
    reads: reads * product.share,
    invalidations: { written: own + (writes - own) / ITEM_BUCKETS, imported: imported / ITEM_BUCKETS },
  };
}

type Ended = { readonly written: number; readonly imported: number };

/** The isolate that a write comes by asks under a mark first, if anybody asks in that time. */
function withMarks(
  {
    keys,
    reads,
    invalidations: { written, imported },
  }: Pick<Cell, "keys" | "reads"> & { invalidations: Ended },
  share: number,
  isolates: number,
): Cell {
  const marked = written * share * -Math.expm1((-reads / isolates) * MARK_SECONDS);
  return { keys, reads, invalidations: written + imported, marked };
}
