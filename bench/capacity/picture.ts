import { type BarGroup, barsAsSvg } from "../report/bars.ts";
import { costPerMillion } from "./cost.ts";
import { loadOf } from "./load.ts";
import { SCENARIOS, trafficOf } from "./scenarios.ts";

/** Hit ratios and costs of the scenarios, to be looked at. */
export function pictureOf(): string {
  const loads = SCENARIOS.map((scenario) => ({
    label: `${scenario.name}, ${scenario.deployment.name}`,
    load: loadOf(trafficOf(scenario), scenario.deployment),
  }));
  const hits = loads.map(({ label, load }) => bar(label, load.hitRatio, 1, load.hitRatio.toFixed(2)));
  const costs = loads.map(({ label, load }) => ({ label, cost: costPerMillion(load, load).redis }));
  const most = Math.max(...costs.map(({ cost }) => cost));
  return barsAsSvg("Capacity", [
    { title: "Reads answered without waiting for the origin", bars: hits },
    {
      title: "Redis, US dollars for a million requests",
      bars: costs.map(({ label, cost }) => bar(label, cost, most, cost.toFixed(2))),
    },
  ]);
}

function bar(label: string, value: number, whole: number, figures: string): BarGroup["bars"][number] {
  return { label, length: value / whole, range: null, limit: null, colour: "#5b8def", figures };
}
