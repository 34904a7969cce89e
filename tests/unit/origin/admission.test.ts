import { expect, test } from "vitest";
import { createAdmission } from "#origin/db/admission.ts";
import type { Priority, Work } from "#origin/db/work.ts";
import { Problem } from "#shared/problems.ts";

function work(priority: Priority, signal = new AbortController().signal): Work {
  return { priority, tenantId: null, signal, remainingMs: () => 1_000 };
}

function admissionOf(places: number, { maxWaiting = 10, maxWaitMs = 60_000 } = {}) {
  return createAdmission({ places, maxWaiting, maxWaitMs });
}

/** Notes the order in which those who wait are let in. */
function queue(admission: ReturnType<typeof admissionOf>, order: string[]) {
  return (name: string, asked: Work) =>
    admission.enter(asked)?.then(
      () => order.push(name),
      (error: unknown) => order.push(`${name}: ${error instanceof Problem ? error.code : String(error)}`),
    );
}

test("as many are let in at once as there are places", () => {
  const admission = admissionOf(2);
  expect([admission.enter(work("read")), admission.enter(work("list"))]).toEqual([null, null]);
  expect(admission.figures()).toEqual({ inUse: 2, idle: 0, waiting: 0 });
  expect(admission.enter(work("read"))).toBeInstanceOf(Promise);
  expect(admission.figures()).toEqual({ inUse: 2, idle: 0, waiting: 1 });
});

test("the most urgent is served first, and as urgent ones in the order in which they came", async () => {
  const admission = admissionOf(1);
  void admission.enter(work("read"));
  const order: string[] = [];
  const wait = queue(admission, order);
  const all = [
    wait("list", work("list")),
    wait("revalidation", work("revalidation")),
    wait("read 1", work("read")),
    wait("read 2", work("read")),
    wait("write", work("write")),
    wait("upkeep", work("upkeep")),
  ];
  for (const _ of all) admission.leave(work("read"), 1);
  await Promise.all(all);
  expect(order).toEqual(["upkeep", "write", "read 1", "read 2", "revalidation", "list"]);
  admission.leave(work("read"), 1);
  expect(admission.figures()).toEqual({ inUse: 0, idle: 1, waiting: 0 });
});

test("where too many wait, the next is refused with the time after which there is room", async () => {
  const admission = admissionOf(1, { maxWaiting: 1 });
  void admission.enter(work("read"));
  void admission.enter(work("read"));
  const refused = await Promise.resolve(admission.enter(work("read"))).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: "overloaded", headers: { "retry-after": "1" } });
  expect(admission.figures()).toEqual({ inUse: 1, idle: 0, waiting: 1 });
});

test("Retry-After grows with how long places are held and how many wait", async () => {
  const admission = admissionOf(1, { maxWaiting: 3 });
  for (let seen = 0; seen < 500; seen++) {
    void admission.enter(work("read"));
    admission.leave(work("read"), 2_000);
  }
  void admission.enter(work("read"));
  for (let waiting = 0; waiting < 3; waiting++) void admission.enter(work("read"));
  const refused = await Promise.resolve(admission.enter(work("read"))).catch((error: unknown) => error);
  expect(refused).toMatchObject({ headers: { "retry-after": "8" } });
});

test("a more urgent one is let wait in the place of the least urgent, who is refused", async () => {
  const admission = admissionOf(1, { maxWaiting: 2 });
  void admission.enter(work("read"));
  const order: string[] = [];
  const wait = queue(admission, order);
  const all = [wait("read", work("read")), wait("list", work("list")), wait("write", work("write"))];
  admission.leave(work("read"), 1);
  admission.leave(work("read"), 1);
  await Promise.all(all);
  expect(order).toEqual(["list: overloaded", "write", "read"]);
});

test("who has waited too long is refused and takes no place", async () => {
  const admission = admissionOf(1, { maxWaitMs: 5 });
  void admission.enter(work("read"));
  await expect(admission.enter(work("read"))).rejects.toMatchObject({ code: "overloaded" });
  expect(admission.figures()).toEqual({ inUse: 1, idle: 0, waiting: 0 });
  admission.leave(work("read"), 1);
  expect(admission.figures()).toEqual({ inUse: 0, idle: 1, waiting: 0 });
});

test("whoever is not waited for any longer leaves the line with the signal's reason", async () => {
  const admission = admissionOf(1);
  void admission.enter(work("read"));
  const controller = new AbortController();
  const waiting = admission.enter(work("read", controller.signal));
  controller.abort(new Problem("deadline-exceeded"));
  await expect(waiting).rejects.toMatchObject({ code: "deadline-exceeded" });
  expect(admission.figures()).toEqual({ inUse: 1, idle: 0, waiting: 0 });
});
