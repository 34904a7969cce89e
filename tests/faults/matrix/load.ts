import { setTimeout as delay } from "node:timers/promises";
import { ask, type Exchange } from "./exchange.ts";
import type { Lane } from "./lane.ts";
import { adjustmentOf, requests } from "./requests.ts";
import type { Scene } from "./scene.ts";

/** Requests all the time, so that a fault finds some under way. */
export type Load = {
  /** From now on what has changed is asked for as well: before the fault that would renew it. */
  readonly includeChanged: () => void;
  readonly stop: () => Promise<readonly Exchange[]>;
};

const EVERY_MS = 60;

export function startLoad(lane: Lane, scene: Scene): Load {
  const exchanges: Exchange[] = [];
  let isOn = true;
  let withChanged = false;
  const underWay = new Set<Promise<void>>();

  /** Whether or not the last one was answered. */
  async function readCached(): Promise<void> {
    for (let turn = 0; isOn; turn++) {
      const id = (withChanged && turn % 2 === 1 ? scene.changed[0] : scene.cached[0]) ?? "";
      const asked = requests.cached.asked(lane, { ...scene, cached: [id] }, 0);
      const asking = ask(asked).then((exchange) => {
        exchanges.push(exchange);
      });
      underWay.add(asking);
      void asking.then(() => underWay.delete(asking));
      await delay(EVERY_MS);
    }
  }

  async function inTurn(next: (turn: number) => Parameters<typeof ask>[0]): Promise<void> {
    for (let turn = 0; isOn; turn++) {
      exchanges.push(await ask(next(turn)));
      await delay(EVERY_MS);
    }
  }

  const working = Promise.all([
    readCached(),
    inTurn((turn) => requests.unknown.asked(lane, scene, scene.size + (turn % scene.size))),
    inTurn(() => adjustmentOf(lane, scene, scene.written.at(-1) ?? "", true)),
  ]);
  return {
    includeChanged: () => {
      withChanged = true;
    },
    async stop() {
      isOn = false;
      await working;
      await Promise.all(underWay);
      return exchanges;
    },
  };
}
