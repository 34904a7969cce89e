import { raceChecks } from "../../bars/race-checks.ts";
import { shownRace } from "../../bars/shown-race.ts";
import { groupNamed } from "../../contestant.ts";
import type { Part } from "../part.ts";

/** A hit through the whole gateway, raced with a Worker that only answers. */

const RATIO_BAR = 0.6;
const GOAL = 0.8;
const STEADY_RATE = 2_000;

export const hit: Part = {
  name: "a",
  title: `A hit through the whole gateway, 1 KB, against a bare worker (goal ${GOAL})`,
  async run({ settings, progress }) {
    const edge = groupNamed("edge");
    // Rounds are short and many: what else the machine does then falls on all alike.
    const seconds = Math.min(2, settings.seconds);
    const steady = { perSecond: STEADY_RATE };
    const result = await shownRace(edge, { rounds: settings.rounds, seconds, steady }, progress);
    const checks = raceChecks(result, RATIO_BAR, "bare");
    return { checks, details: { race: { ...result, group: edge.name } } };
  },
};
