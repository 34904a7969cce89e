import { raceChecks } from "../../bars/race-checks.ts";
import { shownRace } from "../../bars/shown-race.ts";
import { type GroupName, groupNamed } from "../../contestant.ts";
import type { Part } from "../part.ts";

/** The whole origin, raced with a handler that has the same SQL, no tenancy, and asks nobody who they are. */

const BAR = 0.65;
const GOAL = 0.8;
const STEADY_SHARE = 0.7;

export const readById: Part = raced("a", "A product by its id", "origin");
export const listPage: Part = raced("b", "A page of 20 products, anywhere in the list", "list");

function raced(name: string, title: string, groupName: GroupName): Part {
  return {
    name,
    title: `${title}, against bare Fastify and postgres.js (goal ${GOAL})`,
    async run({ settings: { rounds, seconds }, progress, catalogue }) {
      const group = groupNamed(groupName);
      const told = JSON.stringify(await catalogue());
      const steady = { share: STEADY_SHARE };
      const result = await shownRace({ ...group, told }, { rounds, seconds, steady }, progress);
      return { checks: raceChecks(result, BAR, "bare"), details: { race: { ...result, group: groupName } } };
    },
  };
}
