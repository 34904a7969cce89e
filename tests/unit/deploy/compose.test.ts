import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DCLinter } from "dclint";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readConfig } from "#origin/config.ts";
import { readDockerfile } from "#tests/deploy/dockerfile.ts";

const FILE = "deploy/compose.yaml";

type Service = {
  readonly image?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly command?: readonly string[];
  readonly depends_on?: unknown;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly stop_grace_period?: string;
};

const text = readFileSync(FILE, "utf8");
const compose: { readonly services: Readonly<Record<string, Service>>; readonly volumes: object } = parse(
  text,
  {
    merge: true,
  },
);
const services = Object.entries(compose.services);
const origins = services.filter(([name]) => name.startsWith("origin-"));

/** What `compose.env.example` names; the values are made up here. */
const example = readFileSync("deploy/compose.env.example", "utf8");
const given = new Map(
  [...example.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = "", value = ""]) => [
    name,
    value || "0123456789abcdef".repeat(3),
  ]),
);

/** As Compose does: `${NAME:?}` has to be there, `${NAME:-default}` need not. */
function interpolate(value: string): string {
  return value.replace(/\$\{([A-Z_]+)(:\?|:-([^}]*))\}/g, (_, name: string, kind: string, fallback = "") => {
    const found = given.get(name);
    if (found === undefined && kind === ":?") throw new Error(`compose.env.example does not name ${name}`);
    return found ?? fallback;
  });
}

describe("deploy/compose.yaml", () => {
  test("is a compose file by the specification's own schema", async () => {
    const linter = new DCLinter({ rules: {}, quiet: true, debug: false, exclude: [], disableRules: [] });
    const results: readonly { readonly messages: readonly { readonly rule: string }[] }[] =
      await linter.lintFiles([FILE], false);
    // Its own rules are of style.
    const faults = results.flatMap(({ messages }) =>
      messages.filter(({ rule }) => rule === "invalid-schema"),
    );
    expect(faults).toEqual([]);
    expect(results).toHaveLength(1);
  });

  test("has two origins, what they need, and what looks at them only when asked for", () => {
    expect(services.map(([name]) => name)).toEqual([
      ...[
        "postgres",
        "migrate",
        "login",
        "redis",
        "redis-rest",
        "origin-1",
        "origin-2",
        "prometheus",
        "grafana",
      ],
    ]);
    for (const [name, service] of services) {
      const isObserver = ["prometheus", "grafana"].includes(name);
      expect("profiles" in service, name).toBe(isObserver);
    }
  });

  describe.each(origins)(
    "%s",
    (_, { environment = {}, build, depends_on: before, stop_grace_period: grace }) => {
      let variables: Record<string, string>;
      beforeAll(() => {
        variables = Object.fromEntries(
          Object.entries(environment).map(([name, value]) => [name, interpolate(value)]),
        );
        // An assertion's secret has an id.
        variables["ASSERTION_SECRETS"] = `a:${variables["ASSERTION_SECRETS"]}`;
      });

      test("is given every variable that it needs, and none that it does not read", () => {
        const read = new Set<string>();
        const watched = new Proxy(variables, {
          get(target, name: string) {
            read.add(name);
            return target[name];
          },
        });
        expect(readConfig(watched)).toMatchObject({ host: "0.0.0.0", port: 8788, opsPort: 8789 });
        expect(Object.keys(variables).filter((name) => !read.has(name))).toEqual([]);
      });

      test("is the image of the Dockerfile, and has longer to stop than it takes", () => {
        const dockerfile = join("deploy", build?.context ?? "", build?.dockerfile ?? "");
        expect(readDockerfile(readFileSync(dockerfile, "utf8")).at(-1)?.ports).toEqual(["8788", "8789"]);
        const { shutdown } = readConfig(variables);
        expect(Number.parseInt(grace ?? "", 10) * 1_000).toBeGreaterThan(shutdown.graceMs);
      });

      test("waits for its login, which waits for the migrations", () => {
        expect(before).toMatchObject({ login: { condition: "service_completed_successfully" } });
        expect(compose.services["login"]?.depends_on).toEqual({
          migrate: { condition: "service_completed_successfully" },
        });
        expect(existsSync(compose.services["migrate"]?.command?.[1] ?? "")).toBe(true);
      });
    },
  );

  test("listens on the loopback interface only, each port once", () => {
    const ports = services.flatMap(([, service]) => service.ports ?? []);
    expect(ports.filter((port) => !port.startsWith("127.0.0.1:"))).toEqual([]);
    expect(new Set(ports.map((port) => port.split(":")[1])).size).toBe(ports.length);
  });

  test("mounts only what is in the repository, or a volume that it declares", () => {
    const sources = services.flatMap(([, { volumes = [] }]) =>
      volumes.map((volume) => volume.split(":")[0] ?? ""),
    );
    const missing = sources.filter((source) =>
      source.startsWith(".") ? !existsSync(join("deploy", source)) : !(source in compose.volumes),
    );
    expect(missing).toEqual([]);
    expect(existsSync("deploy/prometheus/compose.yaml")).toBe(true);
  });

  test("names every secret once, in compose.env.example, and holds none", () => {
    const asked = new Set([...text.matchAll(/\$\{([A-Z_]+)/g)].map(([, name = ""]) => name));
    expect([...given.keys()].sort()).toEqual([...asked].sort());
  });

  test("pins what it starts to a version", () => {
    const images = services
      .map(([, { image = "" }]) => image)
      .filter((image) => image !== "gatehouse-origin");
    expect(images.filter((image) => !/:v?\d[\w.]*$/.test(image))).toEqual([]);
  });
});
