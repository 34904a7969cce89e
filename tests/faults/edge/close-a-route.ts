import { contract } from "#shared/contract.ts";

/** No route of the catalogue refuses while Redis is away, and an API may have one: here it is this one. */
Object.assign(contract.getMe, { rate: { ...contract.getMe.rate, whenUnavailable: "closed" } });
