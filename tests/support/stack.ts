import { randomBytes } from "node:crypto";
import postgres, { type Sql } from "postgres";
import { v7 as uuidv7 } from "uuid";
import { inject } from "vitest";
import { mintToken as mint } from "#scripts/local/development-key.ts";
import type { Stack } from "#scripts/local/stack.ts";
import { ensureTenants, type Tenant } from "#scripts/local/tenants.ts";
import { TOKEN_AUDIENCE } from "#scripts/local/variables.ts";

declare module "vitest" {
  interface ProvidedContext {
    stack: Stack;
  }
}

/** The stack that this run of the tests shares. */
export function stack(): Stack {
  return inject("stack");
}

let connection: Sql | null = null;

/** Postgres as the owner, from this test file: one connection, closed when idle. */
export function owner(): Sql {
  connection ??= postgres(stack().ownerUrl, { max: 1, idle_timeout: 1, onnotice: () => undefined });
  return connection;
}

/** A tenant that no other test knows. */
export async function newTenant(): Promise<Tenant> {
  const slug = `test-${randomBytes(6).toString("hex")}`;
  const tenant = { id: uuidv7(), slug, name: `Tenant ${slug}` };
  await ensureTenants(owner(), [tenant]);
  return tenant;
}

export type TokenOptions = {
  readonly tenantId: string;
  /** Default: all of the catalogue's. */
  readonly scopes?: readonly string[];
  readonly subject?: string;
  /** Whose quota is charged. Default: one client for each tenant. */
  readonly clientId?: string;
  /** Seconds; negative for a token that has expired. Default: an hour. */
  readonly expiresIn?: number;
  /** Replace what the claims or the header would say; undefined removes a member. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
};

/** An access token that the stack's edge trusts (unless what replaces its parts makes it bad). */
export function mintToken({ tenantId, expiresIn = 3_600, ...options }: TokenOptions): Promise<string> {
  const { issuer, key } = stack();
  const request = {
    issuer,
    audience: TOKEN_AUDIENCE,
    tenantId,
    scopes: ["catalog:read", "catalog:write"],
    subject: "user-1",
    clientId: `client-${tenantId}`,
    lifetimeSeconds: expiresIn,
    ...options,
  };
  return mint(key, request, Date.now());
}
