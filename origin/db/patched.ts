import postgres from "postgres";

/** The revision that `patches/postgres+*.patch` writes into the driver. */
const PATCH = 1;

/**
 * Refuses to go on with the driver as published: after a lost connection it runs one transaction's
 * statements in another, and so as another tenant (docs/decisions/0002-patched-postgres-js.md).
 *
 * @throws Error when the install step that patches it did not run
 */
export function assertPatchedDriver(driver: object = postgres): void {
  if (Reflect.get(driver, "gatehousePatch") === PATCH) return;
  throw new Error(
    "The postgres driver is not patched: install with `npm ci`, without `--ignore-scripts`, or run `npm run postinstall`.",
  );
}
