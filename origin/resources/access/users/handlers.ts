import { and, desc, eq, lt, sql } from "drizzle-orm";
import { Problem } from "#shared/problems.ts";
import type { users as routes } from "#shared/resources/users.ts";
import { type Role, scopesOfRole } from "#shared/roles.ts";
import type { Caller, HandlersOf } from "../../../call.ts";
import { prepareList } from "../../../db/list.ts";
import { prepareRead } from "../../../db/read.ts";
import { users } from "../../../db/tables/users.ts";
import { etagOf, requireMatch } from "../../../etag.ts";
import { pageOf } from "../../../page.ts";
import type { Services } from "../../../services.ts";
import { knownScopes, requireHeld } from "../granting.ts";
import {
  changePassword,
  changeUser,
  insertUser,
  lockUser,
  requireAnotherAdmin,
  userColumns,
} from "./rows.ts";

export function userHandlers({
  connections,
  write,
  cursors,
  passwords,
}: Services): HandlersOf<typeof routes> {
  const list = prepareList(connections, { after: lt(users.id, sql.placeholder("after")) }, (db, where) =>
    db.select(userColumns).from(users).where(where).orderBy(desc(users.id)).limit(sql.placeholder("limit")),
  );

  const byId = prepareRead(connections, (db, ready) =>
    db
      .select(userColumns)
      .from(users)
      .where(and(ready, eq(users.id, sql.placeholder("id"))))
      .limit(1),
  );

  return {
    async listUsers({ caller: { tenantId }, query: { pageSize, cursor } }) {
      const scope = JSON.stringify(["listUsers", tenantId]);
      const after = cursor === undefined ? undefined : cursors.open(scope, cursor);
      const rows = await list({ tenant: tenantId, limit: pageSize + 1 }, { after });
      return { status: 200, body: pageOf(rows, pageSize, (id) => cursors.seal(scope, id)) };
    },

    async getUser({ caller: { tenantId }, params: { userId } }) {
      const [user] = await byId.execute({ tenant: tenantId, id: userId });
      if (user === undefined) throw new Problem("not-found");
      return { status: 200, body: user, headers: { etag: etagOf(user.version) } };
    },

    async createUser(call) {
      const { caller, body } = call;
      requireRoleHeld(caller, body.role);
      // Before the transaction, which would otherwise hold a connection for as long as this takes.
      const passwordHash = await passwords.hash(body.password);
      return write(call, async (tx) => {
        const { email, role } = body;
        const user = await insertUser(tx, caller.tenantId, { email, role, passwordHash });
        const headers = { etag: etagOf(user.version), location: `/v1/users/${user.id}` };
        return { status: 201, body: user, headers };
      });
    },

    async updateUser(call) {
      const { caller, params, body } = call;
      const ifMatch = call.headers["if-match"];
      return write(call, async (tx) => {
        const current = await lockUser(tx, params.userId);
        if (ifMatch !== undefined) requireMatch(ifMatch, current.version);
        if (body.role !== undefined) requireRoleHeld(caller, body.role);
        if (body.disabled === false) requireRoleHeld(caller, body.role ?? current.role);
        await requireAnotherAdmin(tx, caller.tenantId, current, body);
        const user = await changeUser(tx, caller.tenantId, current, body);
        return { status: 200, body: user, headers: { etag: etagOf(user.version) } };
      });
    },

    async setUserPassword(call) {
      const { caller, params, body } = call;
      const passwordHash = await passwords.hash(body.password);
      return write(call, async (tx) => {
        const { id, role } = await lockUser(tx, params.userId);
        requireRoleHeld(caller, role);
        await changePassword(tx, caller.tenantId, id, passwordHash);
        return { status: 204 };
      });
    },
  };
}

function requireRoleHeld(caller: Caller, role: Role): void {
  requireHeld(caller, scopesOfRole(role, knownScopes));
}
