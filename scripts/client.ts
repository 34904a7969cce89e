import { desc } from "drizzle-orm";
import { DEFAULT_QUOTAS } from "#edge/limit/plans.ts";
import type { Transaction } from "#origin/db/client.ts";
import { apiClients } from "#origin/db/tables/api-clients.ts";
import {
  changeClient,
  changePlan,
  clientColumns,
  clientOf,
  insertClient,
  lockClient,
  replaceSecret,
} from "#origin/resources/access/clients/rows.ts";
import { knownScopes, requireKnown } from "#origin/resources/access/granting.ts";
import { StartError } from "#scripts/local/start-error.ts";
import { type ApiClient, DEFAULT_GRACE_SECONDS } from "#shared/resources/clients.ts";
import { runCommand, type Wanted } from "./access/command.ts";
import { isClient } from "./access/known.ts";
import { table } from "./local/table.ts";

/** `npm run client`: a tenant's API clients, for whoever operates the database. */

const PLANS = Object.keys(DEFAULT_QUOTAS.default.plans);

const USAGE = `npm run client -- ACTION --tenant SLUG ...

  create --name NAME --scope SCOPE [--scope SCOPE ...] [--plan PLAN]
  list
  rotate --id ID [--grace-seconds ${DEFAULT_GRACE_SECONDS}]    a new secret; the old one is good for that long
  disable --id ID              its tokens are refused within seconds
  enable --id ID
  plan --id ID [--plan PLAN]   whose quota its next tokens have (docs/quotas.md); the default without --plan

Plans: ${PLANS.join(", ")}, or those that QUOTA_PLANS names at the edge instead.

Works on DATABASE_URL, or on this machine's \`npm run dev\`. Secrets are shown once, here.
Scopes: ${knownScopes.join(", ")}.`;

const ACTIONS = ["create", "list", "rotate", "disable", "enable", "plan"] as const;
const GRAMMAR = {
  usage: USAGE,
  actions: ACTIONS,
  options: {
    tenant: { type: "string" },
    name: { type: "string" },
    scope: { type: "string", multiple: true },
    id: { type: "string" },
    plan: { type: "string" },
    "grace-seconds": { type: "string" },
  },
} as const;

await runCommand(GRAMMAR, (wanted, office) =>
  office.forTenant(wanted.need("tenant"), async (tx, tenantId) => {
    switch (wanted.action) {
      case "create": {
        const scopes = wanted.list("scope");
        if (scopes.length === 0) throw new StartError("--scope is missing.");
        requireKnown(scopes);
        return shown(
          await insertClient(tx, tenantId, { name: wanted.need("name"), scopes, plan: planOf(wanted) }),
        );
      }
      case "list": {
        const rows = await tx.select(clientColumns).from(apiClients).orderBy(desc(apiClients.clientId));
        return listOf(rows.map((row) => clientOf(row, Date.now())));
      }
      case "rotate": {
        const { id } = await lock(tx, wanted);
        return shown(await replaceSecret(tx, tenantId, id, graceOf(wanted)));
      }
      case "plan": {
        const { id } = await lock(tx, wanted);
        const plan = planOf(wanted);
        return listOf([await changePlan(tx, id, plan)]) + remarkOn(plan);
      }
      default: {
        const current = await lock(tx, wanted);
        const disabled = wanted.action === "disable";
        return listOf([await changeClient(tx, tenantId, current, { disabled })]);
      }
    }
  }),
);

async function lock(tx: Transaction, { need }: Wanted<string>): Promise<ApiClient> {
  const [tenant, id] = [need("tenant"), need("id")];
  if (await isClient(tx, id)) return lockClient(tx, id);
  throw new StartError(`Tenant ${tenant} has no client ${id}: npm run client -- list --tenant ${tenant}`);
}

function planOf({ option }: Wanted<string>): string | null {
  const plan = option("plan") ?? null;
  if (plan === null || /^[a-z0-9_-]{1,32}$/.test(plan)) return plan;
  throw new StartError("--plan takes a name of a-z, 0-9, - and _.");
}

/** The edge's environment is not known here, so that a plan nobody knows cannot be refused. */
function remarkOn(plan: string | null): string {
  if (plan === null || PLANS.includes(plan)) return "";
  return `\nThere is no plan ${plan} in edge/limit/plans.ts: unless QUOTA_PLANS names it at the edge, the default holds.`;
}

function graceOf({ option }: Wanted<string>): number {
  const text = option("grace-seconds") ?? String(DEFAULT_GRACE_SECONDS);
  if (!/^\d{1,6}$/.test(text)) throw new StartError("--grace-seconds takes a number of seconds.");
  return Number(text);
}

function shown({ client, secret }: { client: ApiClient; secret: string }): string {
  return `client_id      ${client.id}\nclient_secret  ${secret}`;
}

function listOf(clients: readonly ApiClient[]): string {
  const rows = clients.map(({ id, name, scopes, plan, disabled }) => [
    id,
    disabled ? "disabled" : "enabled",
    plan ?? "-",
    name,
    scopes.join(" "),
  ]);
  return table([["ID", "STATE", "PLAN", "NAME", "SCOPES"], ...rows]);
}
