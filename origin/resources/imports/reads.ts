import { and, desc, eq, gt, lt, sql } from "drizzle-orm";
import { Problem } from "#shared/problems.ts";
import { MAX_PARTS } from "#shared/resources/import-schemas.ts";
import type { imports as routes } from "#shared/resources/imports.ts";
import type { HandlersOf } from "../../call.ts";
import { prepareList } from "../../db/list.ts";
import { ofTenant } from "../../db/of-tenant.ts";
import { prepareRead } from "../../db/read.ts";
import { importErrors, importParts, imports } from "../../db/tables/imports.ts";
import { pageOf } from "../../page.ts";
import type { Services } from "../../services.ts";
import { importColumns, importTag, partColumns } from "./columns.ts";

type Reads = Pick<HandlersOf<typeof routes>, "listImports" | "getImport" | "listImportErrors">;

const importId = sql.placeholder("importId");

export function importReads({ connections, cursors }: Services): Reads {
  const list = prepareList(
    connections,
    {
      state: eq(imports.state, sql.placeholder("state")),
      after: lt(imports.id, sql.placeholder("after")),
    },
    (db, where) =>
      db
        .select(importColumns)
        .from(imports)
        .where(and(where, ofTenant(imports)))
        .orderBy(desc(imports.id))
        .limit(sql.placeholder("limit")),
  );

  const byId = prepareRead(connections, (db, ready) =>
    db
      .select(importColumns)
      .from(imports)
      .where(and(ready, ofTenant(imports), eq(imports.id, importId)))
      .limit(1),
  );

  const partsOf = prepareRead(connections, (db, ready) =>
    db
      .select(partColumns)
      .from(importParts)
      .where(and(ready, eq(importParts.importId, importId)))
      .orderBy(importParts.number)
      .limit(MAX_PARTS),
  );

  const errorsOf = prepareList(
    connections,
    {
      importId: eq(importErrors.importId, importId),
      after: gt(importErrors.id, sql.placeholder("after")),
    },
    (db, where) =>
      db
        .select({
          id: importErrors.id,
          part: importErrors.part,
          line: importErrors.line,
          pointer: importErrors.pointer,
          rule: importErrors.rule,
          detail: importErrors.detail,
        })
        .from(importErrors)
        .where(where)
        .orderBy(importErrors.id)
        .limit(sql.placeholder("limit")),
  );

  async function find(tenant: string, id: string) {
    const [found] = await byId.execute({ tenant, importId: id });
    if (found === undefined) throw new Problem("not-found");
    return found;
  }

  return {
    async listImports({ caller: { tenantId }, query: { pageSize, cursor, state } }) {
      const scope = JSON.stringify(["listImports", tenantId, state]);
      const rows = await list(
        { tenant: tenantId, limit: pageSize + 1 },
        { state, after: cursor && cursors.open(scope, cursor) },
      );
      return { status: 200, body: pageOf(rows, pageSize, (id) => cursors.seal(scope, id)) };
    },

    async getImport({ caller: { tenantId }, params }) {
      const found = await find(tenantId, params.importId);
      const parts = await partsOf.execute({ tenant: tenantId, importId: found.id });
      const body = { ...found, parts };
      return { status: 200, body, headers: { etag: importTag(body) } };
    },

    async listImportErrors({ caller: { tenantId }, params, query: { pageSize, cursor } }) {
      const { id } = await find(tenantId, params.importId);
      const scope = JSON.stringify(["listImportErrors", tenantId, id]);
      const rows = await errorsOf(
        { tenant: tenantId, limit: pageSize + 1 },
        { importId: id, after: cursor && cursors.open(scope, cursor) },
      );
      return { status: 200, body: pageOf(rows, pageSize, (last) => cursors.seal(scope, last)) };
    },
  };
}
