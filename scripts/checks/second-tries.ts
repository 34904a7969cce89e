import type { Reporter, TestCase } from "vitest/node";

/** A reporter that names the tests which passed only when tried again: each has a fault to be found. */
export class SecondTries implements Reporter {
  readonly #names: string[] = [];

  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky) this.#names.push(`${test.module.relativeModuleId} > ${test.fullName}`);
  }

  onTestRunEnd(): void {
    if (this.#names.length === 0) return;
    console.log(`Passed only when tried again (${this.#names.length}):`);
    for (const name of this.#names) console.log(`  ${name}`);
  }
}
