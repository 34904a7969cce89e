import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Json } from "#shared/openapi-components.ts";
import { type Document, isObject, members } from "./node.ts";
import type { Recorded, Step } from "./recorded.ts";

/** The released contract, as the repository keeps it. */

const FOLDER = "contract";
const RELEASED = `${FOLDER}/v1.json`;
const SCENARIO = `${FOLDER}/scenario.json`;
const RECORDED = `${FOLDER}/v1.requests.json`;
const DECLARED = `${FOLDER}/breaking-changes.json`;

/** A breaking change that is meant. */
export type Declared = { readonly change: string; readonly reason: string };

/** Null before the first release. */
export function readReleased(): Document | null {
  return existsSync(RELEASED) ? JSON.parse(readFileSync(RELEASED, "utf8")) : null;
}

export function readDeclared(): readonly Declared[] {
  return existsSync(DECLARED) ? JSON.parse(readFileSync(DECLARED, "utf8")) : [];
}

/** What is sent to have a release recorded. */
export function readScenario(): readonly Step[] {
  return existsSync(SCENARIO) ? JSON.parse(readFileSync(SCENARIO, "utf8")) : [];
}

/** What was sent when the released contract was, and its answers. */
export function readRecorded(): readonly Recorded[] {
  return existsSync(RECORDED) ? JSON.parse(readFileSync(RECORDED, "utf8")) : [];
}

/** Makes a contract the released one; from then on nothing is declared. */
export function release(document: Document, recorded: readonly Recorded[]): void {
  mkdirSync(FOLDER, { recursive: true });
  write(RELEASED, withoutRefusals(document));
  write(RECORDED, recorded);
  write(DECLARED, []);
}

function write(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
  console.log(path);
}

/** What refusals look like is most of a document, and no part of what is compared. */
function withoutRefusals({ paths, components, ...rest }: Document): Document {
  const { examples: _, ...kept } = isObject(components) ? components : {};
  const withOwnAnswers = (operation: Json): Json => {
    if (!isObject(operation)) return operation;
    const answers = members(operation["responses"]).filter(([status]) => Number(status) < 400);
    return { ...operation, responses: Object.fromEntries(answers) };
  };
  const slim = members(paths).map(([path, item]) => {
    const operations = members(item).map(([method, operation]) => [method, withOwnAnswers(operation)]);
    return [path, Object.fromEntries(operations)];
  });
  return { ...rest, paths: Object.fromEntries(slim), components: kept };
}
