import { describe, expect, test } from "vitest";
import { EnvironmentError, VariableReader, type Variables } from "#shared/environment.ts";

const long = "x".repeat(32);

function faults(variables: Variables, read: (reader: VariableReader) => void): string {
  const reader = new VariableReader(variables);
  read(reader);
  try {
    reader.done();
    return "";
  } catch (error) {
    expect(error).toBeInstanceOf(EnvironmentError);
    return String(error);
  }
}

describe("VariableReader", () => {
  test("is in production unless told otherwise", () => {
    expect(new VariableReader({}).environment).toBe("production");
    expect(faults({ ENVIRONMENT: "prod" }, () => undefined)).toContain("ENVIRONMENT must be one of");
  });

  test("names every fault at once, and no value", () => {
    const message = faults(
      { PORT: "seven-seven", ORIGIN_URLS: "ftp://secret.host", S: "tiny-secret" },
      (read) => {
        read.text("MISSING");
        read.integer("PORT", { min: 0, max: 65_535, fallback: 1 });
        read.urls("ORIGIN_URLS", ["https:"]);
        read.secretList("S");
        read.secrets("KEYS");
      },
    );
    for (const name of ["MISSING is missing", "PORT", "ORIGIN_URLS", "S must have", "KEYS is missing"]) {
      expect(message).toContain(name);
    }
    expect(message).not.toMatch(/seven-seven|secret\.host|tiny-secret/);
  });

  test("takes an empty variable for a missing one", () => {
    expect(faults({ NAME: "" }, (read) => read.text("NAME"))).toContain("NAME is missing");
    expect(new VariableReader({ NAME: "" }).text("NAME", "fallback")).toBe("fallback");
  });

  test.each(["", "1.5", "-1", "1e3", "0x10", "99999", " 5"])("refuses %j as a port", (text) => {
    const read = (reader: VariableReader) => reader.integer("PORT", { min: 1, max: 65_535, fallback: 1 });
    if (text === "") expect(read(new VariableReader({ PORT: text }))).toBe(1);
    else expect(faults({ PORT: text }, read)).toContain("PORT must be an integer from 1 to 65535");
  });

  test("reads URLs without their trailing slash", () => {
    const read = new VariableReader({
      ONE: "https://a.example/",
      TWO: "https://a.example, https://b.example/",
    });
    expect(read.url("ONE", ["https:"])).toBe("https://a.example");
    expect(read.urls("TWO", ["https:"])).toEqual(["https://a.example", "https://b.example"]);
    expect(() => read.done()).not.toThrow();
  });

  test("reads secrets in order; the colon may be part of the secret", () => {
    const read = new VariableReader({ KEYS: `new:${long}:a, old:${long}` });
    expect(read.secrets("KEYS")).toEqual([
      { kid: "new", secret: `${long}:a` },
      { kid: "old", secret: long },
    ]);
    expect(() => read.done()).not.toThrow();
  });

  test("reads a secret with those before it, and refuses one that is too short among them", () => {
    const read = new VariableReader({ S: `new-${long}, old-${long}` });
    expect(read.secretList("S")).toEqual([`new-${long}`, `old-${long}`]);
    expect(() => read.done()).not.toThrow();
    expect(faults({ S: `${long},` }, (reader) => reader.secretList("S"))).toContain(
      "S must have at least 32",
    );
    expect(faults({}, (reader) => reader.secretList("S"))).toBe(
      String(new EnvironmentError(["S is missing"])),
    );
  });

  test.each([`${long}`, `a:${long},`, `a b:${long}`, "a:"])("refuses %j as named secrets", (text) => {
    expect(faults({ KEYS: text }, (read) => read.secrets("KEYS"))).toContain(
      "KEYS must be `kid:secret` pairs",
    );
  });

  test.each(["staging", "production"])("refuses development secrets in %s", (environment) => {
    const variables = { ENVIRONMENT: environment, S: `development-${long}`, KEYS: `a:development-${long}` };
    const message = faults(variables, (read) => [read.secretList("S"), read.secrets("KEYS")]);
    expect(message).toContain("S is a development secret");
    expect(message).toContain("KEYS is a development secret");
    expect(faults({ ...variables, ENVIRONMENT: "development" }, (read) => read.secretList("S"))).toBe("");
  });
});
