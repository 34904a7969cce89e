import { sql } from "drizzle-orm";
import { type Connections, connect, type Transaction } from "#origin/db/client.ts";
import { databaseErrorOf, isAway } from "#origin/db/errors.ts";
import { inTransaction } from "#origin/db/write.ts";
import { tenantFinder } from "#origin/resources/access/tenant-by-slug.ts";
import { dataFolder, findSession } from "#scripts/local/data-folder.ts";
import { keepSecrets } from "#scripts/local/secrets.ts";
import { StartError } from "#scripts/local/start-error.ts";
import { type SecretList, secretsIn } from "#shared/environment.ts";

/** Where the commands that administer access work: DATABASE_URL's database, or that of `npm run dev`. */
export type Office = {
  readonly connections: Connections;
  /**
   * KEY_ENCRYPTION_SECRET, or the one of `npm run dev` for its own database.
   * @throws StartError for another database: no origin of it could open what this machine's secret encrypts
   */
  readonly keyEncryptionSecrets: () => SecretList;
  /** Runs `work` for one tenant, with the rights that the origin has. */
  readonly forTenant: <R>(
    slug: string,
    work: (tx: Transaction, tenantId: string) => Promise<R>,
  ) => Promise<R>;
};

/** @throws StartError when there is no database to work on, or it cannot be asked */
export async function withOffice<R>(
  variables: NodeJS.ProcessEnv,
  work: (office: Office) => Promise<R>,
): Promise<R> {
  const folder = dataFolder(variables);
  const url = variables["DATABASE_URL"] || findSession(folder)?.ownerUrl;
  if (!url) throw new StartError("Set DATABASE_URL to the origin's database, or start `npm run dev`.");
  if (!URL.canParse(url))
    throw new StartError("DATABASE_URL is not a URL: postgres://user:password@host/name.");
  const connections = connect({ url, poolSize: 1, applicationName: "gatehouse-command" });
  try {
    return await work({
      connections,
      keyEncryptionSecrets: () => {
        const given = variables["KEY_ENCRYPTION_SECRET"];
        if (variables["DATABASE_URL"] && !given)
          throw new StartError("Set KEY_ENCRYPTION_SECRET beside DATABASE_URL, as its origins have it.");
        return secretsIn(given || keepSecrets(folder).keyEncryption);
      },
      forTenant: async (slug, act) => {
        const tenantId = await tenantFinder(connections)(slug);
        if (tenantId === null) throw new StartError(`There is no tenant ${slug}.`);
        const { result } = await inTransaction(connections, tenantId, async (tx) => {
          // The owner of the database may be exempt from row-level security; this role never is.
          await tx.execute(sql`set local role gatehouse_app`);
          return act(tx, tenantId);
        });
        return result;
      },
    });
  } catch (error) {
    throw refusalOf(error, new URL(url).host);
  } finally {
    await connections.close(5);
  }
}

/** By SQLSTATE, or its class. */
const WHY: ReadonlyMap<string, string> = new Map([
  ["28", "refuses this login"], // invalid_authorization_specification
  ["3D000", "has no such database"], // invalid_catalog_name
  ["42501", "has not granted gatehouse_app to this login"], // insufficient_privilege
  ["42P01", "has no tables there before `npm run migrate`"], // undefined_table
]);

/** What to say when the database cannot be asked; any other error as it is. */
function refusalOf(error: unknown, host: string): unknown {
  const code = databaseErrorOf(error)?.code ?? "";
  const why = WHY.get(code.startsWith("28") ? "28" : code) ?? (isAway(error) ? "does not answer" : null);
  return why === null ? error : new StartError(`The server of DATABASE_URL (${host}) ${why}: ${code}.`);
}
