import type { Group } from "../contestant.ts";
import { type Race, race, type Settings } from "../race.ts";
import { tableOf } from "../report/table.ts";
import type { Progress } from "./part.ts";

const CONNECTIONS = 32;

/** Runs a group as a part of the bars, and prints its table. */
export async function shownRace(
  group: Group,
  settings: Omit<Settings, "connections">,
  progress: Progress,
): Promise<Race> {
  const result = await race(group, { ...settings, connections: CONNECTIONS }, progress);
  progress("");
  console.log(`${tableOf(result)}\n`);
  return result;
}
