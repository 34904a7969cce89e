import { and, eq, sql } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { Problem } from "#shared/problems.ts";
import type { Import, ImportPart } from "#shared/resources/import-schemas.ts";
import type { imports as routes } from "#shared/resources/imports.ts";
import type { HandlersOf } from "../../call.ts";
import { isReplay } from "../../db/idempotency.ts";
import { ofTenant } from "../../db/of-tenant.ts";
import { importParts, imports } from "../../db/tables/imports.ts";
import type { Services } from "../../services.ts";
import { importColumns, importTag, partColumns } from "./columns.ts";
import type { ImportCounters } from "./metrics.ts";

export function importWrites(
  { write }: Services,
  { jobs }: Pick<ImportCounters, "jobs">,
): Pick<HandlersOf<typeof routes>, "createImport" | "completeImport"> {
  return {
    async createImport(call) {
      const { tenantId } = call.caller;
      const { name = null, totalLines = null } = call.body;
      const reply = await write(call, async (tx) => {
        const values = { tenantId, id: uuidv7(), name, totalLines };
        const [created] = await tx.insert(imports).values(values).returning(importColumns);
        if (created === undefined) throw new Error("the insert returned no row");
        const body = { ...created, parts: [] };
        const headers = { etag: importTag(body), location: `/v1/imports/${created.id}` };
        return { status: 201, body, headers } as const;
      });
      if (!isReplay(reply)) jobs.inc({ step: "created" });
      return reply;
    },

    async completeImport(call) {
      const isThis = and(ofTenant(imports), eq(imports.id, call.params.importId));
      let completedNow = false;
      const reply = await write(call, async (tx) => {
        const [found] = await tx.select(importColumns).from(imports).where(isThis).for("no key update");
        if (found === undefined) throw new Problem("not-found");
        const parts = await tx
          .select(partColumns)
          .from(importParts)
          .where(eq(importParts.importId, found.id))
          .orderBy(importParts.number);
        const detail = whyNotComplete(parts, call.body.parts);
        if (detail !== null) throw new Problem("conflict", { detail });
        const answer = (body: Import) => ({ status: 200, body, headers: { etag: importTag(body) } }) as const;
        completedNow = found.state !== "completed";
        if (!completedNow) return answer({ ...found, parts });
        const done = { state: "completed", completedAt: sql`now()`, updatedAt: sql`now()` } as const;
        const [completed] = await tx.update(imports).set(done).where(isThis).returning(importColumns);
        return answer({ ...found, ...completed, parts });
      });
      if (completedNow && !isReplay(reply)) jobs.inc({ step: "completed" });
      return reply;
    },
  };
}

/** @param wanted the number of the last part; null: all parts up to it are complete, and there are no others */
function whyNotComplete(parts: readonly ImportPart[], wanted: number): string | null {
  const beyond = parts.find(({ number }) => number > wanted);
  if (beyond !== undefined) return `there is a part ${beyond.number}`;
  const complete = new Set(parts.filter((part) => part.complete).map(({ number }) => number));
  const missing = Array.from({ length: wanted }, (_, at) => at + 1).find((number) => !complete.has(number));
  return missing === undefined ? null : `part ${missing} is not complete`;
}
