import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

/** The package as another project gets it: packed, unpacked into its node_modules, without our sources. */

const project = mkdtempSync(join(tmpdir(), "gatehouse-consumer-"));
const tsc = resolve("node_modules/typescript/bin/tsc");
let files: string[];

beforeAll(() => {
  execFileSync("npm", ["run", "build:shared"], { stdio: "pipe" });
  const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", project];
  // npm 11 answers a list with one entry for each package, later ones an object.
  const packed: unknown = JSON.parse(execFileSync("npm", pack, { encoding: "utf8" }));
  const [entry] = Object.values(packed as Record<string, { filename: string; files: { path: string }[] }>);
  files = entry?.files.map(({ path }) => path) ?? [];
  const modules = join(project, "node_modules");
  mkdirSync(join(modules, "gatehouse"), { recursive: true });
  const tarball = join(project, entry?.filename ?? "");
  execFileSync("tar", ["-xzf", tarball, "-C", join(modules, "gatehouse"), "--strip-components=1"]);
  for (const dependency of ["typebox", "jose"]) {
    symlinkSync(resolve("node_modules", dependency), join(modules, dependency));
  }
  writeFileSync(join(project, "package.json"), '{ "type": "module" }');
}, 60_000);
afterAll(() => rmSync(project, { recursive: true }));

test("holds the built contract and client, and nothing of either tier", () => {
  expect(files).toEqual(
    expect.arrayContaining(["package.json", "dist/shared/client.js", "dist/shared/client.d.ts"]),
  );
  const others = files.filter((path) => !path.startsWith("dist/shared/"));
  expect(others.filter((path) => !/^(?:package\.json|README\.md|CHANGELOG\.md|LICENSE)$/.test(path))).toEqual(
    [],
  );
});

test("runs in plain Node", () => {
  const program = `
    import { createClient, ProblemError } from "gatehouse/client";
    import { contract } from "gatehouse/contract";
    import { openApi } from "gatehouse/openapi";
    import { problems } from "gatehouse/problems";
    import { problemsOf } from "gatehouse/route";
    import { parseDecimal } from "gatehouse/money";
    const answer = async (url) => Response.json({ title: url });
    const client = createClient({ baseUrl: "https://api.example.com", fetch: answer });
    const { body } = await client.getProblemType({ params: { code: "conflict" } });
    const same = Object.keys(openApi(contract).paths).length >= 5 && problemsOf(contract.getMe).length > 5;
    console.log(body.title, same, parseDecimal("1.5", "USD").amountMinor, problems.conflict.status, ProblemError.name);
  `;
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
    cwd: project,
    encoding: "utf8",
  });
  expect(output.trim()).toBe("https://api.example.com/problems/conflict true 150 409 ProblemError");
});

test("keeps another project's TypeScript exact, with library checks on", () => {
  const consumer = (code: string) => `
    import { createClient } from "gatehouse/client";
    const client = createClient({ baseUrl: "https://api.example.com", token: "t" });
    const { body } = await client.getProblemType({ params: { code: ${code} } });
    export const status: number = body.status;
  `;
  writeFileSync(join(project, "good.ts"), consumer('"conflict"'));
  writeFileSync(join(project, "bad.ts"), consumer("409"));
  const options = "--noEmit --strict --target esnext --module nodenext --lib esnext,dom,dom.iterable".split(
    " ",
  );
  const { stdout } = spawnSync(process.execPath, [tsc, ...options, "good.ts", "bad.ts"], {
    cwd: project,
    encoding: "utf8",
  });
  const errors = stdout.split("\n").filter((line) => line.includes("error TS"));
  expect(errors).toEqual([expect.stringMatching(/^bad\.ts\(4,.*string/)]);
}, 120_000);
