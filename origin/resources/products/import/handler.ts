import { setImmediate } from "node:timers/promises";
import { Problem } from "#shared/problems.ts";
import { productImport as routes } from "#shared/resources/product-import.ts";
import type { HandlersOf } from "../../../call.ts";
import { actorOf } from "../../../db/write.ts";
import type { Services } from "../../../services.ts";
import { type Batches, createBatches } from "./batches.ts";
import { BodyTooLarge, linesOf } from "./lines.ts";
import { parseLine } from "./parse-line.ts";
import { createReport, type Report } from "./report.ts";

const { maxBytes } = routes.importProducts.request.body;
const MAX_LINE_BYTES = 1024 * 1024;
/** After so many lines others have their turn: refusing lines waits for nothing by itself. */
const LINES_A_TURN = 100;

/** Imports products line by line as they arrive: one batch is held in memory at a time. */
export function productImport(services: Services): HandlersOf<typeof routes> {
  return {
    async importProducts(call) {
      const { caller, body } = call;
      const report = createReport();
      const batches = createBatches(services, caller.tenantId, actorOf(call), report);
      try {
        await readAll(body, batches, report);
      } catch (error) {
        if (error instanceof BodyTooLarge) throw await tooLarge(batches, report);
        throw error;
      }
      return { status: 200, body: report.result(), headers: batches.consistency() };
    },
  };
}

async function readAll(body: AsyncIterable<Uint8Array>, batches: Batches, report: Report): Promise<void> {
  for await (const line of linesOf(body, { maxBytes, maxLineBytes: MAX_LINE_BYTES })) {
    if (line.number % LINES_A_TURN === 0) await setImmediate();
    const parsed = parseLine(line);
    if (parsed.kind === "faults") report.refused(parsed.faults);
    if (parsed.kind === "item") await batches.add(parsed.item, parsed.bytes);
  }
  await batches.flush();
}

/** What came before the limit stays stored, and the refusal says so. */
async function tooLarge(batches: Batches, report: Report): Promise<Problem> {
  await batches.flush();
  const { created, updated } = report.result();
  const kept = `of what came before it, ${created} were created and ${updated} updated`;
  return new Problem("payload-too-large", { detail: `the limit is ${maxBytes} bytes; ${kept}` });
}
