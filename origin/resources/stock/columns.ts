import type { StockLevel } from "#shared/resources/stock-schemas.ts";
import { stockLevels, stockMovements, stockReservations } from "../../db/tables/stock.ts";
import { availableOf } from "./allocate.ts";

/** Between stock as the API knows it and its rows. */

export const levelColumns = {
  productId: stockLevels.productId,
  location: stockLevels.location,
  onHand: stockLevels.onHand,
  reserved: stockLevels.reserved,
  version: stockLevels.version,
  updatedAt: stockLevels.updatedAt,
};

type LevelRow = { [C in keyof typeof levelColumns]: (typeof stockLevels.$inferSelect)[C] };

export function levelOf(row: LevelRow): StockLevel {
  return { ...row, available: availableOf(row) };
}

export const movementColumns = {
  id: stockMovements.id,
  productId: stockMovements.productId,
  location: stockMovements.location,
  cause: stockMovements.cause,
  onHandChange: stockMovements.onHandChange,
  reservedChange: stockMovements.reservedChange,
  onHand: stockMovements.onHand,
  reserved: stockMovements.reserved,
  version: stockMovements.version,
  reason: stockMovements.reason,
  reservationId: stockMovements.reservationId,
  orderId: stockMovements.orderId,
  createdAt: stockMovements.createdAt,
};

export const reservationColumns = {
  id: stockReservations.id,
  productId: stockReservations.productId,
  location: stockReservations.location,
  quantity: stockReservations.quantity,
  state: stockReservations.state,
  orderId: stockReservations.orderId,
  expiresAt: stockReservations.expiresAt,
  version: stockReservations.version,
  createdAt: stockReservations.createdAt,
  updatedAt: stockReservations.updatedAt,
};
