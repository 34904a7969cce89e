import { createCursors } from "#origin/cursor.ts";
import { listScope } from "#origin/resources/products/listing/wanted.ts";
import type { Serving } from "../contestant.ts";
import { LIST, PAGE_SIZE, pageAfter, placesIn } from "./list.ts";
import { SECRET, serveOrigin, signedGet } from "./origin-server.ts";
import { productId } from "./product.ts";
import { TENANT } from "./token.ts";

/** The same origin, pages of its list of products at places all over it: cursors opened and sealed too. */

const { seal } = createCursors([SECRET]);
const cursorAt = (index: number) => seal(listScope(TENANT, LIST), productId(index));

export async function start(told: string): Promise<Serving> {
  const [first = 0] = placesIn(told);
  return {
    port: await serveOrigin(told),
    pids: [process.pid],
    expected: {
      body: pageAfter(first, cursorAt(first - PAGE_SIZE)),
      headers: { "content-type": "^application/json", "x-request-id": "." },
    },
  };
}

export function requests(told: string): Promise<readonly string[]> {
  const targets = placesIn(told).map(
    (index) => `/v1/products?cursor=${cursorAt(index)}&pageSize=${PAGE_SIZE}`,
  );
  return Promise.resolve(targets.map((target) => signedGet(target)));
}
