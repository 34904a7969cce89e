import { sql } from "drizzle-orm";
import { MAX_MATCHES } from "#shared/resources/product-query.ts";
import type { Connections } from "../../../db/client.ts";
import { prepareRead } from "../../../db/read.ts";
import { tenantTerm } from "./store.ts";
import { type Wanted, wantedOf } from "./terms.ts";

/** Finds the ids of products by the words of a text, the newest `MAX_MATCHES` at most. */
export function prepareSearch(connections: Connections) {
  const read = prepareRead(connections, (db, ready) =>
    db
      .select({ id: sql<string>`id`.as("id") })
      .from(
        sql`gatehouse_search_products(${sql.placeholder("query")}::tsquery, ${sql.raw(String(MAX_MATCHES))}) as id`,
      )
      .where(ready)
      .limit(MAX_MATCHES),
  );
  return async function search(tenant: string, text: string): Promise<readonly string[]> {
    const wanted = wantedOf(text);
    if (wanted === null) return [];
    const found = await read.execute({ tenant, query: queryOf(tenant, wanted) });
    return found.map(({ id }) => id);
  };
}

/** A `tsquery`. Terms are letters, digits and marks: there is nothing in them to escape. */
function queryOf(tenant: string, { whole, beginning }: Wanted): string {
  const words = whole.map((term) => `'${tenantTerm(tenant, term)}'`);
  return [...words, `'${tenantTerm(tenant, beginning)}':*`].join(" & ");
}
