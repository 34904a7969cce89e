import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";

const NAME = /^(?:# )?([A-Z][A-Z0-9_]*)=/gm;

/**
 * What of the edge's variables somebody has set: those of `.dev.vars`, and over them the environment's.
 * What they may be is what `.dev.vars.example` has.
 */
export function edgeSettings(variables: NodeJS.ProcessEnv, folder = "."): Record<string, string> {
  const file = `${folder}/.dev.vars`;
  const own = existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {};
  const known = readFileSync(".dev.vars.example", "utf8").matchAll(NAME);
  return Object.fromEntries(
    [...known].flatMap(([, name = ""]) => {
      const value = variables[name] || own[name];
      return value ? [[name, value]] : [];
    }),
  );
}
