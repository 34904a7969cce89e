import { expect, test } from "vitest";
import { createSlots } from "#origin/resources/access/auth/slots.ts";
import { Problem } from "#shared/problems.ts";

/** Work that ends when it is told to. */
function gate() {
  const running: (() => void)[] = [];
  const work = () => new Promise<void>((resolve) => running.push(resolve));
  return { work, running };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("runs as many as there are slots, and the others in their order", async () => {
  const slots = createSlots({ running: 2, waiting: 3 });
  const { work, running } = gate();
  const done: number[] = [];
  const all = [1, 2, 3, 4].map((each) => slots(work).then(() => done.push(each)));
  await settled();
  expect(running).toHaveLength(2);
  running[0]?.();
  await settled();
  expect([done, running.length]).toEqual([[1], 3]);
  running[2]?.();
  await settled();
  expect([done, running.length]).toEqual([[1, 3], 4]);
  running[1]?.();
  running[3]?.();
  await Promise.all(all);
});

test("refuses with 503 and Retry-After when too many wait, and takes work again when one has ended", async () => {
  const slots = createSlots({ running: 1, waiting: 1 });
  const { work, running } = gate();
  const [first, second] = [slots(work), slots(work)];
  const refused = await slots(work).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Problem);
  expect(refused).toMatchObject({ code: "unavailable", headers: { "retry-after": "1" } });
  await settled();
  running[0]?.();
  await first;
  const third = slots(work);
  await settled();
  running[1]?.();
  await second;
  await settled();
  running[2]?.();
  await third;
});

test("gives the slot back when the work fails", async () => {
  const slots = createSlots({ running: 1, waiting: 0 });
  await expect(slots(() => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
  expect(await slots(async () => "next")).toBe("next");
});
