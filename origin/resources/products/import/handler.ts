import { Problem } from "#shared/problems.ts";
import { productImport as routes } from "#shared/resources/product-import.ts";
import type { HandlersOf } from "../../../call.ts";
import { retrying } from "../../../db/retry.ts";
import { type Actor, actorOf, type Committed, inTransaction } from "../../../db/write.ts";
import type { Services } from "../../../services.ts";
import { createBatches, type Entry } from "./batches.ts";
import { entriesOf, faultsOf, itemsOf } from "./entries.ts";
import { BodyTooLarge } from "./lines.ts";
import { type LineCounts, lineCounter } from "./metrics.ts";
import { createReport, type Report } from "./report.ts";
import { storeItems } from "./store-items.ts";

const { maxBytes } = routes.importProducts.request.body;

/** Imports products line by line as they arrive: one batch is held in memory at a time. */
export function productImport(services: Services): HandlersOf<typeof routes> {
  const name = "gatehouse_product_import_lines_total";
  const counted = lineCounter(services.registry, name, "Lines of imports in one request");
  return {
    async importProducts(call) {
      const report = createReport();
      const store = storing({ ...services, counted }, call.caller.tenantId, actorOf(call), report);
      const batches = createBatches(store.commit);
      try {
        for await (const entry of entriesOf(call.body, maxBytes)) await batches.add(entry);
        await batches.flush();
      } catch (error) {
        if (!(error instanceof BodyTooLarge)) throw error;
        await batches.flush();
        throw tooLarge(report);
      }
      return { status: 200, body: report.result(), headers: store.consistency() };
    },
  };
}

type Counting = { readonly counted: (counts: LineCounts) => void };

function storing(
  { connections, committed, counted }: Pick<Services, "connections" | "committed"> & Counting,
  tenantId: string,
  actor: Actor,
  report: Report,
) {
  let consistency: Committed<unknown>["consistency"] = {};
  return {
    async commit(batch: readonly Entry[]): Promise<void> {
      const items = itemsOf(batch);
      const faulty = faultsOf(batch);
      if (items.length > 0) {
        const done = await retrying(() =>
          inTransaction(connections, tenantId, (tx) => storeItems(tx, tenantId, items), actor),
        );
        ({ consistency } = done);
        const { created, updated } = done.result;
        report.stored(created, updated);
        counted({ created, updated, failed: 0 });
        committed();
      }
      for (const faults of faulty) report.refused(faults);
      counted({ created: 0, updated: 0, failed: faulty.length });
    },
    /** The headers of the last batch that was committed; none before there is one. */
    consistency: () => consistency,
  };
}

/** What came before the limit stays stored, and the refusal says so. */
function tooLarge(report: Report): Problem {
  const { created, updated } = report.result();
  const kept = `of what came before it, ${created} were created and ${updated} updated`;
  return new Problem("payload-too-large", { detail: `the limit is ${maxBytes} bytes; ${kept}` });
}
