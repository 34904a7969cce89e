import type { Transaction } from "#origin/db/client.ts";
import { type RevocationTarget, revoke } from "#origin/resources/access/revoke.ts";
import { LOGIN_CLIENT_ID } from "#shared/resources/auth.ts";
import { runCommand } from "./access/command.ts";
import { isClient, isUser } from "./access/known.ts";

/** `npm run revoke`: refuses the tokens that there are, for whoever operates the database (docs/revocation.md). */

const USAGE = `npm run revoke -- ACTION --tenant SLUG ...

  client --id ID       the tokens that a client has
  subject --id ID      the tokens that a person or program has
  token --id JTI       one token
  everyone             every token of the tenant

Ids are those of \`GET /v1/me\` and of the logs. Tokens that are issued later are good.
Works on DATABASE_URL, or on this machine's \`npm run dev\`.`;

const GRAMMAR = {
  usage: USAGE,
  actions: ["client", "subject", "token", "everyone"],
  options: { tenant: { type: "string" }, id: { type: "string" } },
} as const;

await runCommand(GRAMMAR, async ({ action, need }, { forTenant }) => {
  const target =
    action === "everyone" ? { kind: "tenant" as const, id: "" } : { kind: action, id: need("id") };
  const tenant = need("tenant");
  return forTenant(tenant, async (tx, tenantId) => {
    const { revokedBefore } = await revoke(tx, tenantId, target);
    const when = revokedBefore === null ? ", for good" : `: what was issued before ${revokedBefore}`;
    return `Refused within 5 s${when}.${await remarkOn(tx, tenant, target)}`;
  });
});

/** What is mistyped is refused too, and whoever it was meant for goes on. Ids of other issuers cannot be known here. */
async function remarkOn(tx: Transaction, tenant: string, { kind, id }: RevocationTarget): Promise<string> {
  const isOurs = (kind === "client" || kind === "subject") && id !== LOGIN_CLIENT_ID && !id.includes(":");
  if (!isOurs || (await isClient(tx, id)) || (kind === "subject" && (await isUser(tx, id)))) return "";
  const list = kind === "client" ? "client" : "user";
  return `\nBut tenant ${tenant} has no ${kind} ${id}: npm run ${list} -- list --tenant ${tenant}`;
}
