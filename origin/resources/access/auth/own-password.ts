import { and, eq, sql } from "drizzle-orm";
import { Problem } from "#shared/problems.ts";
import { LOGIN_CLIENT_ID, type auth as routes } from "#shared/resources/auth.ts";
import type { HandlersOf } from "../../../call.ts";
import { prepareRead } from "../../../db/read.ts";
import { users } from "../../../db/tables/users.ts";
import type { Services } from "../../../services.ts";
import { isUuid } from "../../../uuid.ts";
import { changePassword } from "../users/rows.ts";

type Handler = HandlersOf<typeof routes>["changeOwnPassword"];

/** People change their own password by proving that they know it: a stolen token alone takes no account over. */
export function ownPasswordHandler({ connections, write, passwords }: Services): Handler {
  const hashById = prepareRead(connections, (db, ready) =>
    db
      .select({ passwordHash: users.passwordHash })
      .from(users)
      .where(and(ready, eq(users.id, sql.placeholder("id")), eq(users.disabled, false)))
      .limit(1),
  );

  return async function changeOwnPassword(call) {
    const { tenantId, subject, clientId } = call.caller;
    if (clientId !== LOGIN_CLIENT_ID || subject === null || !isUuid(subject)) throw noPassword();
    const { currentPassword, newPassword } = call.body;
    const [known] = await hashById.execute({ tenant: tenantId, id: subject });
    const matches = await passwords.matches(currentPassword, known?.passwordHash ?? null);
    if (known === undefined || !matches) throw wrongPassword();
    const next = await passwords.hash(newPassword);
    return write(call, async (tx) => {
      // Whoever has set another one meanwhile may have done so because this one was known to others.
      const [same] = await tx
        .select({ id: users.id })
        .from(users)
        .where(
          and(eq(users.id, subject), eq(users.passwordHash, known.passwordHash), eq(users.disabled, false)),
        )
        .for("update");
      if (same === undefined) throw wrongPassword();
      await changePassword(tx, tenantId, subject, next);
      return { status: 204 };
    });
  };
}

function noPassword(): Problem {
  return new Problem("unprocessable", { detail: "only people who log in here have a password here" });
}

function wrongPassword(): Problem {
  const pointer = "/currentPassword";
  const detail = "is not your password";
  return new Problem("unprocessable", { errors: [{ in: "body", pointer, rule: "matches", detail }] });
}
