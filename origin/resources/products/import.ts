import { Problem } from "#shared/problems.ts";
import type { products as routes } from "#shared/resources/products.ts";
import type { HandlersOf } from "../../call.ts";
import type { Services } from "../../services.ts";

export function productImport(_services: Services): Pick<HandlersOf<typeof routes>, "importProducts"> {
  return {
    importProducts: async () => {
      throw new Problem("unavailable");
    },
  };
}
