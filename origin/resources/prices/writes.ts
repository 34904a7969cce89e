import { and, eq, inArray, isNull } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import type { Change } from "#shared/changes.ts";
import { Problem, type Violation } from "#shared/problems.ts";
import type { Price, PriceCreate } from "#shared/resources/price-schemas.ts";
import type { prices as routes } from "#shared/resources/prices.ts";
import type { HandlersOf } from "../../call.ts";
import type { Transaction } from "../../db/client.ts";
import { violatedConstraint } from "../../db/errors.ts";
import { recordEvents } from "../../db/events.ts";
import { prices } from "../../db/tables/prices.ts";
import { products } from "../../db/tables/products.ts";
import { etagOf, requireIfMatch, requireMatch } from "../../etag.ts";
import type { Services } from "../../services.ts";
import { changesOf, nextVersion, priceColumns } from "./columns.ts";
import { revise, valuesOf, violationsOf, withdrawnAt } from "./rules.ts";

type Writes = Pick<
  HandlersOf<typeof routes>,
  "createPrice" | "createPrices" | "updatePrice" | "withdrawPrice"
>;

export function priceWrites({ write, now }: Services): Writes {
  const instant = () => new Date(now()).toISOString();

  return {
    async createPrice(call) {
      return write(call, async (tx, changes) => {
        const [price] = await create(tx, call.caller.tenantId, [{ create: call.body, place: "" }], instant());
        if (price === undefined) throw new Error("the insert returned no row");
        await announceAll([price], tx, call.caller.tenantId, changes);
        const headers = { etag: etagOf(price.version), location: `/v1/prices/${price.id}` };
        return { status: 201, body: price, headers };
      });
    },

    async createPrices(call) {
      return write(call, async (tx, changes) => {
        const wanted = call.body.prices.map((create, at) => ({ create, place: `/prices/${at}` }));
        const created = await create(tx, call.caller.tenantId, wanted, instant());
        await announceAll(created, tx, call.caller.tenantId, changes);
        return { status: 200, body: { data: created } };
      });
    },

    async updatePrice(call) {
      const ifMatch = requireIfMatch(call.headers);
      return write(call, async (tx, changes) => {
        const current = await lock(tx, call.params.priceId);
        requireMatch(ifMatch, current.version);
        const revision = revise(current, call.body, instant());
        if (revision.kind === "conflict") throw new Problem("conflict", { detail: revision.detail });
        if (revision.kind === "violations")
          throw new Problem("unprocessable", { errors: revision.violations });
        const price = await update(tx, current.id, revision.values);
        await announceAll([price], tx, call.caller.tenantId, changes);
        return { status: 200, body: price, headers: { etag: etagOf(price.version) } };
      });
    },

    async withdrawPrice(call) {
      const ifMatch = call.headers["if-match"];
      return write(call, async (tx, changes) => {
        const current = await lock(tx, call.params.priceId);
        const validUntil = withdrawnAt(current, instant());
        if (validUntil === null) return { status: 204 };
        if (ifMatch !== undefined) requireMatch(ifMatch, current.version);
        const price = await update(tx, current.id, { validUntil });
        await announceAll([price], tx, call.caller.tenantId, changes);
        return { status: 204 };
      });
    },
  };
}

/** Tells caches and webhooks of prices that were set, changed or withdrawn. */
async function announceAll(
  changed: readonly Price[],
  tx: Transaction,
  tenantId: string,
  changes: Change[],
): Promise<void> {
  changes.push(...changed.flatMap(changesOf));
  await recordEvents(
    tx,
    tenantId,
    changed.map((price) => ({ type: "price.changed", data: price })),
  );
}

/** A price that is to be made, and where in the body it stands. */
type Wanted = { readonly create: PriceCreate; readonly place: string };

/** Makes prices, all or none. @returns them in the order they were wanted in */
async function create(
  tx: Transaction,
  tenantId: string,
  wanted: readonly Wanted[],
  now: string,
): Promise<Price[]> {
  const made = wanted.map(({ create, place }) => {
    const { productId, currency } = create;
    return { place, row: { tenantId, id: uuidv7(), productId, currency, ...valuesOf(create, now) } };
  });
  refuse("unprocessable", [
    ...made.flatMap(({ row, place }) => violationsOf(row, now, place)),
    ...(await missingProducts(tx, wanted)),
  ]);
  const rows = made.map(({ row }) => row);
  const created = await tx
    .insert(prices)
    // In one order, so that two of these wait for each other in one direction only.
    .values(rows.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)))
    .onConflictDoNothing()
    .returning(priceColumns);
  const byId = new Map(created.map((price) => [price.id, price]));
  refuse(
    "conflict",
    made
      .filter(({ row }) => !byId.has(row.id))
      .map(({ place }) =>
        violation(`${place}/validFrom`, "unique", "another price of it begins at that instant"),
      ),
  );
  return rows.flatMap(({ id }) => byId.get(id) ?? []);
}

const keyOf = ({ productId, currency, validFrom }: Pick<Price, "productId" | "currency" | "validFrom">) =>
  `${productId} ${currency} ${validFrom}`;

/** Products that are deleted or never were. Those that are there stay until the transaction ends. */
async function missingProducts(tx: Transaction, wanted: readonly Wanted[]): Promise<Violation[]> {
  const ids = [...new Set(wanted.map(({ create }) => create.productId))];
  const found = await tx
    .select({ id: products.id })
    .from(products)
    .where(and(inArray(products.id, ids), isNull(products.deletedAt)))
    .orderBy(products.id)
    .for("key share");
  const live = new Set(found.map(({ id }) => id));
  return wanted
    .filter(({ create }) => !live.has(create.productId))
    .map(({ place }) => violation(`${place}/productId`, "exists", "there is no such product"));
}

function violation(pointer: string, rule: string, detail: string): Violation {
  return { in: "body", pointer, rule, detail };
}

function refuse(code: "unprocessable" | "conflict", errors: readonly Violation[]): void {
  if (errors.length > 0) throw new Problem(code, { errors });
}

async function lock(tx: Transaction, id: string): Promise<Price> {
  const rows = await tx
    .select(priceColumns)
    .from(prices)
    .where(eq(prices.id, id))
    .for("update")
    .prepare("lock_price")
    .execute();
  if (rows[0] === undefined) throw new Problem("not-found");
  return rows[0];
}

async function update(tx: Transaction, id: string, values: Partial<Price>): Promise<Price> {
  const [price] = await tx
    .update(prices)
    .set({ ...values, ...nextVersion })
    .where(eq(prices.id, id))
    .returning(priceColumns)
    .catch(explain);
  if (price === undefined) throw new Error("the update returned no row");
  return price;
}

function explain(error: unknown): never {
  if (violatedConstraint(error) === "prices_start_key") {
    const detail = "another price of it begins at that instant";
    throw new Problem("conflict", { errors: [violation("/validFrom", "unique", detail)] });
  }
  throw error;
}
