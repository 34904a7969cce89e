import { describe, expect, test } from "vitest";
import { readOptions } from "#scripts/cache-proxy/options.ts";

describe("npm run cache-proxy", () => {
  test("takes an upstream, and sensible values for the rest", () => {
    expect(readOptions(["--upstream", "http://127.0.0.1:8000/"])).toEqual({
      upstream: "http://127.0.0.1:8000",
      port: 8080,
      maxBytes: 64 * 1024 * 1024,
      timeoutMs: 30_000,
      direct: false,
    });
    expect(readOptions(["--help"])).toBeNull();
  });

  test.each([
    [[], "--upstream is missing"],
    [["--upstream", "here"], "is no HTTP URL"],
    [["--upstream", "ftp://here"], "is no HTTP URL"],
    [["--upstream", "http://here/path"], "scheme, host and port only"],
    [["--upstream", "http://here", "--port", "70000"], "--port takes a number"],
    [["--upstream", "http://here", "--size-mb", "0"], "--size-mb takes a number"],
    [["--upstream", "http://here", "--timeout", "soon"], "--timeout takes a number"],
    [["--upstream", "http://here", "--what"], "--what"],
  ])("refuses %j, and says how it is used", (args, message) => {
    expect(() => readOptions(args)).toThrow(message);
    expect(() => readOptions(args)).toThrow("npm run cache-proxy -- --upstream URL");
  });
});
