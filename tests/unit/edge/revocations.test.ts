import { beforeEach, describe, expect, it } from "vitest";
import { revocationAlarm } from "#edge/auth/revocation-alarm.ts";
import { RevocationList } from "#edge/auth/revocation-list.ts";
import { Revocations } from "#edge/auth/revocations.ts";
import { type Snapshot, Snapshots } from "#edge/cache/snapshot.ts";
import type { Exchange } from "#edge/exchange.ts";
import type { LogLine } from "#edge/observe.ts";
import { formatRevocation, parseRevocations, type Revocation } from "#shared/revocation.ts";

const token = (
  change: { clientId?: string; subject?: string; tokenId?: string | null; issuedAt?: number } = {},
) => {
  const { tokenId = "jti", issuedAt = 99, ...who } = change;
  const principal = { subject: "s", clientId: "c", tenantId: "t", scopes: [], ...who };
  return { principal, plan: null, tokenId, issuedAt, expiresAt: 1_000 };
};
const client: Revocation = { kind: "client", id: "c", revokedBefore: 100, expiresAt: 1_000 };
const text = (...revocations: readonly Revocation[]) => revocations.map(formatRevocation).join("");

const BEGINNING = { name: "", length: 0 };

describe("a list of revocations", () => {
  const listOf = (...revocations: readonly Revocation[]) => {
    const list = new RevocationList();
    list.append({ name: "log", length: 1, text: `\n${text(...revocations)}` }, BEGINNING, 0);
    return list;
  };

  it("refuses nothing while it is empty", () => {
    expect(new RevocationList().refuses(token())).toBe(false);
  });

  it.each<[string, Revocation, Parameters<typeof token>[0], boolean]>([
    ["a client's token of before", client, { issuedAt: 99 }, true],
    ["a client's token of that very second", client, { issuedAt: 100 }, false],
    ["a client's token of a fraction before", client, { issuedAt: 99.9 }, true],
    ["another client's token", client, { clientId: "d" }, false],
    ["a subject that has the client's name", client, { clientId: "d", subject: "c" }, false],
    ["a subject's token of before", { ...client, kind: "subject", id: "s" }, {}, true],
    ["a subject's later token", { ...client, kind: "subject", id: "s" }, { issuedAt: 101 }, false],
    ["any token of the tenant of before", { ...client, kind: "tenant", id: "" }, { clientId: "x" }, true],
    ["a later token of the tenant", { ...client, kind: "tenant", id: "" }, { issuedAt: 100 }, false],
    ["the token", { ...client, kind: "token", id: "jti", revokedBefore: null }, { issuedAt: 5_000 }, true],
    ["another token", { ...client, kind: "token", id: "jti", revokedBefore: null }, { tokenId: "x" }, false],
    [
      "a token without a name",
      { ...client, kind: "token", id: "", revokedBefore: null },
      { tokenId: null },
      false,
    ],
    ["a client named like a property", { ...client, id: "__proto__" }, { clientId: "__proto__" }, true],
  ])("decides on %s", (_, revocation, who, expected) => {
    expect(listOf(revocation).refuses(token(who))).toBe(expected);
  });

  it("keeps the later of two instants, in whatever order they come", () => {
    const later = { ...client, revokedBefore: 200 };
    for (const order of [
      [client, later],
      [later, client],
      [later, client, later],
    ]) {
      const list = listOf(...order);
      expect([list.refuses(token({ issuedAt: 199 })), list.refuses(token({ issuedAt: 200 }))]).toEqual([
        true,
        false,
      ]);
    }
  });

  it("forgets nothing that matters when its log is lost or begins anew", () => {
    const list = listOf(client, { ...client, id: "old", expiresAt: 50 });
    list.append({ name: "", length: 0, text: "" }, BEGINNING, 60);
    expect(list.refuses(token())).toBe(true);
    expect(list.refuses(token({ clientId: "old" }))).toBe(false);
    list.append({ name: "new", length: 1, text: text({ ...client, id: "d" }) }, BEGINNING, 60);
    expect([list.refuses(token()), list.refuses(token({ clientId: "d" }))]).toEqual([true, true]);
  });
});

describe("a line of the log", () => {
  it.each(["plain", "auth0|1", " ", "a\nb c", "%2F%", "ü😀", "client 1 2 x", "", "a".repeat(256)])(
    "holds the id %j",
    (id) => {
      const revocation = { ...client, id };
      const line = formatRevocation(revocation);
      expect(line).toMatch(/^[\x20-\x7e]*\n$/);
      expect(parseRevocations(line + line)).toEqual([revocation, revocation]);
    },
  );

  it("that is none is passed over", () => {
    expect(parseRevocations("\n\nnonsense\nclient x y z\nrole 1 2 z\n")).toEqual([]);
  });
});

describe("what an isolate knows of revocations", () => {
  let now: number;
  let log: string;
  let name: string;
  /** What happens between a snapshot and the read of the log that it calls for. */
  let meanwhile: () => void;
  let reads: number;
  let logReads: number;
  let inRedis: Pick<Snapshot, "beatAgeMs"> & { isComplete: boolean };
  let away: boolean;
  let background: Promise<unknown>[];
  let revocations: Revocations;

  beforeEach(() => {
    now = 0;
    log = "";
    name = "log";
    meanwhile = () => undefined;
    reads = 0;
    logReads = 0;
    away = false;
    background = [];
    inRedis = { beatAgeMs: 0, isComplete: true };
    const snapshots = new Snapshots(
      async () => {
        reads++;
        if (away) throw new Error("away");
        const { beatAgeMs, isComplete } = inRedis;
        const position = { name: log === "" ? "" : name, length: log.length, isComplete };
        const horizon = { watermark: 1, history: "", historyBeganAt: 0 };
        return { ...horizon, versions: () => "", beatAgeMs, readAt: now, revocations: position };
      },
      () => now,
    );
    const readLog = async (_: string, after: { name: string; length: number }) => {
      logReads++;
      if (away) throw new Error("away");
      meanwhile();
      return { name, length: log.length, text: name === after.name ? log.slice(after.length) : log };
    };
    revocations = new Revocations(snapshots, readLog, () => now);
  });

  const look = () => revocations.of("t", (work) => background.push(work));

  it("is read once for many, and known without waiting for three seconds", async () => {
    await look();
    expect(look()).not.toBeInstanceOf(Promise);
    now = 1_000;
    expect(look()).not.toBeInstanceOf(Promise);
    expect(reads).toBe(1);
    now = 3_000;
    expect(look()).not.toBeInstanceOf(Promise);
    await Promise.all(background);
    expect(reads).toBe(2);
  });

  it("is waited for by whoever comes after three seconds without anyone", async () => {
    await look();
    log = text(client);
    now = 3_001;
    const { list, isCurrent } = await look();
    expect([list.refuses(token()), isCurrent]).toEqual([true, true]);
  });

  it("asks for the log only when it has grown", async () => {
    log = text(client);
    for (let i = 0; i < 5; i++) await look();
    expect(logReads).toBe(1);
    log += text({ ...client, id: "d" });
    now = 3_001;
    const { list } = await look();
    expect([list.refuses(token()), list.refuses(token({ clientId: "d" })), logReads]).toEqual([
      true,
      true,
      2,
    ]);
  });

  it("asks for the log once, also when it has grown, or begun anew, since the snapshot was taken", async () => {
    log = text(client);
    const grow = () => {
      log += text({ ...client, id: "d" });
    };
    meanwhile = grow;
    for (let i = 0; i < 5; i++) await look();
    expect(logReads).toBe(1);
    meanwhile = () => {
      name = "new";
    };
    grow();
    now = 3_001;
    for (let i = 0; i < 5; i++) await look();
    expect(logReads).toBe(2);
    now = 6_002;
    for (let i = 0; i < 5; i++) await look();
    expect(logReads).toBe(2);
  });

  it("is not all when Redis is away, lost data, or hears from no relay, and what was known stays", async () => {
    log = text(client);
    expect((await look()).isCurrent).toBe(true);
    away = true;
    now += 3_001;
    const blind = await look();
    expect([blind.isCurrent, blind.list.refuses(token())]).toEqual([false, true]);
    away = false;
    for (const change of [{ isComplete: false }, { beatAgeMs: null }, { beatAgeMs: 1_501 }]) {
      inRedis = { beatAgeMs: 0, isComplete: true, ...change };
      log = "";
      now += 3_001;
      const lost = await look();
      expect([lost.isCurrent, lost.list.refuses(token())]).toEqual([false, true]);
    }
    inRedis = { beatAgeMs: 0, isComplete: true };
    now += 3_001;
    expect((await look()).isCurrent).toBe(true);
  });
});

describe("the alarm", () => {
  it("is raised at once, once a minute, with how many were accepted", () => {
    let now = 0;
    const lines: LogLine[] = [];
    const alarm = revocationAlarm(
      (level, line) => {
        expect(level).toBe("error");
        lines.push(line);
      },
      () => now,
    );
    const exchange = { requestId: "request", unchecked: false } as Exchange;
    for (now of [0, 1, 59_999, 60_000]) alarm(exchange);
    expect(exchange.unchecked).toBe(true);
    expect(lines.map(({ accepted }) => accepted)).toEqual([1, 3]);
  });
});
