import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { normalised, play, type Step } from "#scripts/contract/recorded.ts";

/** A server that answers each request with what it was asked. */
async function echo(): Promise<string> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { method, url, headers } = request;
    response.end(JSON.stringify({ id: "a b", method, url, authorization: headers.authorization, body }));
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function answersTo(steps: readonly Step[]): Promise<unknown[]> {
  const where = { url: await echo(), token: "secret", tenant: { slug: "lamps" } };
  const answers: unknown[] = [];
  for await (const { body } of play(steps, where)) answers.push(body);
  return answers;
}

const post = { operationId: "x", method: "POST", path: "/things" };

test("a step refers to what earlier ones were answered, and to its tenant", async () => {
  const answers = await answersTo([
    { ...post, name: "first" },
    { ...post, name: "second", body: { of: "{{first/id}}", tenant: "{{tenant/slug}}" } },
  ]);
  expect(answers[1]).toMatchObject({ body: '{"of":"a b","tenant":"lamps"}', authorization: "Bearer secret" });
});

test("a step can be sent by somebody else, or by nobody", async () => {
  const answers = await answersTo([
    { ...post, name: "other", headers: { authorization: "Bearer {{tenant/slug}}" } },
    { ...post, name: "nobody", headers: { authorization: "" } },
  ]);
  expect(answers).toMatchObject([{ authorization: "Bearer lamps" }, {}]);
  expect(answers[1]).not.toHaveProperty("authorization");
});

test("a reference that leads nowhere ends the recording, and says where it led", async () => {
  const steps = [
    { ...post, name: "first" },
    { ...post, name: "second", path: "/things/{{first/gone}}" },
  ];
  await expect(answersTo(steps)).rejects.toThrow("no answer has first/gone");
});

test("an answer is kept without ids, times and secrets", () => {
  const id = "0190a7c0-0000-7000-8000-0000000000b1";
  expect(
    normalised({
      id,
      detail: `there is no ${id}`,
      createdAt: "2026-11-21T16:00:00.000Z",
      secret: "abc",
      access_token: "abc",
      meta: { nextCursor: "abc", pageSize: 20 },
      previous: { nextCursor: null },
    }),
  ).toEqual({
    id: "<id>",
    detail: "there is no <id>",
    createdAt: "<instant>",
    secret: "<secret>",
    access_token: "<access_token>",
    meta: { nextCursor: "<nextCursor>", pageSize: 20 },
    previous: { nextCursor: null },
  });
});
