import type { imports as routes } from "#shared/resources/imports.ts";
import type { HandlersOf } from "../../call.ts";
import type { Services } from "../../services.ts";
import { importCounters } from "./metrics.ts";
import { importReads } from "./reads.ts";
import { partReceiver } from "./receive-part.ts";
import { importWrites } from "./writes.ts";

export function importHandlers(services: Services): HandlersOf<typeof routes> {
  const counters = importCounters(services.registry);
  return {
    ...importReads(services),
    ...importWrites(services, counters),
    ...partReceiver(services, counters),
  };
}
