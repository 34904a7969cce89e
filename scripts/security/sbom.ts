import { execFileSync } from "node:child_process";
import Type from "typebox";
import { Compile } from "typebox/compile";

/** The list of what the lockfile installs, as npm writes it (CycloneDX 1.5, https://cyclonedx.org). */

export type Component = {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression; undefined: it names none. */
  readonly licence: string | undefined;
};

const Licence = Type.Object({
  expression: Type.Optional(Type.String()),
  license: Type.Optional(Type.Object({ id: Type.Optional(Type.String()) })),
});
const Bom = Type.Object({
  components: Type.Array(
    Type.Object({
      group: Type.Optional(Type.String()),
      name: Type.String(),
      version: Type.String(),
      licenses: Type.Optional(Type.Array(Licence)),
    }),
  ),
});
const isBom = Compile(Bom);

/** @param args of npm besides, such as `--omit=dev` */
export function readBom(args: readonly string[] = []): string {
  return execFileSync("npm", ["sbom", "--sbom-format", "cyclonedx", "--package-lock-only", ...args], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    stdio: ["ignore", "pipe", "ignore"],
  });
}

/** @throws Error when npm has written something else */
export function componentsOf(bom: string): Component[] {
  const read: unknown = JSON.parse(bom);
  if (!isBom.Check(read)) throw new Error("npm's list of what is installed cannot be read");
  return read.components.map(({ group, name, version, licenses = [] }) => ({
    name: group === undefined ? name : `${group}/${name}`,
    version,
    licence: licenses
      .map(({ expression, license }) => expression ?? license?.id)
      .find((one) => one !== undefined),
  }));
}
