import { readFileSync } from "node:fs";

const MANIFEST = new URL("../../package.json", import.meta.url);

/**
 * What Node is told of V8 when it runs the origin, as `npm start` in package.json says it. Everything that
 * starts an origin process starts it so: what is measured and tested is what is deployed.
 */
export function originFlags(): string[] {
  const { scripts } = JSON.parse(readFileSync(MANIFEST, "utf8")) as { scripts: { start: string } };
  return scripts.start.split(" ").filter((word) => word.startsWith("--"));
}
