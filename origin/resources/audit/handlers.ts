import { and, desc, eq, lt, sql } from "drizzle-orm";
import type { audit as routes } from "#shared/resources/audit.ts";
import type { HandlersOf } from "../../call.ts";
import { prepareList } from "../../db/list.ts";
import { ofTenant } from "../../db/of-tenant.ts";
import { auditLog } from "../../db/tables/audit-log.ts";
import type { Services } from "../../services.ts";

/** Entries have a number rather than an id. */
const NO_ID = "00000000-0000-0000-0000-000000000000";

const columns = {
  seq: auditLog.seq,
  at: auditLog.at,
  collection: auditLog.collection,
  itemId: auditLog.itemId,
  action: auditLog.action,
  before: auditLog.before,
  after: auditLog.after,
  requestId: auditLog.requestId,
  subject: auditLog.subject,
  clientId: auditLog.clientId,
};

export function auditHandlers({ connections, cursors }: Services): HandlersOf<typeof routes> {
  const list = prepareList(
    connections,
    {
      itemId: eq(auditLog.itemId, sql.placeholder("itemId")),
      subject: eq(auditLog.subject, sql.placeholder("subject")),
      after: lt(auditLog.seq, sql.placeholder("after")),
    },
    (db, where) =>
      db
        .select(columns)
        .from(auditLog)
        .where(and(where, ofTenant(auditLog)))
        .orderBy(desc(auditLog.seq))
        .limit(sql.placeholder("limit")),
  );

  return {
    async listAuditEntries({ caller: { tenantId }, query: { pageSize, cursor, itemId, subject } }) {
      const scope = JSON.stringify(["listAuditEntries", tenantId, itemId, subject]);
      const after = cursor === undefined ? undefined : cursors.openPlace(scope, cursor).key;
      const rows = await list({ tenant: tenantId, limit: pageSize + 1 }, { itemId, subject, after });
      const page = rows.slice(0, pageSize);
      const last = page.at(-1);
      const hasMore = rows.length > pageSize && last !== undefined;
      const nextCursor = hasMore ? cursors.seal(scope, NO_ID, String(last.seq)) : null;
      return {
        status: 200,
        body: { data: page.map(({ seq: _seq, ...entry }) => entry), meta: { nextCursor, pageSize } },
      };
    },
  };
}
