/**
 * Who may open a connection: one after the other. Postgres forks a process for each and checks a password; when it
 * comes back, or when many origins start, all connections of all of them would be wanted in the same moment.
 */
export type Openings = {
  /**
   * Resolves when the next connection may be opened.
   * @param ended resolves when it is there, or is not to be had
   */
  readonly turn: (ended: Promise<void>) => Promise<void>;
};

/**
 * How long, in milliseconds, one that is neither there nor refused keeps the next waiting: it may have been asked for
 * just before Postgres was back, and never be answered. It differs, so that origins do not keep step.
 */
const PATIENCE = { least: 50, most: 150 };

/** @param random from 0 to 1 */
export function createOpenings(random = Math.random): Openings {
  let previous = Promise.resolve();
  return {
    turn(ended) {
      const turn = previous;
      const patience = PATIENCE.least + random() * (PATIENCE.most - PATIENCE.least);
      previous = turn.then(() => Promise.race([ended, passed(patience)]));
      return turn;
    },
  };
}

function passed(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds).unref());
}
