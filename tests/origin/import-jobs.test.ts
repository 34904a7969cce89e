import { randomUUID } from "node:crypto";
import type { TransactionSql } from "postgres";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { contract } from "#shared/contract.ts";
import { originClient, type Send } from "#tests/support/origin.ts";
import { newTenant, owner } from "#tests/support/stack.ts";

let send: Send;
let tenantId: string;
beforeEach(async () => {
  tenantId = (await newTenant()).id;
  send = originClient(tenantId);
});

const NDJSON = { "content-type": "application/x-ndjson" };

async function begin(body: object = {}): Promise<string> {
  const { status, json } = await send("/v1/imports", { method: "POST", body });
  expect(status).toBe(201);
  return json.id;
}

const post = (path: string, body: object) => send(path, { method: "POST", body });
const textOf = (lines: readonly (object | string)[]) =>
  lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n");

function sendPart(id: string, number: number, body: readonly (object | string)[] | ReadableStream) {
  const path = `/v1/imports/${id}/parts/${number}`;
  return send(path, {
    method: "POST",
    headers: NDJSON,
    // As the edge gives it, not the few seconds of other tests: 50 MB take what the machine needs.
    claims: { budgetMs: contract.sendImportPart.budgetMs },
    body: body instanceof ReadableStream ? body : textOf(body),
  });
}

const products = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => ({ sku: `s${from + at}`, name: `Product ${from + at}` }));

const versions = async () =>
  owner()`select sku, version from products where tenant_id = ${tenantId} order by sku`;

describe("createImport", () => {
  test("answers 201 with an open import and where it is", async () => {
    const { status, json, headers } = await post("/v1/imports", { name: "spring.ndjson", totalLines: 10 });
    expect(status).toBe(201);
    expect(headers.get("location")).toBe(`/v1/imports/${json.id}`);
    expect(json).toMatchObject({
      ...{ state: "open", name: "spring.ndjson", totalLines: 10, completedAt: null },
      ...{ received: 0, created: 0, updated: 0, failed: 0, parts: [] },
    });
    const read = await send(`/v1/imports/${json.id}`);
    expect(read.json).toEqual(json);
    expect(read.headers.get("etag")).toBe(headers.get("etag"));
    await sendPart(json.id, 1, []);
    expect((await send(`/v1/imports/${json.id}`)).headers.get("etag")).not.toBe(headers.get("etag"));
  });

  test("begins one import for one Idempotency-Key", async () => {
    const headers = { "idempotency-key": randomUUID() };
    const first = await send("/v1/imports", { method: "POST", body: {}, headers });
    const again = await send("/v1/imports", { method: "POST", body: {}, headers });
    expect(again.json.id).toBe(first.json.id);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
  });

  test("answers 400 to what it does not know", async () => {
    expect((await post("/v1/imports", { totalLines: 1_000_001 })).status).toBe(400);
    expect((await post("/v1/imports", { file: "x" })).status).toBe(400);
  });
});

describe("sendImportPart", () => {
  test("answers 200 with what became of the lines, which are stored and counted", async () => {
    const id = await begin({ totalLines: 5 });
    const one = await sendPart(id, 1, [...products(0, 2), "", "{ not json"]);
    expect(one.status).toBe(200);
    const counts = { received: 3, created: 2, updated: 0, failed: 1 };
    expect(one.json).toEqual({ number: 1, lines: 4, complete: true, ...counts });
    expect(one.headers.get("gatehouse-consistency")).toMatch(/^\d+$/);
    await sendPart(id, 2, products(1, 3));
    expect((await send(`/v1/imports/${id}`)).json).toMatchObject({
      ...{ state: "open", received: 5, created: 3, updated: 1, failed: 1 },
      parts: [
        { number: 1, lines: 4, complete: true },
        { number: 2, lines: 2, created: 1, updated: 1 },
      ],
    });
    expect(await versions()).toMatchObject([{ sku: "s0" }, { sku: "s1", version: 1 }, { sku: "s2" }]);
  });

  test("answers the same to a part that is sent again, and changes nothing", async () => {
    const id = await begin();
    const lines = [...products(0, 600), { sku: "s1", name: "Changed" }, "   ", "no json"];
    const first = await sendPart(id, 1, lines);
    const before = (await send(`/v1/imports/${id}`)).json;
    const again = await sendPart(id, 1, lines);
    expect([again.status, again.json]).toEqual([200, first.json]);
    expect((await send(`/v1/imports/${id}`)).json).toEqual(before);
    expect((await versions()).filter(({ version }) => version > 1)).toMatchObject([
      { sku: "s1", version: 2 },
    ]);
  });

  test("goes on where a broken connection left it, without doubles", async () => {
    const id = await begin();
    const lines = [...products(0, 700), ...products(0, 700).map((line) => ({ ...line, brand: "Acme" }))];
    const text = textOf(lines);
    const broken = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(text.slice(0, text.length * 0.6)));
      },
      async pull(controller) {
        await expect
          .poll(async () => (await send(`/v1/imports/${id}`)).json.received, { timeout: 20_000 })
          .toBeGreaterThan(700);
        controller.error(new Error("the network is gone"));
      },
    });
    await expect(sendPart(id, 1, broken)).rejects.toThrow();
    const [part] = (await send(`/v1/imports/${id}`)).json.parts;
    expect(part).toMatchObject({ complete: false });
    expect(part.lines).toBeLessThan(1_400);

    expect((await sendPart(id, 1, lines)).json).toEqual({
      ...{ number: 1, lines: 1_400, complete: true },
      ...{ received: 1_400, created: 700, updated: 700, failed: 0 },
    });
    const found = await versions();
    expect(found).toHaveLength(700);
    expect(new Set(found.map(({ version }) => version))).toEqual(new Set([2]));
  });

  test("takes parts of one import at the same time", async () => {
    const id = await begin();
    const parts = [1, 2, 3, 4].map((number) => sendPart(id, number, [...products(0, 400), "bad"]));
    const answers = await Promise.all(parts);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const { json } = await send(`/v1/imports/${id}`);
    expect(json).toMatchObject({ received: 1_604, created: 400, updated: 1_200, failed: 4 });
  });

  test("answers 409 to other lines under the number of a part that was sent", async () => {
    const id = await begin();
    await sendPart(id, 1, products(0, 3));
    const other = await sendPart(id, 1, products(5, 8));
    expect([other.status, other.json.code]).toEqual([409, "conflict"]);
    expect(other.json.detail).toContain("other lines up to line 3");
    expect((await sendPart(id, 1, products(0, 4))).status).toBe(409);
    expect((await sendPart(id, 1, products(0, 2))).status).toBe(409);
    expect(await versions()).toHaveLength(3);
  });

  test("answers 409 to one of two requests that send a part at the same time, and stores it once", async () => {
    const id = await begin();
    const answers = await Promise.all([1, 2].map(() => sendPart(id, 1, products(0, 2_000))));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect((await send(`/v1/imports/${id}`)).json).toMatchObject({ received: 2_000, created: 2_000 });
  });

  test("answers 409 when the import is completed, but repeats what it said of its parts", async () => {
    const id = await begin();
    const { json } = await sendPart(id, 1, products(0, 1));
    expect((await post(`/v1/imports/${id}/complete`, { parts: 1 })).status).toBe(200);
    expect((await sendPart(id, 2, products(1, 2))).status).toBe(409);
    expect(await sendPart(id, 1, products(0, 1))).toMatchObject({ status: 200, json });
    expect(await versions()).toHaveLength(1);
  });

  /** Sends a part while somebody else has `held`, until it waits for that or is answered. */
  async function sendWhile(id: string, held: (tx: TransactionSql) => Promise<unknown>, then = held) {
    return owner().begin(async (tx) => {
      await held(tx);
      let isAnswered = false;
      const answer = sendPart(id, 1, []).finally(() => {
        isAnswered = true;
      });
      const waiting = () =>
        tx`select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))`;
      await vi.waitFor(async () => expect(isAnswered || (await waiting()).length > 0).toBe(true), 10_000);
      await then(tx);
      return { answer };
    });
  }

  test("answers 409 to a part that begins while the import is being completed, an empty one too", async () => {
    const id = await begin();
    const complete = (tx: TransactionSql) =>
      tx`update imports set state = 'completed', completed_at = now() where id = ${id}`;
    const sent = await sendWhile(id, complete);
    expect(await sent.answer).toMatchObject({ status: 409, json: { detail: "the import is completed" } });
    expect((await send(`/v1/imports/${id}`)).json.parts).toEqual([]);
  });

  test("waits for who is storing lines of the part, and takes locks in the same order: no deadlock", async () => {
    const id = await begin();
    await owner()`insert into import_parts (tenant_id, import_id, number) values (${tenantId}, ${id}, 1)`;
    const sent = await sendWhile(
      id,
      (tx) => tx`select from import_parts where import_id = ${id} for update`,
      (tx) => tx`update imports set updated_at = now() where id = ${id}`,
    );
    expect((await sent.answer).status).toBe(200);
  });

  test("answers 422 beyond a million lines, and stores none of those", async () => {
    const id = await begin();
    await owner()`update imports set received = 999999, updated = 999999 where id = ${id}`;
    const { status, json } = await sendPart(id, 1, products(0, 2));
    expect([status, json.code]).toEqual([422, "unprocessable"]);
    expect(await versions()).toHaveLength(0);
    expect((await sendPart(id, 1, products(0, 1))).status).toBe(200);
  });

  test("answers 413 beyond 50 MB, and keeps what came before", async () => {
    const id = await begin();
    const line = new TextEncoder().encode(`{"sku":"a","name":"x"}\n`);
    const blank = new Uint8Array(1024 * 1024).fill(0x0a);
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        controller.enqueue(sent++ === 0 ? line : blank);
        if (sent > 60) controller.close();
      },
    });
    const { status, json } = await sendPart(id, 1, endless);
    expect([status, json.code]).toEqual([413, "payload-too-large"]);
    expect(json.detail).toContain("up to line 1");
    expect((await send(`/v1/imports/${id}`)).json.parts).toMatchObject([{ lines: 1, complete: false }]);
  });

  test("answers 404 to an import that there is not, and to another tenant's", async () => {
    expect((await sendPart(randomUUID(), 1, products(0, 1))).status).toBe(404);
    const id = await begin();
    const stranger = originClient((await newTenant()).id);
    const body = textOf(products(0, 1));
    const path = `/v1/imports/${id}/parts/1`;
    expect((await stranger(path, { method: "POST", headers: NDJSON, body })).status).toBe(404);
  });

  test("answers 400 to a number that no part has, and 415 to plain JSON", async () => {
    const id = await begin();
    expect((await sendPart(id, 0, [])).status).toBe(400);
    expect((await sendPart(id, 1_001, [])).status).toBe(400);
    expect((await post(`/v1/imports/${id}/parts/1`, {})).status).toBe(415);
  });
});

describe("listImportErrors", () => {
  test("answers 200 with part, line and reason, page by page", async () => {
    const id = await begin();
    await sendPart(id, 1, ["\u0000", { sku: "a" }]);
    await sendPart(id, 2, ["", { sku: "b", name: "b", price: "1" }]);
    const first = await send(`/v1/imports/${id}/errors?pageSize=2`);
    expect(first.json.data).toMatchObject([
      { part: 1, line: 1, rule: "json", pointer: "" },
      { part: 1, line: 2, rule: "required", pointer: "/name" },
    ]);
    const next = `/v1/imports/${id}/errors?pageSize=2&cursor=${first.json.meta.nextCursor}`;
    const second = (await send(next)).json;
    expect(second.data).toMatchObject([{ part: 2, line: 2, pointer: "/currency" }]);
    expect(second.meta.nextCursor).toBeNull();
  });

  test("keeps the first thousand, and counts all", async () => {
    const id = await begin();
    await sendPart(
      id,
      1,
      Array.from({ length: 1_203 }, () => "x"),
    );
    await sendPart(id, 2, ["x"]);
    expect((await send(`/v1/imports/${id}`)).json.failed).toBe(1_204);
    const [kept] = await owner()`
      select count(*)::int as count, max(line) as last from import_errors where import_id = ${id}`;
    expect(kept).toMatchObject({ count: 1_000, last: 1_000 });
  });

  test("answers 404 to an import that there is not, and 400 to a cursor of another", async () => {
    expect((await send(`/v1/imports/${randomUUID()}/errors`)).status).toBe(404);
    const id = await begin();
    expect((await send(`/v1/imports/${id}/errors?cursor=abc`)).status).toBe(400);
  });
});

describe("completeImport", () => {
  test("answers 200 with the import, completed, as often as it is asked", async () => {
    const id = await begin();
    await sendPart(id, 1, products(0, 1));
    await sendPart(id, 2, products(1, 2));
    const { status, json } = await post(`/v1/imports/${id}/complete`, { parts: 2 });
    expect(status).toBe(200);
    expect(json).toMatchObject({ state: "completed", received: 2, parts: [{ number: 1 }, { number: 2 }] });
    expect(json.completedAt).toMatch(/Z$/);
    expect((await post(`/v1/imports/${id}/complete`, { parts: 2 })).json).toEqual(json);
  });

  test("answers 409 while a part is missing, not complete or too many", async () => {
    const id = await begin();
    await sendPart(id, 1, products(0, 1));
    await sendPart(id, 3, products(1, 2));
    const detail = async (parts: number) => {
      const { status, json } = await post(`/v1/imports/${id}/complete`, { parts });
      return [status, json.detail];
    };
    expect(await detail(3)).toEqual([409, "part 2 is not complete"]);
    expect(await detail(1)).toEqual([409, "there is a part 3"]);
    await owner()`insert into import_parts (tenant_id, import_id, number) values (${tenantId}, ${id}, 2)`;
    expect(await detail(3)).toEqual([409, "part 2 is not complete"]);
  });

  test("answers 404 to an import that there is not, and 400 without a number of parts", async () => {
    expect((await post(`/v1/imports/${randomUUID()}/complete`, { parts: 1 })).status).toBe(404);
    expect((await post(`/v1/imports/${await begin()}/complete`, {})).status).toBe(400);
  });
});

describe("listImports and getImport", () => {
  test("answer 200 with the newest first, of one state when asked", async () => {
    const [older, newer] = [await begin({ name: "older" }), await begin({ name: "newer" })];
    await sendPart(older, 1, products(0, 1));
    await post(`/v1/imports/${older}/complete`, { parts: 1 });
    const ids = async (query: string) =>
      (await send(`/v1/imports?${query}`)).json.data.map(({ id }: { id: string }) => id);
    expect(await ids("")).toEqual([newer, older]);
    expect(await ids("state=open")).toEqual([newer]);
    expect(await ids("state=completed&pageSize=1")).toEqual([older]);
    const { json } = await send("/v1/imports?pageSize=1");
    expect(await ids(`pageSize=1&cursor=${json.meta.nextCursor}`)).toEqual([older]);
  });

  test("answer 404 to an import that there is not, and 400 to a state that there is not", async () => {
    expect((await send(`/v1/imports/${randomUUID()}`)).status).toBe(404);
    expect((await send("/v1/imports?state=gone")).status).toBe(400);
  });
});
