import { headers as names } from "#shared/headers.ts";
import { Problem } from "#shared/problems.ts";
import { products as routes } from "#shared/resources/products.ts";
import type { HandlersOf } from "../../../call.ts";
import { databaseErrorOf } from "../../../db/errors.ts";
import type { Services } from "../../../services.ts";
import type { CategoryIds } from "./category-paths.ts";
import { BodyTooLarge, linesOf } from "./lines.ts";
import { type ImportItem, parseLine } from "./parse-line.ts";
import { createReport, type Report } from "./report.ts";
import { storeBatch } from "./store-batch.ts";

const { maxBytes } = routes.importProducts.request.body;
const MAX_LINE_BYTES = 1024 * 1024;
const BATCH_ITEMS = 200;
const BATCH_BYTES = 1024 * 1024;

/** Imports products line by line as they arrive: one batch is held in memory at a time. */
export function productImport(services: Services): Pick<HandlersOf<typeof routes>, "importProducts"> {
  return {
    async importProducts({ caller, body }) {
      const report = createReport();
      const writer = createWriter(services, caller.tenantId, report);
      try {
        for await (const { number, bytes } of linesOf(body, { maxBytes, maxLineBytes: MAX_LINE_BYTES })) {
          if (bytes === null) {
            const detail = `is longer than ${MAX_LINE_BYTES} bytes`;
            report.refused([{ line: number, pointer: "", rule: "maxLength", detail }]);
            continue;
          }
          const parsed = parseLine(number, bytes);
          if (parsed.kind === "faults") report.refused(parsed.faults);
          if (parsed.kind === "item") await writer.add(parsed.item, bytes.length);
        }
        await writer.flush();
      } catch (error) {
        if (error instanceof BodyTooLarge) throw await tooLarge(writer, report);
        throw error;
      }
      const transactionId = writer.transactionId();
      const headers = transactionId === null ? {} : { [names.consistency]: transactionId };
      return { status: 200, body: report.result(), headers };
    },
  };
}

type Writer = ReturnType<typeof createWriter>;

/** Collects items into batches, and stores each when it is full. */
function createWriter({ connections, committed }: Services, tenantId: string, report: Report) {
  let items: ImportItem[] = [];
  let bytes = 0;
  const skus = new Set<string>();
  let categories: CategoryIds = new Map();
  let lastTransactionId: string | null = null;

  async function store(batch: readonly ImportItem[]): Promise<void> {
    const stored = await storeBatch(connections, tenantId, batch, categories);
    report.stored(stored.created, stored.updated);
    ({ categories, transactionId: lastTransactionId } = stored);
    committed();
  }

  /** What the database refuses of a batch is found out line by line, so that the others are stored. */
  async function storeOneByOne(batch: readonly ImportItem[]): Promise<void> {
    for (const item of batch) {
      try {
        await store([item]);
      } catch (error) {
        if (!isAboutData(error)) throw error;
        report.refused([
          { line: item.line, pointer: "", rule: "stored", detail: "the database refuses this product" },
        ]);
      }
    }
  }

  async function flush(): Promise<void> {
    const batch = items;
    items = [];
    bytes = 0;
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
    async add(item: ImportItem, size: number): Promise<void> {
      // One statement cannot touch a row twice, and the later line is to win.
      if (skus.has(item.values.sku)) await flush();
      skus.add(item.values.sku);
      items.push(item);
      bytes += size;
      if (items.length === BATCH_ITEMS || bytes >= BATCH_BYTES) await flush();
    },
    transactionId: () => lastTransactionId,
  };
}

/** SQLSTATE classes 22 (data exception), 23 (integrity) and 54 (limits), and a deadlock with another import. */
function isAboutData(error: unknown): boolean {
  const code = databaseErrorOf(error)?.code ?? "";
  return /^(?:22|23|54)/.test(code) || code === "40P01";
}

/** What came before the limit stays stored, and the refusal says so. */
async function tooLarge(writer: Writer, report: Report): Promise<Problem> {
  await writer.flush();
  const { created, updated } = report.result();
  const detail = `the limit is ${maxBytes} bytes; of what came before it, ${created} were created and ${updated} updated`;
  return new Problem("payload-too-large", { detail });
}
