import { and, desc, eq, lt, sql } from "drizzle-orm";
import { Problem } from "#shared/problems.ts";
import { DEFAULT_GRACE_SECONDS, type clients as routes } from "#shared/resources/clients.ts";
import type { HandlersOf } from "../../../call.ts";
import { prepareList } from "../../../db/list.ts";
import { prepareRead } from "../../../db/read.ts";
import { apiClients } from "../../../db/tables/api-clients.ts";
import { etagOf, requireMatch } from "../../../etag.ts";
import { pageOf } from "../../../page.ts";
import type { Services } from "../../../services.ts";
import { requireHeld, requireKnown } from "../granting.ts";
import { changeClient, clientColumns, clientOf, insertClient, lockClient, replaceSecret } from "./rows.ts";

export function clientHandlers({ connections, write, cursors, now }: Services): HandlersOf<typeof routes> {
  const list = prepareList(
    connections,
    { after: lt(apiClients.clientId, sql.placeholder("after")) },
    (db, where) =>
      db
        .select(clientColumns)
        .from(apiClients)
        .where(where)
        .orderBy(desc(apiClients.clientId))
        .limit(sql.placeholder("limit")),
  );

  const byId = prepareRead(connections, (db, ready) =>
    db
      .select(clientColumns)
      .from(apiClients)
      .where(and(ready, eq(apiClients.clientId, sql.placeholder("id"))))
      .limit(1),
  );

  return {
    async listClients({ caller: { tenantId }, query: { pageSize, cursor } }) {
      const scope = JSON.stringify(["listClients", tenantId]);
      const after = cursor === undefined ? undefined : cursors.open(scope, cursor);
      const rows = await list({ tenant: tenantId, limit: pageSize + 1 }, { after });
      const shown = rows.map((row) => clientOf(row, now()));
      return { status: 200, body: pageOf(shown, pageSize, (id) => cursors.seal(scope, id)) };
    },

    async getClient({ caller: { tenantId }, params: { clientId } }) {
      const [client] = await byId.execute({ tenant: tenantId, id: clientId });
      if (client === undefined) throw new Problem("not-found");
      return { status: 200, body: clientOf(client, now()), headers: { etag: etagOf(client.version) } };
    },

    async createClient(call) {
      const { caller, body } = call;
      requireKnown(body.scopes);
      requireHeld(caller, body.scopes);
      return write(call, async (tx) => {
        const { client, secret } = await insertClient(tx, caller.tenantId, body);
        const headers = { etag: etagOf(client.version), location: `/v1/clients/${client.id}` };
        return { status: 201, body: { ...client, secret }, headers };
      });
    },

    async updateClient(call) {
      const { caller, params, body } = call;
      const ifMatch = call.headers["if-match"];
      return write(call, async (tx) => {
        const current = await lockClient(tx, params.clientId);
        if (ifMatch !== undefined) requireMatch(ifMatch, current.version);
        if (body.scopes !== undefined) {
          requireKnown(body.scopes);
          requireHeld(caller, body.scopes);
        }
        if (body.disabled === false) requireHeld(caller, body.scopes ?? current.scopes);
        const client = await changeClient(tx, caller.tenantId, current, body);
        return { status: 200, body: clientOf(client, now()), headers: { etag: etagOf(client.version) } };
      });
    },

    async rotateClientSecret(call) {
      const { caller, params, body } = call;
      return write(call, async (tx) => {
        const { id, scopes } = await lockClient(tx, params.clientId);
        requireHeld(caller, scopes);
        const graceSeconds = body.gracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
        const { client, secret } = await replaceSecret(tx, caller.tenantId, id, graceSeconds);
        const shown = { ...clientOf(client, now()), secret };
        return { status: 200, body: shown, headers: { etag: etagOf(client.version) } };
      });
    },
  };
}
