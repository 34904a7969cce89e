import { revoke } from "#origin/resources/access/revoke.ts";
import { runCommand } from "./access/command.ts";

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
  const { revokedBefore } = await forTenant(need("tenant"), (tx, tenantId) => revoke(tx, tenantId, target));
  return revokedBefore === null
    ? "Refused within 5 s, for good."
    : `Refused within 5 s: what was issued before ${revokedBefore}.`;
});
