import { raceChecks } from "../../bars/race-checks.ts";
import { type GroupName, groups } from "../../contestant.ts";
import { race } from "../../race.ts";
import { tableOf } from "../../report/table.ts";
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
      const group = groups.find((one) => one.name === groupName);
      if (group === undefined) throw new Error("there is no such group");
      const told = JSON.stringify(await catalogue());
      const settings = { rounds, seconds, connections: 32, steady: { share: STEADY_SHARE } };
      const result = await race({ ...group, told }, settings, progress);
      progress("");
      console.log(`${tableOf(result)}\n`);
      return { checks: raceChecks(result, BAR, "bare"), details: { race: { ...result, group: groupName } } };
    },
  };
}
