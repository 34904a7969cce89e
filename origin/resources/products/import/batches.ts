import { databaseErrorOf } from "../../../db/errors.ts";
import type { Actor } from "../../../db/write.ts";
import type { Services } from "../../../services.ts";
import type { CategoryIds } from "./category-paths.ts";
import type { ImportItem } from "./parse-line.ts";
import type { Report } from "./report.ts";
import { type Stored, storeBatch } from "./store-batch.ts";

const BATCH_ITEMS = 200;
const BATCH_BYTES = 1024 * 1024;

/** Collects items into batches, and stores each when it is full. */
export type Batches = {
  /** @param bytes the item's size in the body */
  readonly add: (item: ImportItem, bytes: number) => Promise<void>;
  readonly flush: () => Promise<void>;
  /** The headers of the last batch that was committed; none before there is one. */
  readonly consistency: () => Stored["consistency"];
};

export function createBatches(
  { connections, committed }: Pick<Services, "connections" | "committed">,
  tenantId: string,
  actor: Actor,
  report: Report,
): Batches {
  let items: ImportItem[] = [];
  let bytesHeld = 0;
  const skus = new Set<string>();
  let categories: CategoryIds = new Map();
  let consistency: Stored["consistency"] = {};

  async function store(batch: readonly ImportItem[]): Promise<void> {
    const stored = await storeBatch(connections, tenantId, batch, categories, actor);
    report.stored(stored.created, stored.updated);
    ({ categories, consistency } = stored);
    committed();
  }

  /** What the database refuses of a batch is found out line by line, so that the others are stored. */
  async function storeOneByOne(batch: readonly ImportItem[]): Promise<void> {
    for (const item of batch) {
      try {
        await store([item]);
      } catch (error) {
        if (!isAboutData(error)) throw error;
        const detail = "the database refuses this product";
        report.refused([{ line: item.line, pointer: "", rule: "stored", detail }]);
      }
    }
  }

  async function flush(): Promise<void> {
    const batch = items;
    items = [];
    bytesHeld = 0;
    skus.clear();
    if (batch.length === 0) return;
    try {
      await store(batch);
    } catch (error) {
      if (!isAboutData(error)) throw error;
      await storeOneByOne(batch);
    }
  }

  return {
    flush,
    async add(item, bytes) {
      // One statement cannot touch a row twice, and the later line is to win.
      if (skus.has(item.values.sku)) await flush();
      skus.add(item.values.sku);
      items.push(item);
      bytesHeld += bytes;
      if (items.length === BATCH_ITEMS || bytesHeld >= BATCH_BYTES) await flush();
    },
    consistency: () => consistency,
  };
}

/** SQLSTATE classes 22 (data exception), 23 (integrity) and 54 (limits), and a deadlock with another import. */
function isAboutData(error: unknown): boolean {
  const code = databaseErrorOf(error)?.code ?? "";
  return /^(?:22|23|54)/.test(code) || code === "40P01";
}
