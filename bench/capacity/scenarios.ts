import { cloudflare, type Deployment, selfHosted } from "./deployment.ts";
import type { Traffic } from "./traffic.ts";

/** The shops that the figures are for. Change them to your own: `npm run capacity` prints what follows. */
export type Scenario = {
  readonly name: string;
  readonly requestsPerMinute: number;
  readonly traffic: Omit<Traffic, "requestsPerSecond">;
  readonly deployment: Deployment;
  /** Products that the biggest tenant imports once a day, and how many a second. */
  readonly backfill: { readonly products: number; readonly perSecond: number };
};

const SHOP = {
  tenantExponent: 0.9,
  productExponent: 1.1,
  listShare: 0.15,
  clientsPerTenant: 3,
  readsBehindWrite: 0.2,
};

const SMALL = {
  name: "10 thousand a minute",
  requestsPerMinute: 10_000,
  traffic: { ...SHOP, tenants: 10, productsPerTenant: 5_000, listsPerTenant: 100, writeShare: 0.01 },
  backfill: { products: 50_000, perSecond: 500 },
};

export const SCENARIOS: readonly Scenario[] = [
  { ...SMALL, deployment: selfHosted(2) },
  { ...SMALL, deployment: cloudflare(30) },
  {
    name: "1 million a minute",
    requestsPerMinute: 1_000_000,
    traffic: { ...SHOP, tenants: 200, productsPerTenant: 20_000, listsPerTenant: 300, writeShare: 0.005 },
    deployment: cloudflare(150),
    backfill: { products: 1_000_000, perSecond: 2_000 },
  },
  {
    name: "100 million a minute",
    requestsPerMinute: 100_000_000,
    traffic: { ...SHOP, tenants: 2_000, productsPerTenant: 50_000, listsPerTenant: 1_000, writeShare: 0.001 },
    deployment: cloudflare(300),
    backfill: { products: 1_000_000, perSecond: 2_000 },
  },
];

export function trafficOf({ traffic, requestsPerMinute }: Scenario, factor = 1): Traffic {
  return { ...traffic, requestsPerSecond: (requestsPerMinute / 60) * factor };
}
