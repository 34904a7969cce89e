import { and, desc, eq, gte, lt, sql } from "drizzle-orm";
import { Problem } from "#shared/problems.ts";
import type { orders as routes } from "#shared/resources/orders.ts";
import type { HandlersOf } from "../../call.ts";
import { prepareList } from "../../db/list.ts";
import { ofTenant } from "../../db/of-tenant.ts";
import { prepareRead } from "../../db/read.ts";
import { orderLines, orders } from "../../db/tables/orders.ts";
import { etagOf } from "../../etag.ts";
import { pageOf } from "../../page.ts";
import type { Services } from "../../services.ts";
import { lineColumns, orderColumns, orderOf } from "./columns.ts";
import { firstIdOf } from "./ids.ts";

/** As many as an order can have. */
const MAX_LINES = 100;

export function orderReads({
  connections,
  cursors,
}: Services): Pick<HandlersOf<typeof routes>, "listOrders" | "getOrder"> {
  const list = prepareList(
    connections,
    {
      state: eq(orders.state, sql.placeholder("state")),
      from: gte(orders.id, sql.placeholder("from")),
      before: lt(orders.id, sql.placeholder("before")),
      after: lt(orders.id, sql.placeholder("after")),
    },
    (db, where) =>
      db
        .select(orderColumns)
        .from(orders)
        .where(and(where, ofTenant(orders)))
        .orderBy(desc(orders.id))
        .limit(sql.placeholder("limit")),
  );

  const byId = prepareRead(connections, (db, ready) =>
    db
      .select({ ...orderColumns, ...lineColumns })
      .from(orders)
      .innerJoin(orderLines, eq(orderLines.orderId, orders.id))
      .where(and(ready, ofTenant(orders), eq(orders.id, sql.placeholder("id"))))
      .orderBy(orderLines.line)
      .limit(MAX_LINES),
  );

  return {
    async listOrders({ caller: { tenantId }, query }) {
      const { pageSize, cursor, state, createdFrom, createdBefore } = query;
      const scope = JSON.stringify(["listOrders", tenantId, state, createdFrom, createdBefore]);
      const rows = await list(
        { tenant: tenantId, limit: pageSize + 1 },
        {
          state,
          from: createdFrom && firstIdOf(createdFrom),
          before: createdBefore && firstIdOf(createdBefore),
          after: cursor && cursors.open(scope, cursor),
        },
      );
      return { status: 200, body: pageOf(rows, pageSize, (id) => cursors.seal(scope, id)) };
    },

    async getOrder({ caller: { tenantId }, params: { orderId } }) {
      const order = orderOf(await byId.execute({ tenant: tenantId, id: orderId }));
      if (order === null) throw new Problem("not-found");
      return { status: 200, body: order, headers: { etag: etagOf(order.version) } };
    },
  };
}
