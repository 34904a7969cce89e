import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { edgeSettings } from "#scripts/dev/edge-settings.ts";

const folder = mkdtempSync(join(tmpdir(), "gatehouse-settings-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("what the edge is given is what .dev.vars and over it the environment say, of the variables that it has", () => {
  expect(edgeSettings({ QUOTA_LOGIN: "7", PATH: "/bin", QUOTA_TOKEN: "" }, folder)).toEqual({
    QUOTA_LOGIN: "7",
  });
  const issuers = '[{"issuer":"https://id.example","tenants":[]}]';
  writeFileSync(
    join(folder, ".dev.vars"),
    `# mine\nTOKEN_ISSUERS='${issuers}'\nQUOTA_LOGIN=3\nQUOTA_TOKEN=9\nEDITOR=vi\n`,
  );
  expect(edgeSettings({ QUOTA_LOGIN: "7" }, folder)).toEqual({
    ...{ TOKEN_ISSUERS: issuers, QUOTA_LOGIN: "7", QUOTA_TOKEN: "9" },
  });
});
