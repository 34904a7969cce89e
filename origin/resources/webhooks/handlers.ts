import type { webhooks as routes } from "#shared/resources/webhooks.ts";
import type { HandlersOf } from "../../call.ts";
import type { Services } from "../../services.ts";
import { webhookReads } from "./reads.ts";
import { webhookWrites } from "./writes.ts";

export function webhookHandlers(services: Services): HandlersOf<typeof routes> {
  return { ...webhookReads(services), ...webhookWrites(services) };
}
