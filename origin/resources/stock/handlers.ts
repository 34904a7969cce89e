import type { reservations as reservationRoutes } from "#shared/resources/reservations.ts";
import type { stock as routes } from "#shared/resources/stock.ts";
import type { HandlersOf } from "../../call.ts";
import type { Services } from "../../services.ts";
import { stockReads } from "./reads.ts";
import { reservationHandlers } from "./reservations.ts";
import { stockWrites } from "./writes.ts";

export function stockHandlers(services: Services): HandlersOf<typeof routes & typeof reservationRoutes> {
  return { ...stockReads(services), ...stockWrites(services), ...reservationHandlers(services) };
}
