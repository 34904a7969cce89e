import { createHash } from "node:crypto";
import { Problem } from "#shared/problems.ts";
import { imports as routes } from "#shared/resources/imports.ts";
import type { HandlersOf } from "../../call.ts";
import { retrying } from "../../db/retry.ts";
import { actorOf, inTransaction } from "../../db/write.ts";
import type { Services } from "../../services.ts";
import { createBatches, type Entry } from "../products/import/batches.ts";
import { entryOf, patientLinesOf } from "../products/import/entries.ts";
import { BodyTooLarge } from "../products/import/lines.ts";
import type { ImportCounters } from "./metrics.ts";
import { finishPart, lockAt, type Opened, openPart } from "./part-progress.ts";
import { storeEntries } from "./store-entries.ts";

const { maxBytes } = routes.sendImportPart.request.body;

/** An entry, and by which SHA-256 the body up to its end is known. */
export type PlacedEntry = Entry & { readonly digest: Buffer };

/** Takes parts line by line as they arrive: one batch is held in memory at a time. */
export function partReceiver(
  services: Services,
  { lines }: Pick<ImportCounters, "lines">,
): Pick<HandlersOf<typeof routes>, "sendImportPart"> {
  const { connections, committed } = services;
  return {
    async sendImportPart(call) {
      const { tenantId } = call.caller;
      const key = { tenantId, ...call.params };
      const actor = actorOf(call);
      const { result: opened } = await inTransaction(connections, tenantId, (tx) => openPart(tx, key), actor);
      const store = storeEntries({ ...services, counted: lines }, key, opened, actor);
      const batches = createBatches(store.commit);
      try {
        for await (const entry of newEntriesOf(call.body, opened)) await batches.add(entry);
        await batches.flush();
      } catch (error) {
        if (!(error instanceof BodyTooLarge)) throw error;
        await batches.flush();
        throw tooLarge(store.place().lines);
      }
      const finish = () => inTransaction(connections, tenantId, (tx) => complete(tx), actor);
      const complete = async (tx: Parameters<typeof finishPart>[0]) => {
        if (!opened.complete) await lockAt(tx, key, store.place());
        return finishPart(tx, key);
      };
      const { result, consistency } = await retrying(finish);
      committed();
      return { status: 200, body: result, headers: consistency };
    },
  };
}

/**
 * The entries of a part that have not been dealt with.
 * @throws Problem `conflict` when what has been dealt with is not what the body begins with
 */
async function* newEntriesOf(
  body: AsyncIterable<Uint8Array>,
  { lines, digest, complete }: Opened,
): AsyncGenerator<PlacedEntry> {
  const hash = createHash("sha256");
  let isKnown = lines === 0;
  for await (const line of patientLinesOf(body, maxBytes)) {
    hash.update(`${line.number} ${line.bytes?.length ?? "too long"}\n`).update(line.bytes ?? "");
    if (line.number === lines) isKnown = digest?.equals(hash.copy().digest()) ?? false;
    const entry = line.number > lines ? entryOf(line) : null;
    if (entry === null) continue;
    if (!isKnown || complete) throw notTheSame(lines);
    yield { ...entry, digest: hash.copy().digest() };
  }
  if (!isKnown) throw notTheSame(lines);
}

function notTheSame(lines: number): Problem {
  return new Problem("conflict", { detail: `the part was sent before with other lines up to line ${lines}` });
}

/** What came before the limit stays stored, and the refusal says so. */
function tooLarge(lines: number): Problem {
  const detail = `the limit is ${maxBytes} bytes; what came before it is stored, up to line ${lines}`;
  return new Problem("payload-too-large", { detail });
}
