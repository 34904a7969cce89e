import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort, requirePort } from "#scripts/local/ports.ts";
import { createClient } from "#shared/client.ts";
import { Command } from "#tests/support/command.ts";

const READY = "Log lines follow";
const REAL_PRODUCTS = "../shared/data/products.ndjson";
const START_TIMEOUT_MS = 60_000;
const PORTS = 6;

const folder = mkdtempSync(join(tmpdir(), "gatehouse-dev-"));
/** One variable of the edge that is not made up. */
const environment = { GATEHOUSE_DATA_DIR: folder, QUOTA_DEFAULT: "4321" };
let base: number;
let dev: Command;

async function freePortBase(): Promise<number> {
  for (;;) {
    const candidate = await freePort();
    const isFree = await allFree(candidate).then(
      () => true,
      () => false,
    );
    if (isFree) return candidate;
  }
}

async function allFree(from: number): Promise<void> {
  for (let port = from; port < from + PORTS; port++) await requirePort(port, "a test");
}

function startDev(...args: string[]): Command {
  return new Command("scripts/dev.ts", ["--port-base", String(base), ...args], environment);
}

const run = (script: string, ...args: string[]) => new Command(script, args, environment).finished();

async function bash(script: string): Promise<string> {
  const { stdout } = await promisify(execFile)("bash", ["-c", script]);
  return stdout;
}

beforeAll(async () => {
  base = await freePortBase();
  dev = startDev();
  await dev.says(READY);
}, START_TIMEOUT_MS);

afterAll(async () => {
  dev.signal("SIGTERM");
  await dev.finished();
  rmSync(folder, { recursive: true, force: true });
});

describe("npm run dev", () => {
  test("shows each step with its time, and is ready in under 15 seconds", () => {
    for (const step of ["PostgreSQL", "Migrations", "Redis", "Origin", "Edge", "Sample data"]) {
      expect(dev.stdout).toMatch(new RegExp(`^  ${step} +\\d+\\.\\d s  \\S`, "m"));
    }
    const [, seconds] = /Ready in (\d+\.\d) s/.exec(dev.stdout) ?? [];
    expect(Number(seconds)).toBeLessThan(15);
  });

  test("prints lines that work when pasted: open, miss and hit, new value, order, refused", async () => {
    const lines = [...dev.stdout.matchAll(/^ {2}((?:curl|for|TOKEN=).*)$/gm)].map(([, line = ""]) => line);
    const [
      health = "",
      token = "",
      twice = "",
      write = "",
      read = "",
      order = "",
      search = "",
      refused = "",
      login = "",
    ] = lines;
    expect(lines).toHaveLength(9);
    expect(JSON.parse(await bash(health))).toEqual({
      status: "ok",
      checks: { origin: true, redis: true, keys: true, quotas: true, versions: true },
      origins: [{ breaker: "closed" }],
    });
    expect(await bash(`${token}\n${twice}`)).toMatch(/fwd=uri-miss[^\n]*\n[^\n]*gatehouse; hit/);
    const [price] = /"price":\{[^}]*\}/.exec(write) ?? [];
    expect(await bash(`${token}\n${read}`)).not.toContain(price);
    expect(await bash(`${token}\n${write}\n${read}`)).toBe(`200\n${price}\n`);
    const placed = JSON.parse(await bash(`${token}\n${order}`));
    expect(placed).toMatchObject({ state: "pending", lines: [{ quantity: 2 }] });
    expect(JSON.parse(await bash(`${token}\n${order}`))).toEqual(placed);
    const found: { data: { name: string }[] } = JSON.parse(await bash(`${token}\n${search}`));
    expect(found.data.map(({ name }) => name).join()).toMatch(/lamp/i);
    expect(await bash(refused)).toMatch(/401 Unauthorized\s+WWW-Authenticate: Bearer\s/i);
    expect(JSON.parse(await bash(login))).toMatchObject({ tokenType: "Bearer" });
  });

  test("gives the edge what of its variables was set in the environment", async () => {
    const [token = ""] = /TOKEN=\S+/.exec(dev.stdout) ?? [];
    const headers = await bash(
      `${token}\ncurl -sD - -o /dev/null -H "Authorization: Bearer $TOKEN" http://127.0.0.1:${base}/v1/products`,
    );
    expect(headers).toMatch(/^RateLimit-Policy: .*q=4321/im);
  });

  test("shows readable log lines of both tiers", async () => {
    // Each tier writes its line when it has answered, which may be after the client has read.
    await dev.says("edge GET getProduct 200 hit");
    await dev.says("origin PATCH updateProduct");
    expect(dev.stdout).toMatch(/\[\d\d:\d\d:\d\d\] INFO: edge GET getProduct 200 hit \d+ ms/);
    expect(dev.stdout).toMatch(/\[\d\d:\d\d:\d\d\] INFO: origin PATCH updateProduct 200 ok/);
  });

  test("keeps what it made up where only its user can read it", () => {
    for (const name of ["secrets.json", "development-key.json", "session.json"]) {
      expect(statSync(join(folder, name)).mode & 0o777, name).toBe(0o600);
    }
    for (const secret of Object.values<string>(
      JSON.parse(readFileSync(join(folder, "secrets.json"), "utf8")),
    )) {
      expect(secret).toMatch(/^development-/);
      expect(dev.stdout).not.toContain(secret);
    }
  });

  test("a second one on the same data says that the first one runs", async () => {
    const { code, stderr } = await startDev().finished();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^`npm run dev` already runs \(process \d+, http:\/\/127\.0\.0\.1:\d+\)/);
  });

  test("a second one on the same ports names the port that is taken and the part that needs it", async () => {
    const elsewhere = { GATEHOUSE_DATA_DIR: join(folder, "second") };
    const second = new Command("scripts/dev.ts", ["--port-base", String(base)], elsewhere);
    const { code, stderr } = await second.finished();
    expect(code).toBe(1);
    expect(stderr.trim()).toMatch(new RegExp(`^Port ${base}, which the edge needs, is taken: .*\\.$`));
  });

  test(
    "a change of the source restarts the origin and reloads the edge",
    async () => {
      const now = new Date();
      utimesSync("shared/money.ts", now, now);
      await dev.says("origin restarted");
      await dev.says("edge reloaded");
      const health = await createClient({ baseUrl: `http://127.0.0.1:${base}` }).getHealth();
      expect(health.body.status).toBe("ok");
    },
    START_TIMEOUT_MS,
  );
});

describe("npm run token", () => {
  test("mints a token that the edge trusts, with the tenant and scopes that were asked for", async () => {
    const { code, stdout } = await run("scripts/token.ts", "--tenant", "rival", "--scope", "catalog:read");
    expect(code).toBe(0);
    const client = createClient({ baseUrl: `http://127.0.0.1:${base}`, token: stdout.trim() });
    const { body } = await client.getMe();
    expect(body).toMatchObject({ subject: "developer", clientId: "rival-cli", scopes: ["catalog:read"] });
  });

  test("refuses an unknown tenant in a sentence", async () => {
    const args = ["--tenant", "nobody", "--scope", "catalog:read"];
    const { code, stdout, stderr } = await run("scripts/token.ts", ...args);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^There is no tenant nobody/);
  });

  test("refuses outside development, and before the first start", async () => {
    const args = ["--tenant", "demo", "--scope", "catalog:read"];
    const production = new Command("scripts/token.ts", args, { ...environment, ENVIRONMENT: "production" });
    expect((await production.finished()).stderr).toMatch(/^The development key is for development only/);
    const early = new Command("scripts/token.ts", args, { GATEHOUSE_DATA_DIR: join(folder, "none") });
    expect((await early.finished()).stderr).toMatch(/^There is no development key in .* yet/);
  });
});

describe("npm run purge", () => {
  const purge = (...args: string[]) => run("scripts/purge.ts", ...args);

  test("says what it purged, and where", async () => {
    const everything = await purge("--everything");
    expect(everything).toMatchObject({
      code: 0,
      stdout: "Purged everything in the isolate that answered; others keep theirs.\n",
    });
    const { stdout } = await purge("--everything", "--tenant", "demo");
    expect(stdout).toMatch(/^Purged tenant:[0-9a-f-]{36} in the isolate/);
  });

  test("refuses an unknown tenant, and an edge with another secret, in a sentence", async () => {
    const unknown = await purge("--everything", "--tenant", "nobody");
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringMatching(/^There is no tenant nobody/)]);
    const url = `http://127.0.0.1:${base}`;
    const stranger = new Command("scripts/purge.ts", ["--everything", "--url", url], {
      ...environment,
      ASSERTION_SECRETS: `test:${"x".repeat(32)}`,
    });
    const { code, stderr } = await stranger.finished();
    expect([code, stderr]).toEqual([
      1,
      `${url} did not take the order: it has another secret, or another time.\n`,
    ]);
  });

  test("says what is missing", async () => {
    const idle = new Command("scripts/purge.ts", ["--everything"], {
      GATEHOUSE_DATA_DIR: join(folder, "none"),
    });
    expect((await idle.finished()).stderr).toMatch(/^Start `npm run dev`, or say with --url/);
    const secretless = new Command("scripts/purge.ts", ["--everything", "--url", "http://127.0.0.1:1"], {
      ...environment,
      ASSERTION_SECRETS: "",
    });
    expect((await secretless.finished()).stderr).toContain("ASSERTION_SECRETS is missing");
  });
});

describe("npm run import", () => {
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  test("stores what is right, names file and line of what is not, and exits with 1", async () => {
    const lines = [
      '{"sku":"I-1","name":"One"}',
      "",
      '{"sku":"I-2"}',
      "no json",
      '{"sku":"I-3","name":"Three"}',
    ];
    const path = file("mixed.ndjson", lines.join("\r\n"));
    const { code, stdout } = await run("scripts/import.ts", path);
    expect(code).toBe(1);
    expect(stdout).toContain(`${path}:3: /name: is required\n`);
    expect(stdout).toMatch(new RegExp(`^${path}:4: .*JSON`, "m"));
    expect(stdout).toContain("4 products: 2 created, 0 updated, 2 refused\n");
  });

  test("numbers lines through all the parts that a file is sent in", async () => {
    const lines = Array.from({ length: 4_500 }, (_, i) => `{"sku":"P-${i}","name":"Product ${i}"}`);
    lines[4_200] = '{"sku":"P-4200"}';
    const path = file("parts.ndjson", lines.join("\n"));
    const { stdout } = await run("scripts/import.ts", path);
    expect(stdout).toContain(`${path}:4201: /name: is required\n`);
    expect(stdout).toMatch(/ 4\d % {2}2000 lines\n/);
    expect(stdout).toContain("4500 products: 4499 created, 0 updated, 1 refused\n");
    expect((await run("scripts/import.ts", path)).stdout).toContain("0 created, 4499 updated, 1 refused\n");
  });

  test("goes on with an import that was interrupted", async () => {
    const lines = Array.from({ length: 7_000 }, (_, i) => `{"sku":"R-${i}","name":"Product ${i}"}`);
    const path = file("resumed.ndjson", lines.join("\n"));
    const interrupted = new Command("scripts/import.ts", [path], environment);
    await interrupted.says(" 2000 lines\n");
    interrupted.signal("SIGKILL");
    await interrupted.finished();
    const [, id = ""] = /import (\S+)\n/.exec(interrupted.stdout) ?? [];
    const { code, stdout } = await run("scripts/import.ts", path, "--resume", id);
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining("7000 products: 7000 created, 0 updated, 0 refused\n"),
    ]);
  });

  test("a line that is too long is refused alone", async () => {
    const path = file(
      "long.ndjson",
      `{"sku":"L-1","name":"${"x".repeat(5_000_000)}"}\n{"sku":"L-2","name":"Two"}\n`,
    );
    const { stdout } = await run("scripts/import.ts", path);
    expect(stdout).toMatch(new RegExp(`^${path}:1: `, "m"));
    expect(stdout).toContain("2 products: 1 created, 0 updated, 1 refused\n");
  });

  test("refuses an API that is not there in a sentence", async () => {
    const args = ["package.json", "--url", "http://127.0.0.1:1", "--token", "t"];
    const { code, stderr } = await run("scripts/import.ts", ...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The API cannot be reached/);
  });

  test("refuses files that are missing, empty or none, and says so when nothing runs", async () => {
    expect((await run("scripts/import.ts", "none.ndjson")).stderr).toMatch(/^none\.ndjson cannot be read: /);
    expect((await run("scripts/import.ts", "tests")).stderr).toMatch(/^tests is not a file\./);
    expect((await run("scripts/import.ts", file("empty.ndjson", ""))).stderr).toMatch(/is empty/);
    const idle = new Command("scripts/import.ts", ["package.json"], {
      GATEHOUSE_DATA_DIR: join(folder, "none"),
    });
    expect((await idle.finished()).stderr).toMatch(/^`npm run dev` is not running/);
  });

  test.skipIf(!existsSync(REAL_PRODUCTS))("stores a thousand real products", async () => {
    const { code, stdout } = await run("scripts/import.ts", REAL_PRODUCTS, "--tenant", "rival");
    expect(stdout).toContain("1000 products: 1000 created, 0 updated, 0 refused\n");
    expect(code).toBe(0);
  });
});

describe("the end of npm run dev", () => {
  test("Ctrl-C stops everything with code 0", async () => {
    dev.signal("SIGINT");
    const { code, stderr } = await dev.finished();
    expect([code, stderr]).toEqual([0, ""]);
    await allFree(base);
    expect(existsSync(join(folder, "postgres/data/postmaster.pid"))).toBe(false);
  });

  test(
    "a part that dies takes the others along, and the sentence says which; the data is kept",
    async () => {
      dev = startDev();
      await dev.says(READY);
      expect(dev.stdout).toMatch(/Sample data .* is there/);
      const [pid = ""] = readFileSync(join(folder, "postgres/data/postmaster.pid"), "utf8").split("\n");
      process.kill(Number(pid), "SIGQUIT");
      const { code, stderr } = await dev.finished();
      expect([code, stderr.trim()]).toEqual([1, "Postgres ended unexpectedly; everything else is stopped."]);
      await allFree(base);
    },
    START_TIMEOUT_MS,
  );

  test(
    "--reset starts afresh",
    async () => {
      dev = startDev("--reset");
      await dev.says(READY);
      expect(dev.stdout).toMatch(/Sample data .* 60 products/);
      dev.signal("SIGTERM");
      expect((await dev.finished()).code).toBe(0);
    },
    START_TIMEOUT_MS,
  );
});
