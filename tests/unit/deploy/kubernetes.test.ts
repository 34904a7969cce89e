import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig } from "#origin/config.ts";
import { ENVIRONMENTS } from "#scripts/deploy/plan.ts";
import { build, type Manifest } from "./kustomize.ts";
import { exampleSecrets } from "./secrets.ts";

const manifests = ENVIRONMENTS.flatMap((name) =>
  build(`deploy/k8s/overlays/${name}`).map((manifest) => [name, manifest] as const),
);
const named = manifests.map(
  ([environment, manifest]) =>
    [`${manifest.kind} ${manifest.metadata.name} (${environment})`, manifest] as const,
);

function only(environment: string, kind: string, name = "gatehouse-origin"): Manifest {
  const [found, more] = manifests.filter(
    ([where, manifest]) => where === environment && manifest.kind === kind && manifest.metadata.name === name,
  );
  if (found === undefined || more !== undefined) throw new Error(`there is not one ${kind} ${name}`);
  return found[1];
}

/** What Kubernetes publishes of its API, as the package has it: an unknown member is an error too. */
describe("the official schemas", () => {
  test.each(named)("take %s", async (_, manifest) => {
    const { [manifest.kind]: Model } = await import(
      /* @vite-ignore */ `kubernetes-models/${manifest.apiVersion}/${manifest.kind}`
    );
    expect(() => new Model(manifest).validate()).not.toThrow();
  });

  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "gatehouse-k8s-"));
    symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function typeFaults(all: readonly Manifest[]): string {
    const lines = all.flatMap((manifest, index) => [
      `import type { I${manifest.kind} as K${index} } from "kubernetes-models/${manifest.apiVersion}/${manifest.kind}";`,
      `export const m${index}: K${index} = ${JSON.stringify(manifest)};`,
    ]);
    writeFileSync(join(folder, "manifests.ts"), lines.join("\n"));
    const options = "--noEmit --strict --skipLibCheck --module nodenext --target esnext".split(" ");
    const tsc = resolve("node_modules/typescript/bin/tsc");
    const { stdout } = spawnSync(process.execPath, [tsc, ...options, "manifests.ts"], { cwd: folder });
    return String(stdout);
  }

  test("know every member of every manifest", () => {
    expect(typeFaults(manifests.map(([, manifest]) => manifest))).toBe("");
  });

  test("do not know a member that is misspelt", () => {
    const deployment = only("production", "Deployment");
    const misspelt = { ...deployment, spec: { ...deployment["spec"], minReadySecond: 10 } };
    expect(typeFaults([misspelt])).toContain("minReadySecond");
  });
});

describe.each(ENVIRONMENTS)("the origin in %s", (environment) => {
  const deployment = only(environment, "Deployment")["spec"];
  const job = only(environment, "Job", "gatehouse-migrate")["spec"];
  const pod = deployment.template.spec;
  const [container] = pod.containers;
  const config = only(environment, "ConfigMap")["data"];
  const namedSecrets: string[] = container.env.map(({ name }: { name: string }) => name);

  test("is rolled out without ever being fewer", () => {
    expect(deployment.strategy).toEqual({
      type: "RollingUpdate",
      rollingUpdate: { maxUnavailable: 0, maxSurge: 1 },
    });
    expect(deployment).not.toHaveProperty("replicas");
    expect(only(environment, "PodDisruptionBudget")["spec"].maxUnavailable).toBe(1);
    expect(only(environment, "HorizontalPodAutoscaler")["spec"].minReplicas).toBeGreaterThanOrEqual(2);
  });

  test("starts with what it is given, and with nothing that it does not read", () => {
    const secrets = exampleSecrets();
    for (const [name] of Object.entries(secrets)) expect(namedSecrets, name).toContain(name);
    expect(namedSecrets.filter((name) => !(name in secrets))).toEqual([]);
    const read = readConfig({ ...config, ...secrets });
    expect([read.environment, read.port, read.opsPort]).toEqual([environment, 8788, 8789]);
  });

  test("has more time to stop than it takes, and the platform sees it leave first", () => {
    const { shutdown } = readConfig({ ...config, ...exampleSecrets() });
    expect(pod.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(shutdown.graceMs);
    const { periodSeconds, failureThreshold } = container.readinessProbe;
    expect(shutdown.delayMs).toBeGreaterThan(periodSeconds * failureThreshold * 1_000);
  });

  test("is asked on the port for probes whether it has started, lives and is ready", () => {
    const paths = ["startupProbe", "livenessProbe", "readinessProbe"].map((name) => container[name].httpGet);
    expect(paths).toEqual([
      { path: "/startup", port: "ops" },
      { path: "/live", port: "ops" },
      { path: "/ready", port: "ops" },
    ]);
    const ports = container.ports.map((port: { name: string; containerPort: number }) => [
      port.name,
      String(port.containerPort),
    ]);
    expect(ports).toEqual([
      ["http", config.PORT],
      ["ops", config.OPS_PORT],
    ]);
  });

  test("reserves 250m and 512Mi, and may not have more memory", () => {
    expect(container.resources.requests).toEqual({ cpu: "250m", memory: "512Mi" });
    expect(container.resources.limits).toEqual({ cpu: "1", memory: "512Mi" });
  });

  test.each([
    ["deployment", deployment],
    ["job", job],
  ])("may do nothing that it need not (%s)", (_, { template }) => {
    const { spec } = template;
    expect([spec.automountServiceAccountToken, spec.serviceAccountName]).toEqual([false, "gatehouse-origin"]);
    expect(spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    });
    for (const { securityContext, image } of spec.containers) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(image).toMatch(/^[\w.]+\/gatehouse-origin:[\w.]+$/);
      expect(image).not.toMatch(/:latest$/);
    }
  });

  test("is given no secret but by reference", () => {
    const all = JSON.stringify(manifests.filter(([where]) => where === environment));
    expect(all).not.toMatch(/"kind":"Secret"/);
    for (const name of [...namedSecrets, "MIGRATION_DATABASE_URL"]) expect(config).not.toHaveProperty(name);
    for (const { valueFrom } of [...container.env, ...job.template.spec.containers[0].env]) {
      expect(valueFrom.secretKeyRef).toMatchObject({ name: expect.stringMatching(/^gatehouse-/) });
    }
  });

  test("is found by what selects it, and by nothing else", () => {
    const { labels } = deployment.template.metadata;
    for (const kind of ["PodDisruptionBudget", "NetworkPolicy"]) {
      const { selector, podSelector } = only(environment, kind)["spec"];
      expect((selector ?? podSelector).matchLabels, kind).toEqual(deployment.selector.matchLabels);
    }
    expect(only(environment, "Service")["spec"].selector).toEqual(deployment.selector.matchLabels);
    expect(labels).toMatchObject(deployment.selector.matchLabels);
    expect(job.template.metadata.labels).not.toMatchObject(deployment.selector.matchLabels);
  });

  test("is in a namespace where nothing may talk that is not let", () => {
    const denied = only(environment, "NetworkPolicy", "default-deny")["spec"];
    expect(denied).toEqual({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
    const own = manifests.filter(([where, { kind }]) => where === environment && kind !== "Namespace");
    expect(own.every(([, { metadata }]) => metadata.namespace === `gatehouse-${environment}`)).toBe(true);
  });
});
