import { defineConfig } from "drizzle-kit";

/** Only generates SQL files (`npm run migration`); `npm run migrate` applies them. */
export default defineConfig({
  dialect: "postgresql",
  casing: "snake_case",
  schema: "./origin/db/schema.ts",
  out: "./migrations",
});
