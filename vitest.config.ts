import { defineConfig } from "vitest/config";
import { SecondTries } from "./scripts/checks/second-tries.ts";

/**
 * Two projects, so that a unit test does not wait for a database: the folders of `unaided` bring what
 * they need themselves; all others share one running stack (tests/support/stack.ts).
 * `vitest run --mode long` runs the long suites (`*.long.test.ts`) instead of the others.
 * Where CI is set a test that fails is tried once more, and named when it passes then: it is still a fault,
 * but no reason to hold back everybody's work.
 */
export default defineConfig(({ mode }) => {
  const long = mode === "long";
  const files = (folder: string) => `tests/${folder}/*.${long ? "long.test" : "test"}.ts`;
  const unaided = [files("{unit,contract,conformance,local}/**")];
  const exclude = long ? [] : ["**/*.long.test.ts"];
  const isCi = process.env["CI"] !== undefined;
  return {
    test: {
      // Each file is its own process: suites start servers, children and workers of their own.
      pool: "forks",
      maxWorkers: 2,
      testTimeout: long ? 300_000 : 20_000,
      hookTimeout: 60_000,
      teardownTimeout: 20_000,
      retry: isCi ? 1 : 0,
      reporters: ["default", new SecondTries(), ...(isCi ? (["json"] as const) : [])],
      outputFile: { json: `dist/${long ? "long-tests" : "tests"}.json` },
      projects: [
        { extends: true, test: { name: "unaided", include: unaided, exclude } },
        {
          extends: true,
          test: {
            name: "stack",
            include: [files("**")],
            exclude: [...exclude, ...unaided],
            globalSetup: "tests/support/global-setup.ts",
          },
        },
      ],
    },
  };
});
