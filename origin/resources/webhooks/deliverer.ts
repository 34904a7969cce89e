import { createBell } from "../../bell.ts";
import type { Log } from "../../call.ts";
import { type Claimed, claim } from "./claim.ts";
import { type DeliveryParts, deliver } from "./deliver.ts";
import { PLACES_PER_WEBHOOK, type Places } from "./places.ts";
import type { Outcome } from "./record.ts";

/** Sends what is due, as long as the origin runs. Each process does, and each takes what no other has taken. */
export type Deliverer = {
  /** Takes no more, and ends when what it sends has ended. */
  readonly stop: () => Promise<void>;
};

type Options = DeliveryParts & {
  readonly log: Log;
  readonly places: Places;
  /** An attempt has ended; `lost` when another process has taken it over meanwhile. */
  readonly ended: (outcome: Outcome["kind"] | "lost") => void;
};

const POLL_MS = 500;
/** After a failure, so that a database that is away is not hammered. */
const RETRY_MS = 1_000;

export function startDeliverer({ log, places, ended, ...parts }: Options): Deliverer {
  const { connections, now } = parts;
  const bell = createBell();
  const running = new Set<Promise<void>>();
  let stopping = false;
  let failing = false;

  async function attempt(claimed: Claimed): Promise<void> {
    const { webhookId, eventId } = claimed;
    let arrived = false;
    try {
      const outcome = await deliver(parts, claimed);
      arrived = outcome?.kind === "delivered";
      ended(outcome?.kind ?? "lost");
      if (outcome?.kind === "gone" || outcome?.kind === "dead")
        log.warn(
          { stage: "webhooks", webhookId, eventId, outcome: outcome.kind },
          "an event is not delivered",
        );
    } catch (error) {
      // The claim runs out, and it is due again.
      ended("lost");
      log.error({ err: error, stage: "webhooks", webhookId, eventId }, "a delivery failed on our side");
    } finally {
      places.giveBack(webhookId, arrived);
      bell.ring();
    }
  }

  /** Takes what there is room for. @returns how long to wait before the next look, in milliseconds */
  async function turn(): Promise<number> {
    const total = places.free();
    if (total === 0) return POLL_MS;
    try {
      const room = { total, perWebhook: PLACES_PER_WEBHOOK, withheld: places.withheld() };
      const claimed = await claim(connections, room, now());
      for (const one of claimed) {
        places.take(one.webhookId);
        const done = attempt(one).finally(() => running.delete(done));
        running.add(done);
      }
      failing = false;
      return POLL_MS;
    } catch (error) {
      // Once, not every second of an outage.
      if (!failing) log.error({ err: error, stage: "webhooks" }, "deliveries cannot be taken");
      failing = true;
      return RETRY_MS;
    }
  }

  async function run(): Promise<void> {
    while (!stopping) await bell.wait(await turn());
  }

  const over = run();
  return {
    async stop() {
      stopping = true;
      bell.ring();
      await over;
      await Promise.all(running);
    },
  };
}
