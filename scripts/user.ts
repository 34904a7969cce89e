import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import { desc, eq, sql } from "drizzle-orm";
import { Compile } from "typebox/compile";
import type { Transaction } from "#origin/db/client.ts";
import { users } from "#origin/db/tables/users.ts";
import { createPasswords } from "#origin/resources/access/auth/passwords.ts";
import {
  changePassword,
  changeUser,
  insertUser,
  lockUser,
  userColumns,
} from "#origin/resources/access/users/rows.ts";
import { StartError } from "#scripts/local/start-error.ts";
import { Email, NewPassword, type User } from "#shared/resources/users.ts";
import { ROLES, type Role } from "#shared/roles.ts";
import { runCommand, type Wanted } from "./access/command.ts";
import { table } from "./local/table.ts";

/** `npm run user`: a tenant's people, for whoever operates the database; the first administrator above all. */

const USAGE = `npm run user -- ACTION --tenant SLUG ...

  create --email EMAIL --role ${ROLES.join("|")} [--password-stdin]
  list
  role --email EMAIL --role ROLE
  password --email EMAIL [--password-stdin]    ends every session of theirs
  disable --email EMAIL
  enable --email EMAIL

With --password-stdin the password is read from standard input; otherwise one is made up and shown once.
Works on DATABASE_URL, or on this machine's \`npm run dev\`.`;

const GRAMMAR = {
  usage: USAGE,
  actions: ["create", "list", "role", "password", "disable", "enable"],
  options: {
    tenant: { type: "string" },
    email: { type: "string" },
    role: { type: "string" },
    "password-stdin": { type: "boolean" },
  },
} as const;

const emailCheck = Compile(Email);
const passwordCheck = Compile(NewPassword);
const passwords = createPasswords(() => undefined);

await runCommand(GRAMMAR, async (wanted, { forTenant }) => {
  const tenant = wanted.need("tenant");
  switch (wanted.action) {
    case "create": {
      const [email, role] = [emailOf(wanted), roleOf(wanted)];
      const chosen = await choosePassword(wanted);
      const user = await forTenant(tenant, (tx, tenantId) =>
        insertUser(tx, tenantId, { email, role, passwordHash: chosen.hash }),
      );
      return listOf([user]) + chosen.said;
    }
    case "list":
      return forTenant(tenant, async (tx) =>
        listOf(await tx.select(userColumns).from(users).orderBy(desc(users.id))),
      );
    case "password": {
      const email = emailOf(wanted);
      const chosen = await choosePassword(wanted);
      return forTenant(tenant, async (tx, tenantId) => {
        const user = await lockByEmail(tx, email);
        await changePassword(tx, tenantId, user.id, chosen.hash);
        return listOf([user]) + chosen.said;
      });
    }
    default: {
      const change =
        wanted.action === "role" ? { role: roleOf(wanted) } : { disabled: wanted.action === "disable" };
      return forTenant(tenant, async (tx, tenantId) => {
        const user = await lockByEmail(tx, emailOf(wanted));
        return listOf([await changeUser(tx, tenantId, user, change)]);
      });
    }
  }
});

async function lockByEmail(tx: Transaction, email: string): Promise<User> {
  const [row] = await tx
    .select({ id: users.id })
    .from(users)
    .where(eq(sql`lower(${users.email})`, sql`lower(${email})`));
  if (row === undefined) throw new StartError(`The tenant has no user ${email}: npm run user -- list`);
  return lockUser(tx, row.id);
}

function emailOf({ need }: Wanted<string>): string {
  const email = need("email");
  if (!emailCheck.Check(email)) throw new StartError("--email takes an email address.");
  return email;
}

function roleOf({ need }: Wanted<string>): Role {
  const wanted = need("role");
  const role = ROLES.find((name) => name === wanted);
  if (role === undefined) throw new StartError(`--role takes one of ${ROLES.join(", ")}.`);
  return role;
}

async function choosePassword({ flag }: Wanted<string>): Promise<{ hash: string; said: string }> {
  const isGiven = flag("password-stdin");
  const password = isGiven
    ? (await text(process.stdin)).replace(/\r?\n$/, "")
    : randomBytes(18).toString("base64url");
  if (!passwordCheck.Check(password)) throw new StartError("A password has 12 to 200 characters.");
  const said = isGiven ? "" : `\npassword  ${password}`;
  return { hash: await passwords.hash(password), said };
}

function listOf(found: readonly User[]): string {
  const rows = found.map(({ id, email, role, disabled }) => [
    id,
    disabled ? "disabled" : "enabled",
    role,
    email,
  ]);
  return table([["ID", "STATE", "ROLE", "EMAIL"], ...rows]);
}
