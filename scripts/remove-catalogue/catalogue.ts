/** What the catalogue consists of. Whoever adds to it adds it here; a long test notices omissions. */

/** Files and folders that are nothing but catalogue. */
export const OWNED: readonly string[] = [
  "shared/resources/products.ts",
  "shared/resources/product-import.ts",
  "shared/resources/product-query.ts",
  "shared/resources/product-export.ts",
  "shared/resources/imports.ts",
  "shared/resources/import-schemas.ts",
  "shared/resources/categories.ts",
  "shared/resources/prices.ts",
  "shared/resources/price-schemas.ts",
  "shared/resources/stock.ts",
  "shared/resources/stock-schemas.ts",
  "shared/resources/reservations.ts",
  "shared/resources/orders.ts",
  "shared/resources/order-schemas.ts",
  "origin/db/tables/imports.ts",
  "origin/db/tables/products.ts",
  "origin/db/tables/product-terms.ts",
  "origin/db/tables/categories.ts",
  "origin/db/tables/prices.ts",
  "origin/db/tables/stock.ts",
  "origin/db/tables/orders.ts",
  "origin/resources/products",
  "origin/resources/imports",
  "origin/resources/prices",
  "origin/resources/categories",
  "origin/resources/stock",
  "origin/resources/orders",
  "tests/origin/listing-plans.ts",
  "scripts/dev/seed",
  "scripts/import",
  "scripts/import.ts",
  "scripts/search.ts",
  // Its service is a product.
  "scripts/drill",
  "scripts/rollback-drill.ts",
  // What is asked for under faults is a product, too.
  "scripts/faults.ts",
  "scripts/soak.ts",
  "tests/faults/matrix",
  "tests/faults/random",
  "tests/fuzz",
  "tests/support/soak",
  // Every contestant reads a product.
  "bench",
  // What is left is released anew.
  "contract",
  "scripts/remove-catalogue",
  "scripts/remove-catalogue.ts",
  "tests/origin/oversell.ts",
  "tests/faults/order-faults.ts",
  "tests/support/shop.ts",
  "tests/support/stalling.ts",
  "tests/support/origin-app.ts",
  "tests/support/origin-app-child.ts",
  "tests/support/origin-app-process.ts",
  "tests/support/outage-rig.ts",
  "tests/support/samples.ts",
  "tests/e2e/secret-rotation.load.ts",
];

/** Tests that name the catalogue, or a command that goes with it. */
export const OWNED_TEST =
  /[Pp]roduct(?!ion)|categories|Categor|bench\/|#scripts\/(?:import|drill)\/|\/(outage-rig|samples|oversell|order-faults)\.ts|rollback-drill|deploy\/grafana|support\/runbooks|\/(matrix|random|soak|fuzz)\//;

/** Where the catalogue is registered: every line that names it goes. */
export const REGISTRATIONS: readonly string[] = [
  "shared/resources/index.ts",
  "shared/resources/event-types.ts",
  "origin/db/schema.ts",
  "origin/resources/index.ts",
  "origin/resources/sweeps.ts",
];
export const REGISTRATION_LINE = /product|imports|categor|price|stock|reservation|\border/i;

/** Commands of package.json that go. */
export const COMMANDS: readonly string[] = [
  "bench",
  "bench:cache",
  "bench:gate",
  "bench:origin",
  "capacity",
  "import",
  "remove-catalogue",
  "rollback-drill",
  "search",
  "soak",
  "test:faults",
];

/** What takes the place of a file that the rest needs: `skeleton/<name>` is moved there. */
export const REPLACED: Readonly<Record<string, string>> = {
  "seed.ts": "scripts/dev/seed.ts",
  "welcome.ts": "scripts/dev/welcome.ts",
};
