import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { LOOPBACK } from "./ports.ts";
import { commandOf } from "./processes.ts";
import { writePrivately } from "./secrets.ts";

/** The working tree. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export const DEFAULT_PORT_BASE = 8787;
export const DEFAULT_EDGE_URL = `http://${LOOPBACK}:${DEFAULT_PORT_BASE}`;

/** Everything that a `npm run dev` keeps: `.gatehouse`, or GATEHOUSE_DATA_DIR. */
export function dataFolder(variables: NodeJS.ProcessEnv = process.env): string {
  return resolve(ROOT, variables["GATEHOUSE_DATA_DIR"] || ".gatehouse");
}

const Session = Type.Object({
  pid: Type.Integer(),
  edgeUrl: Type.String(),
  /** Null until Postgres runs. */
  ownerUrl: Type.Union([Type.String(), Type.Null()]),
});

/** A running `npm run dev`, as other commands find it. */
export type Session = Static<typeof Session>;

const check = Compile(Session);
const ENTRY = "scripts/dev.ts";

/** The session that runs on this folder now, or null. */
export function findSession(folder: string): Session | null {
  const file = fileIn(folder);
  if (!existsSync(file)) return null;
  const session = parse(readFileSync(file, "utf8"));
  // A crash leaves the file, and the process id may be another program's by now.
  return session !== null && commandOf(session.pid)?.includes(ENTRY) ? session : null;
}

export function writeSession(folder: string, session: Session): void {
  writePrivately(fileIn(folder), session);
}

export function endSession(folder: string): void {
  rmSync(fileIn(folder), { force: true });
}

function fileIn(folder: string): string {
  return join(folder, "session.json");
}

function parse(text: string): Session | null {
  try {
    const value: unknown = JSON.parse(text);
    return check.Check(value) ? value : null;
  } catch {
    return null;
  }
}
