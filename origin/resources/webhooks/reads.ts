import { and, desc, eq, lt, sql } from "drizzle-orm";
import { Problem } from "#shared/problems.ts";
import type { webhooks as routes } from "#shared/resources/webhooks.ts";
import type { HandlersOf } from "../../call.ts";
import type { Connections } from "../../db/client.ts";
import { prepareList } from "../../db/list.ts";
import { ofTenant } from "../../db/of-tenant.ts";
import { prepareRead } from "../../db/read.ts";
import { webhooks } from "../../db/tables/webhooks.ts";
import { etagOf } from "../../etag.ts";
import { pageOf } from "../../page.ts";
import type { Services } from "../../services.ts";
import { webhookColumns, webhookOf } from "./rows.ts";

export function prepareWebhook(connections: Connections) {
  return prepareRead(connections, (db, ready) =>
    db
      .select(webhookColumns)
      .from(webhooks)
      .where(and(ready, ofTenant(webhooks), eq(webhooks.id, sql.placeholder("id"))))
      .limit(1),
  );
}

export function webhookReads({
  connections,
  cursors,
  now,
}: Services): Pick<HandlersOf<typeof routes>, "listWebhooks" | "getWebhook"> {
  const list = prepareList(connections, { after: lt(webhooks.id, sql.placeholder("after")) }, (db, where) =>
    db
      .select(webhookColumns)
      .from(webhooks)
      .where(and(where, ofTenant(webhooks)))
      .orderBy(desc(webhooks.id))
      .limit(sql.placeholder("limit")),
  );
  const byId = prepareWebhook(connections);

  return {
    async listWebhooks({ caller: { tenantId }, query: { pageSize, cursor } }) {
      const scope = JSON.stringify(["listWebhooks", tenantId]);
      const after = cursor === undefined ? undefined : cursors.open(scope, cursor);
      const rows = await list({ tenant: tenantId, limit: pageSize + 1 }, { after });
      const shown = rows.map((row) => webhookOf(row, now()));
      return { status: 200, body: pageOf(shown, pageSize, (id) => cursors.seal(scope, id)) };
    },

    async getWebhook({ caller: { tenantId }, params: { webhookId } }) {
      const [webhook] = await byId.execute({ tenant: tenantId, id: webhookId });
      if (webhook === undefined) throw new Problem("not-found");
      return { status: 200, body: webhookOf(webhook, now()), headers: { etag: etagOf(webhook.version) } };
    },
  };
}
