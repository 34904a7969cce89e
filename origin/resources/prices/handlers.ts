import type { prices as routes } from "#shared/resources/prices.ts";
import type { HandlersOf } from "../../call.ts";
import type { Services } from "../../services.ts";
import { priceFeed } from "./feed.ts";
import { priceReads } from "./reads.ts";
import { priceWrites } from "./writes.ts";

export function priceHandlers(services: Services): HandlersOf<typeof routes> {
  return { ...priceFeed(services), ...priceReads(services), ...priceWrites(services) };
}
