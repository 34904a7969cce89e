import { describe } from "vitest";
import { itWithstands } from "./fuzz.ts";

describe("the whole system, for a moment", () => {
  itWithstands({ requests: 600, seed: 20_261_121, lanes: 4 });
});
