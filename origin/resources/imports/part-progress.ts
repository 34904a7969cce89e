import { and, eq, sql } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { Problem } from "#shared/problems.ts";
import { type ImportPart, MAX_IMPORT_ERRORS, MAX_IMPORT_LINES } from "#shared/resources/import-schemas.ts";
import type { Transaction } from "../../db/client.ts";
import { ofTenant } from "../../db/of-tenant.ts";
import { importErrors, importParts, imports } from "../../db/tables/imports.ts";
import type { LineFault } from "../products/import/parse-line.ts";
import { partColumns } from "./columns.ts";

/** How far parts are. Whoever moves one on has locked its row first, so that only one does at a time. */

export type PartKey = { readonly tenantId: string; readonly importId: string; readonly number: number };

/** What has been dealt with of a part: up to which line, and the SHA-256 of the lines up to there. */
export type Place = { readonly lines: number; readonly digest: Buffer | null };

export type Opened = Place & Pick<ImportPart, "complete">;

/** Finds the part, or begins it. @throws Problem `not-found`, or `conflict` when no more parts are taken */
export async function openPart(tx: Transaction, key: PartKey): Promise<Opened> {
  const state = await stateOf(tx, key, "key share");
  if (state === null) throw new Problem("not-found");
  if (state === "open") await tx.insert(importParts).values(key).onConflictDoNothing();
  // Waits for whoever is just storing lines of it, alive or not.
  const part = await lock(tx, key);
  if (part?.complete) return part;
  // Waits for who completes the import: no part may begin once it was seen that none is missing. After the part,
  // for whoever stores lines takes them in this order.
  if (part === undefined || (await stateOf(tx, key, "share")) !== "open") throw completed();
  return part;
}

/** Null: there is no such import. */
async function stateOf(tx: Transaction, { importId }: PartKey, strength: "key share" | "share") {
  const [found] = await tx
    .select({ state: imports.state })
    .from(imports)
    .where(and(ofTenant(imports), eq(imports.id, importId)))
    .for(strength);
  return found?.state ?? null;
}

/** @throws Problem `conflict` when another request has moved the part on */
export async function lockAt(tx: Transaction, key: PartKey, { lines }: Place): Promise<void> {
  const part = await lock(tx, key);
  if (part?.lines !== lines || part.complete) {
    throw new Problem("conflict", { detail: "the part is being sent by another request" });
  }
}

async function lock(tx: Transaction, key: PartKey): Promise<Opened | undefined> {
  const { lines, digest, complete } = importParts;
  const [part] = await tx
    .select({ lines, digest, complete })
    .from(importParts)
    .where(isPart(key))
    .for("update");
  return part;
}

export type Counts = Pick<ImportPart, "created" | "updated" | "failed">;

/**
 * Moves the part on to `place`, and counts what became of the lines before it.
 * @throws Problem `conflict` when the import was completed, `unprocessable` when it has too many lines
 */
export async function moveOn(
  tx: Transaction,
  key: PartKey,
  place: Place,
  { created, updated, failed }: Counts,
  faults: readonly LineFault[],
): Promise<void> {
  const received = created + updated + failed;
  const counted = ({
    received: r,
    created: c,
    updated: u,
    failed: f,
  }: typeof imports | typeof importParts) => ({
    received: sql`${r} + ${received}`,
    created: sql`${c} + ${created}`,
    updated: sql`${u} + ${updated}`,
    failed: sql`${f} + ${failed}`,
  });
  await tx
    .update(importParts)
    .set({ ...counted(importParts), ...place })
    .where(isPart(key));
  const [job] = await tx
    .update(imports)
    .set({ ...counted(imports), updatedAt: sql`now()` })
    .where(and(ofTenant(imports), eq(imports.id, key.importId)))
    .returning({ state: imports.state, received: imports.received, errorsKept: imports.errorsKept });
  if (job === undefined || job.state === "completed") throw completed();
  if (job.received > MAX_IMPORT_LINES) {
    throw new Problem("unprocessable", { detail: `an import has at most ${MAX_IMPORT_LINES} lines` });
  }
  await keepErrors(tx, key, faults.slice(0, MAX_IMPORT_ERRORS - job.errorsKept));
}

/** @returns the part as it is then */
export async function finishPart(tx: Transaction, key: PartKey): Promise<ImportPart> {
  const [part] = await tx
    .update(importParts)
    .set({ complete: true })
    .where(isPart(key))
    .returning(partColumns);
  if (part === undefined) throw new Error("the part is not there");
  return part;
}

/** The import's row is locked. */
async function keepErrors(tx: Transaction, key: PartKey, faults: readonly LineFault[]): Promise<void> {
  if (faults.length === 0) return;
  const { tenantId, importId, number: part } = key;
  const errorsKept = sql`${imports.errorsKept} + ${faults.length}`;
  await tx
    .update(imports)
    .set({ errorsKept })
    .where(and(ofTenant(imports), eq(imports.id, importId)));
  await tx.insert(importErrors).values(
    faults.map(({ line, pointer, rule, detail }) => ({
      ...{ tenantId, importId, part, line, rule, id: uuidv7() },
      ...{ pointer: storable(pointer), detail: storable(detail) },
    })),
  );
}

const MAX_TEXT = 500;

/** They may quote the line, which may hold whatever bytes. */
function storable(text: string): string {
  return text.replaceAll("\0", "").slice(0, MAX_TEXT).toWellFormed();
}

function isPart({ importId, number }: PartKey) {
  return and(eq(importParts.importId, importId), eq(importParts.number, number));
}

function completed(): Problem {
  return new Problem("conflict", { detail: "the import is completed" });
}
