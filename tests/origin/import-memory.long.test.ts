import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { headers as names } from "#shared/headers.ts";
import { originClient, signAssertion } from "#tests/support/origin.ts";
import { type OriginProcess, startOriginProcess } from "#tests/support/origin-process.ts";
import { newTenant, stack } from "#tests/support/stack.ts";

const PART_BYTES = 49 * 1024 * 1024;
const LIMIT_MB = 200;
/** As the contract gives these routes. */
const BUDGET_MS = 300_000;

/** The most that a process has had in memory, as Linux counts it (`VmHWM`, proc_pid_status(5)). */
function peakMegabytes(pid: number): number {
  const [, kilobytes = ""] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) / 1024;
}

/** Lines of about 2.5 kB, as many as a part may have. */
function part(): { readonly lines: number; readonly body: ReadableStream<Uint8Array> } {
  const attributes = Object.fromEntries(
    Array.from({ length: 10 }, (_, at) => [`Attribute ${at}`, `${at}`.repeat(230)]),
  );
  const lineOf = (at: number) =>
    `${JSON.stringify({ sku: `m${at}`, name: `Product ${at}`, category: [`c${at % 50}`], attributes })}\n`;
  const lines = Math.floor(PART_BYTES / lineOf(99_999).length);
  const encoder = new TextEncoder();
  let at = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (at === lines) return controller.close();
      const until = Math.min(lines, at + 25);
      let text = "";
      while (at < until) text += lineOf(at++);
      controller.enqueue(encoder.encode(text));
    },
  });
  return { lines, body };
}

describe.skipIf(process.platform !== "linux")("an origin", () => {
  let origin: OriginProcess;
  let tenantId: string;
  beforeAll(async () => {
    tenantId = (await newTenant()).id;
    const variables = { ...stack().originVariables, PORT: "0", OPS_PORT: "0" };
    origin = await startOriginProcess(variables);
  });
  afterAll(async () => {
    origin.kill();
    await origin.ended;
  });

  test(`takes a part of 50 MB and exports it again in less than ${LIMIT_MB} MB`, async ({ annotate }) => {
    const send = originClient(tenantId, origin.url);
    const { json } = await send("/v1/imports", { method: "POST", body: {} });
    const started = peakMegabytes(origin.pid);
    const { lines, body } = part();
    const began = performance.now();
    const { status, json: done } = await send(`/v1/imports/${json.id}/parts/1`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      claims: { budgetMs: BUDGET_MS },
      body,
    });
    const seconds = (performance.now() - began) / 1000;
    expect(status).toBe(200);
    expect(done).toMatchObject({ received: lines, created: lines, failed: 0 });
    const imported = peakMegabytes(origin.pid);

    const path = "/v1/products/export";
    const identity = { tenantId, subject: "tester", clientId: "tester", scopes: ["catalog:read"] };
    const assertion = signAssertion({ target: `GET ${path}`, budgetMs: BUDGET_MS, ...identity });
    const answer = await fetch(origin.url + path, { headers: { [names.assertion]: assertion } });
    let newlines = 0;
    for await (const chunk of answer.body ?? []) for (const byte of chunk) if (byte === 0x0a) newlines++;
    expect(newlines).toBe(lines);
    const exported = peakMegabytes(origin.pid);

    const figures = [started, imported, exported].map((megabytes) => Math.round(megabytes));
    await annotate(
      `peak MB at start, imported, exported: ${figures}; ${Math.round(lines / seconds)} lines/s`,
    );
    expect(exported).toBeLessThan(LIMIT_MB);
  });
});
