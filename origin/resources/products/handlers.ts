import type { productExport as exportRoutes } from "#shared/resources/product-export.ts";
import type { productImport as importRoutes } from "#shared/resources/product-import.ts";
import type { products as routes } from "#shared/resources/products.ts";
import type { HandlersOf } from "../../call.ts";
import type { Services } from "../../services.ts";
import { productExport } from "./export/handler.ts";
import { productImport } from "./import/handler.ts";
import { productListing } from "./listing/handler.ts";
import { productReads } from "./reads.ts";
import { productWrites } from "./writes.ts";

export function productHandlers(
  services: Services,
): HandlersOf<typeof routes & typeof importRoutes & typeof exportRoutes> {
  return {
    ...productListing(services),
    ...productReads(services),
    ...productWrites(services),
    ...productImport(services),
    ...productExport(services),
  };
}
