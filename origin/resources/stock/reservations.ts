import { and, eq, isNull, sql } from "drizzle-orm";
import { Problem } from "#shared/problems.ts";
import type { reservations as routes } from "#shared/resources/reservations.ts";
import type { HandlersOf } from "../../call.ts";
import type { Transaction } from "../../db/client.ts";
import { ofTenant } from "../../db/of-tenant.ts";
import { prepareRead } from "../../db/read.ts";
import { products } from "../../db/tables/products.ts";
import { stockReservations } from "../../db/tables/stock.ts";
import { etagOf, requireMatch } from "../../etag.ts";
import type { Services } from "../../services.ts";
import { allocate, availableOf } from "./allocate.ts";
import { reservationColumns } from "./columns.ts";
import { endHolds, hold } from "./hold.ts";
import { shortageCounter } from "./metrics.ts";
import { lockLevels } from "./move.ts";

const DEFAULT_TTL_SECONDS = 900;

export function reservationHandlers({
  connections,
  write,
  now,
  registry,
}: Services): HandlersOf<typeof routes> {
  const countShortage = shortageCounter(registry, "reservations");
  const byId = prepareRead(connections, (db, ready) =>
    db
      .select(reservationColumns)
      .from(stockReservations)
      .where(and(ready, ofTenant(stockReservations), eq(stockReservations.id, sql.placeholder("id"))))
      .limit(1),
  );

  return {
    async getReservation({ caller: { tenantId }, params: { reservationId } }) {
      const [reservation] = await byId.execute({ tenant: tenantId, id: reservationId });
      if (reservation === undefined) throw new Problem("not-found");
      return { status: 200, body: reservation, headers: { etag: etagOf(reservation.version) } };
    },

    async createReservation(call) {
      const { productId, quantity, location, ttlSeconds = DEFAULT_TTL_SECONDS } = call.body;
      const reserving = write(call, async (tx, changes) => {
        await requireProduct(tx, productId);
        const levels = await lockLevels(tx, [productId]);
        // All of it at one place: there is no such thing as a reservation in parts.
        const eligible = levels.filter((level) => location === undefined || level.location === location);
        const level = eligible.find((one) => availableOf(one) >= quantity);
        const from = allocate(new Map([[productId, quantity]]), level === undefined ? [] : [level]);
        if (from.kind === "short") throw shortage(Math.max(0, ...eligible.map(availableOf)));
        const expiresAt = new Date(now() + ttlSeconds * 1_000).toISOString();
        const holder = { orderId: null, expiresAt };
        const holding = await hold(tx, call.caller.tenantId, levels, from.allocations, holder, changes);
        const [held] = await holding.held;
        if (held === undefined) throw new Error("the insert returned no row");
        const headers = { etag: etagOf(held.version), location: `/v1/reservations/${held.id}` };
        return { status: 201, body: held, headers } as const;
      });
      return countShortage(reserving);
    },

    async releaseReservation(call) {
      const ifMatch = call.headers["if-match"];
      return write(call, async (tx, changes) => {
        const [held] = await tx
          .select(reservationColumns)
          .from(stockReservations)
          .where(and(ofTenant(stockReservations), eq(stockReservations.id, call.params.reservationId)))
          .for("update");
        if (held === undefined) throw new Problem("not-found");
        if (held.orderId !== null)
          throw new Problem("conflict", { detail: `it belongs to order ${held.orderId}: cancel that` });
        if (held.state !== "active") return { status: 204 };
        if (ifMatch !== undefined) requireMatch(ifMatch, held.version);
        await endHolds(tx, [held], "released", changes);
        return { status: 204 };
      });
    },
  };
}

async function requireProduct(tx: Transaction, id: string): Promise<void> {
  const [product] = await tx
    .select({ id: products.id })
    .from(products)
    .where(and(eq(products.id, id), isNull(products.deletedAt)));
  if (product !== undefined) return;
  const detail = "there is no such product";
  throw new Problem("unprocessable", {
    errors: [{ in: "body", pointer: "/productId", rule: "exists", detail }],
  });
}

function shortage(available: number): Problem {
  const detail = `only ${available} are available at one location`;
  return new Problem("conflict", {
    errors: [{ in: "body", pointer: "/quantity", rule: "available", detail }],
  });
}
