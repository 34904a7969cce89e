import type { Traffic } from "./traffic.ts";

/** What the small case is asked, in reality and by the simulator. */

export const RATE = 300;
export const PRODUCTS = 20_000;
export const EXPONENT = 1.1;
export const WRITE_SHARE = 0.01;

export const TRAFFIC: Traffic = {
  requestsPerSecond: RATE,
  tenants: 1,
  tenantExponent: 1,
  productsPerTenant: PRODUCTS,
  productExponent: EXPONENT,
  writeShare: WRITE_SHARE,
  listShare: 0,
  listsPerTenant: 0,
  clientsPerTenant: 1,
  readsBehindWrite: 0,
};
