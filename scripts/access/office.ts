import { sql } from "drizzle-orm";
import { type Connections, connect, type Transaction } from "#origin/db/client.ts";
import { inTransaction } from "#origin/db/write.ts";
import { tenantFinder } from "#origin/resources/access/tenant-by-slug.ts";
import { dataFolder, findSession } from "#scripts/local/data-folder.ts";
import { keepSecrets } from "#scripts/local/secrets.ts";
import { StartError } from "#scripts/local/start-error.ts";
import { type SecretList, secretsIn } from "#shared/environment.ts";

/** Where the commands that administer access work: DATABASE_URL's database, or that of `npm run dev`. */
export type Office = {
  readonly connections: Connections;
  /** KEY_ENCRYPTION_SECRET, or the one of `npm run dev`. */
  readonly keyEncryptionSecrets: () => SecretList;
  /** Runs `work` for one tenant, with the rights that the origin has. */
  readonly forTenant: <R>(
    slug: string,
    work: (tx: Transaction, tenantId: string) => Promise<R>,
  ) => Promise<R>;
};

/** @throws StartError when there is no database to work on */
export async function withOffice<R>(
  variables: NodeJS.ProcessEnv,
  work: (office: Office) => Promise<R>,
): Promise<R> {
  const folder = dataFolder(variables);
  const url = variables["DATABASE_URL"] || findSession(folder)?.ownerUrl;
  if (!url) throw new StartError("Set DATABASE_URL to the origin's database, or start `npm run dev`.");
  const connections = connect({ url, poolSize: 1, applicationName: "gatehouse-command" });
  try {
    return await work({
      connections,
      keyEncryptionSecrets: () =>
        secretsIn(variables["KEY_ENCRYPTION_SECRET"] || keepSecrets(folder).keyEncryption),
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
  } finally {
    await connections.close(5);
  }
}
