import { randomInt } from "node:crypto";
import { describe } from "vitest";
import { itWithstands } from "./fuzz.ts";

/**
 * `FUZZ_REQUESTS=50000 npm run test:long -- tests/fuzz` for more of them; FUZZ_SEED repeats what a failure
 * says.
 */
const { FUZZ_REQUESTS: requests = "5000", FUZZ_SEED: seed = String(randomInt(2 ** 31)) } = process.env;

describe("the whole system", () => {
  itWithstands({ requests: Number(requests), seed: Number(seed), lanes: 4 });
});
