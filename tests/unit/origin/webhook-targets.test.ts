import { describe, expect, test } from "vitest";
import { resolveTarget } from "#origin/resources/webhooks/resolve.ts";
import { readTarget } from "#origin/resources/webhooks/target.ts";

const PUBLIC = { allowHttp: false, allowLoopback: false };
const LOCAL = { allowHttp: true, allowLoopback: true };

/** What names resolve to here. */
const ZONE: Readonly<Record<string, readonly string[]>> = {
  "hooks.example.com": ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"],
  "metadata.example.com": ["169.254.169.254"],
  "half.example.com": ["93.184.215.14", "10.0.0.1"],
  "six.example.com": ["93.184.215.14", "fd00:ec2::254"],
  "mapped.example.com": ["::ffff:127.0.0.1"],
  "zero.example.com": ["0.0.0.0"],
  "nonsense.example.com": ["not an address"],
  "127.0.0.1.nip.io": ["127.0.0.1"],
};

async function verdict(text: string, rule = PUBLIC): Promise<string> {
  const target = readTarget(text, rule);
  if (target.kind === "refused") return target.why;
  const resolved = await resolveTarget(target, rule, async (host) => ZONE[host] ?? []);
  return resolved.kind;
}

const NOT_PUBLIC = "must be on the public Internet";

describe("refuses to send to", () => {
  test.each([
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://127.0.0.1./",
    "https://１２７.0.0.1/",
    "https://127。0。0。1/",
    "https://%31%32%37.0.0.1/",
    "https://0.0.0.0/",
    "https://0/",
    "https://10.1.2.3/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://100.100.100.200/",
    "https://169.254.169.254/latest/meta-data/",
    "https://192.0.0.192/",
    "https://168.63.129.16/",
    "https://198.18.0.1/",
    "https://192.0.2.1/",
    "https://224.0.0.1/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:0:127.0.0.1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::a9fe:a9fe]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
    "https://[4000::1]/",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://a.localhost/",
    "https://metadata.google.internal/",
    "https://printer.local/",
    "https://router.home.arpa/",
    "https://db/",
    "https://hidden.onion/",
  ])("%s", async (url) => {
    expect(await verdict(url)).toBe(NOT_PUBLIC);
  });

  test.each([
    ["http://hooks.example.com/", "must begin with https:"],
    ["ftp://hooks.example.com/", "must begin with https:"],
    ["file:///etc/passwd", "must begin with https:"],
    ["gopher://hooks.example.com/", "must begin with https:"],
    ["javascript:alert(1)", "must begin with https:"],
    ["//hooks.example.com/", "is not a URL"],
    ["/hook", "is not a URL"],
    ["https://[::1%25eth0]/", "is not a URL"],
    ["https://1.2.3.4.5/", "is not a URL"],
    ["https://256.256.256.256/", "is not a URL"],
    ["https://", "is not a URL"],
    ["https://hooks.example.com@127.0.0.1/", "must not contain a user or a password"],
    ["https://:secret@hooks.example.com/", "must not contain a user or a password"],
    ["https://127.0.0.1\\@hooks.example.com/", NOT_PUBLIC],
    ["https://hooks.example.com:22/", "must be on port 443 or above 1023"],
    ["https://hooks.example.com:80/", "must be on port 443 or above 1023"],
    ["https://hooks.example.com/#x", "must not have a fragment"],
    ["https://hooks.example.com:99999/", "is not a URL"],
  ])("%s, because it %s", async (url, why) => {
    expect(await verdict(url)).toBe(why);
  });

  test.each(Object.keys(ZONE).filter((name) => name !== "hooks.example.com"))(
    "%s, for what it resolves to",
    async (name) => {
      expect(await verdict(`https://${name}/`)).toBe("refused-address");
    },
  );
});

test.each([
  "https://hooks.example.com/",
  "https://hooks.example.com:443/a?b=c",
  "https://hooks.example.com.:8443/",
  "https://93.184.215.14/",
  "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
])("sends to %s", async (url) => {
  expect(await verdict(url)).toBe("addresses");
});

test("a name that has no address is not sent to, and not called forbidden", async () => {
  expect(await verdict("https://nowhere.example.com/")).toBe("unresolved");
});

test.each(["http://127.0.0.1:8080/", "http://[::1]:8080/", "https://127.0.0.1/"])(
  "on a developer's machine, %s is sent to",
  async (url) => {
    expect(await verdict(url, LOCAL)).toBe("addresses");
  },
);

test.each(["http://10.0.0.1/", "https://169.254.169.254/", "https://metadata.google.internal/"])(
  "%s is not, not even there",
  async (url) => {
    expect(await verdict(url, LOCAL)).toBe(NOT_PUBLIC);
  },
);
