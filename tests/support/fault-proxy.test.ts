import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import postgres from "postgres";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import type { PostgresMessage } from "./postgres-frames.ts";
import { stack } from "./stack.ts";

let echo: Server;
beforeAll(async () => {
  echo = createServer((socket) => {
    socket.on("error", () => {});
    socket.pipe(socket);
  }).listen(0, "127.0.0.1");
  await once(echo, "listening");
});
afterAll(() => echo.close());

async function proxyTo(port: number): Promise<FaultProxy> {
  const proxy = await startFaultProxy({ upstream: { host: "127.0.0.1", port } });
  onTestFinished(() => proxy.stop());
  return proxy;
}

const echoProxy = () => proxyTo((echo.address() as AddressInfo).port);

/** A client that keeps what it was sent and how it was closed. */
async function dial(proxy: FaultProxy) {
  const socket: Socket = connect(proxy.port, "127.0.0.1");
  let received = "";
  let fault = "";
  socket.setEncoding("latin1").on("data", (text) => {
    received += text;
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    fault = error.code ?? "";
  });
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  await Promise.race([once(socket, "connect").catch(() => {}), closed]);
  onTestFinished(() => void socket.destroy());
  return {
    socket,
    closed: () => closed.then(() => ({ received, fault })),
    ask: async (text: string) => {
      socket.write(text);
      await once(socket, "data");
      return received;
    },
  };
}

test("passes everything on, in both directions, and both ends of it", async () => {
  const proxy = await echoProxy();
  const client = await dial(proxy);
  const much = "x".repeat(3_000_000);
  client.socket.end(much);
  const { received, fault } = await client.closed();
  expect([received.length, fault]).toEqual([much.length, ""]);
});

test("refuses new connections and leaves the open ones alone", async () => {
  const proxy = await echoProxy();
  const before = await dial(proxy);
  await before.ask("a");
  await proxy.set({ kind: "refuse" });

  const during = await dial(proxy);
  expect(await during.closed()).toEqual({ received: "", fault: "ECONNREFUSED" });
  expect(await before.ask("b")).toBe("ab");

  await proxy.set({ kind: "pass" });
  expect(await (await dial(proxy)).ask("c")).toBe("c");
});

test("a black hole accepts and answers nothing", async () => {
  const proxy = await echoProxy();
  await proxy.set({ kind: "blackhole" });
  const client = await dial(proxy);
  client.socket.write("lost");
  // The next fault takes effect after the bytes were swallowed: the echo is of what follows only.
  await expect.poll(() => proxy.connections()).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await proxy.set({ kind: "pass" });
  expect(await client.ask("heard")).toBe("heard");
});

test("holds everything back for as long as it is told to, and then delivers it in order", async () => {
  const proxy = await echoProxy();
  const client = await dial(proxy);
  await client.ask("0");
  await proxy.set({ kind: "hold" });
  client.socket.write("1");
  client.socket.end("2");
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(client.socket.bytesRead).toBe(1);
  await proxy.set({ kind: "pass" });
  expect((await client.closed()).received).toBe("012");
});

test("tells after a black hole that the server is gone since", async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const proxy = await proxyTo((server.address() as AddressInfo).port);
  const client = await dial(proxy);
  await expect.poll(() => sockets.length).toBe(1);
  await proxy.set({ kind: "blackhole" });
  sockets[0]?.destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(client.socket.destroyed).toBe(false);
  await proxy.set({ kind: "pass" });
  expect(await client.closed()).toEqual({ received: "", fault: "ECONNRESET" });
});

test("delays each direction by what is asked", async () => {
  const proxy = await echoProxy();
  const client = await dial(proxy);
  await proxy.set({ kind: "delay", toServerMs: 60, toClientMs: 90 });
  const start = performance.now();
  expect(await client.ask("late")).toBe("late");
  expect(performance.now() - start).toBeGreaterThanOrEqual(149);
});

test("keeps the order when a delay ends while bytes are on their way", async () => {
  const proxy = await echoProxy();
  const client = await dial(proxy);
  await client.ask("0");
  await proxy.set({ kind: "delay", toServerMs: 50, toClientMs: 0 });
  client.socket.write("1");
  await new Promise((resolve) => setTimeout(resolve, 20));
  await proxy.set({ kind: "pass" });
  client.socket.end("2");
  expect((await client.closed()).received).toBe("012");
});

test("resets in the middle of an answer, after so many bytes", async () => {
  const proxy = await echoProxy();
  await proxy.set({ kind: "reset-after", bytes: 5 });
  const client = await dial(proxy);
  client.socket.write("hello, world");
  expect(await client.closed()).toEqual({ received: "hello", fault: "ECONNRESET" });
});

test("breaks an answer off before its last bytes", async () => {
  const proxy = await echoProxy();
  await proxy.set({ kind: "break-off", missing: 3 });
  const client = await dial(proxy);
  client.socket.write("hello, world");
  expect(await client.closed()).toEqual({ received: "hello, wo", fault: "ECONNRESET" });
});

test("answers garbage in the server's place", async () => {
  const proxy = await echoProxy();
  await proxy.set({ kind: "garbage", answer: Buffer.from("\0not a protocol") });
  const client = await dial(proxy);
  client.socket.write("hello");
  expect((await client.closed()).received).toBe("\0not a protocol");
});

test("fails with the probability that is asked", async () => {
  const proxy = await echoProxy();
  const throws = [0.9, 0.9, 0.1];
  await proxy.set({ kind: "flaky", probability: 0.5, random: () => throws.shift() ?? 1 });
  const client = await dial(proxy);
  expect(await client.ask("a")).toBe("a");
  client.socket.write("b");
  expect(await client.closed()).toEqual({ received: "a", fault: "ECONNRESET" });
});

test("severs the connections that are open, and passes new ones", async () => {
  const proxy = await echoProxy();
  const client = await dial(proxy);
  await client.ask("a");
  expect(proxy.connections()).toBe(1);
  proxy.sever();
  expect(await client.closed()).toEqual({ received: "a", fault: "ECONNRESET" });
  await expect.poll(() => proxy.connections()).toBe(0);
  expect(await (await dial(proxy)).ask("b")).toBe("b");
});

test("forgets the connections that are open without a word, and passes new ones", async () => {
  const proxy = await echoProxy();
  const client = await dial(proxy);
  expect(await client.ask("a")).toBe("a");
  proxy.forget();
  client.socket.write("lost");
  expect(await (await dial(proxy)).ask("b")).toBe("b");
  expect([client.socket.bytesRead, client.socket.destroyed]).toEqual([1, false]);
});

test("a server that is gone is a reset connection", async () => {
  const gone = createServer().listen(0, "127.0.0.1");
  await once(gone, "listening");
  const { port } = gone.address() as AddressInfo;
  gone.close();
  const client = await dial(await proxyTo(port));
  expect((await client.closed()).fault).toBe("ECONNRESET");
});

test("cuts a Postgres connection before or after a message of either side", async () => {
  const { ownerUrl } = stack();
  const direct = postgres(ownerUrl, { max: 1, onnotice: () => {} });
  onTestFinished(() => direct.end());
  await direct`create table if not exists cut_probe (n int)`;
  await direct`truncate cut_probe`;
  const proxy = await proxyTo(Number(new URL(ownerUrl).port));
  const sql = postgres(proxy.through(ownerUrl), { max: 1, fetch_types: false, backoff: () => 0.01 });
  onTestFinished(() => sql.end({ timeout: 1 }));
  const insert = (n: number) => sql.begin((tx) => tx`insert into cut_probe values (${n})`);
  const stored = async () => (await direct`select n from cut_probe order by n`).map(({ n }) => n);
  const isCommitted = ({ type, body }: PostgresMessage) =>
    type === "C" && body.toString("latin1").startsWith("COMMIT");

  await proxy.set({ kind: "cut", from: "server", at: "before", when: isCommitted });
  await expect(insert(1)).rejects.toThrow();
  expect(await stored()).toEqual([1]);

  await proxy.set({ kind: "cut", from: "client", at: "before", when: isQuery("commit") });
  await expect(insert(2)).rejects.toThrow();
  expect(await stored()).toEqual([1]);

  await proxy.set({ kind: "cut", from: "client", at: "after", when: (_, count) => count === 3 });
  await expect(insert(3)).rejects.toThrow();
  expect(await stored()).toEqual([1]);

  await proxy.set({ kind: "pass" });
  await insert(4);
  expect(await stored()).toEqual([1, 4]);
  await direct`drop table cut_probe`;
});

/** A Parse message: the name of the statement, then its text. */
function isQuery(text: string): (message: PostgresMessage) => boolean {
  return ({ type, body }) => type === "P" && body.toString("latin1").includes(`\0${text}`);
}
