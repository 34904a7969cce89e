import { appendFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type OwnOrigin, signAssertion, startOwnOrigin } from "#tests/support/origin.ts";
import { talk } from "#tests/support/http-talk.ts";
import { abuses, type Ammunition } from "./http-abuse.ts";

let origin: OwnOrigin;
beforeAll(async () => {
  origin = await startOwnOrigin();
});
afterAll(() => origin.stop());

const good = (method: string, path: string) =>
  [`${method} ${path} HTTP/1.1`, "Host: origin.test", `gatehouse-assertion: ${signAssertion({ target: `${method} ${path}` })}`].join("\r\n");

test.each(abuses.map((a) => [a.name, a] as const))("%s", async (_, abuse) => {
  const ammunition: Ammunition = {
    smuggled: `${good("GET", "/problems/smuggled-in")}\r\n\r\n`,
    post: `${good("POST", "/v1/auth/logout")}\r\nContent-Type: application/json`,
    get: good("GET", "/problems/unavailable"),
  };
  const next = `${good("GET", "/problems/internal")}\r\nX-Request-Id: next-request\r\nConnection: close\r\n\r\n`;
  let said;
  try { said = await talk(origin.url, abuse.bytes(ammunition) + next); } catch (e) { said = String(e); }
  appendFileSync("/tmp/h8-abuse.txt", `${abuse.name} | want ${abuse.statuses} ${abuse.then} | got ${Array.isArray(said) ? said.map((r: any) => `${r.status} ${/"code":"[^"]*"/.exec(r.body)?.[0]} ${/next-request/.test(r.head) ? "NEXT" : ""}`).join(" ; ") : said.slice(0, 200)}\n`);
  expect(1).toBe(1);
});
