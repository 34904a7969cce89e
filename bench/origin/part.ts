import type { PartOf, Progress } from "../bars/part.ts";
import type { Catalogue } from "../contestants/catalogue.ts";

export type Settings = {
  /** In the catalogue before anything is measured. */
  readonly products: number;
  readonly rounds: number;
  /** Of each measurement. */
  readonly seconds: number;
  /** Of one import. */
  readonly lines: number;
};

export type Context = {
  readonly settings: Settings;
  readonly progress: Progress;
  /** One for all parts, started when the first asks for it. */
  readonly catalogue: () => Promise<Catalogue>;
};

export type Part = PartOf<Context>;
