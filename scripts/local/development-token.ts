import { isUuid } from "#origin/uuid.ts";
import { DEFAULT_EDGE_URL, findSession } from "./data-folder.ts";
import { findDevelopmentKey, mintToken, type TokenRequest } from "./development-key.ts";
import { StartError } from "./start-error.ts";
import { DEMO_TENANTS, findTenant } from "./tenants.ts";
import { TOKEN_AUDIENCE } from "./variables.ts";

export type DevelopmentTokenRequest = Omit<TokenRequest, "issuer" | "audience" | "tenantId"> & {
  /** A slug or an id. */
  readonly tenant: string;
};

/**
 * A token that the system on this data folder trusts.
 * @param environment ENVIRONMENT as it is set, if it is
 * @throws StartError outside development, before the first start, or when there is no such tenant
 */
export async function developmentToken(
  folder: string,
  { tenant, ...request }: DevelopmentTokenRequest,
  environment: string | undefined,
): Promise<string> {
  if (environment && environment !== "development") {
    throw new StartError(
      `The development key is for development only, and ENVIRONMENT is ${environment}: ` +
        "ask the token route for a token instead (POST /v1/oauth/token).",
    );
  }
  const key = await findDevelopmentKey(folder);
  if (key === null) {
    throw new StartError(`There is no development key in ${folder} yet: run \`npm run dev\` first.`);
  }
  const session = findSession(folder);
  const tenantId = await tenantIdOf(tenant, session?.ownerUrl ?? null);
  const issuer = session?.edgeUrl ?? DEFAULT_EDGE_URL;
  return mintToken(key, { ...request, tenantId, issuer, audience: TOKEN_AUDIENCE }, Date.now());
}

/**
 * The id of a tenant by its slug; an id is its own.
 * @param ownerUrl null while nothing runs: then only the tenants of the first start are known
 * @throws StartError when there is none
 */
export async function tenantIdOf(tenant: string, ownerUrl: string | null): Promise<string> {
  if (isUuid(tenant)) return tenant;
  const demo = DEMO_TENANTS.find(({ slug }) => slug === tenant);
  if (demo !== undefined) return demo.id;
  if (ownerUrl === null) {
    throw new StartError(
      `Tenant ${tenant} can only be looked up while \`npm run dev\` runs: start it, or give the tenant's id.`,
    );
  }
  const found = await findTenant(ownerUrl, tenant);
  if (found !== null) return found;
  const known = DEMO_TENANTS.map(({ slug }) => slug).join(", ");
  throw new StartError(`There is no tenant ${tenant}; there are, among others, ${known}.`);
}
