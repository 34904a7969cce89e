import { Connection } from "./connection.ts";

/**
 * Connections that requests borrow. The one that has been free for longest is lent first, so that none is
 * idle for long; one that the server has closed meanwhile, as workerd does after 15 s, is replaced before
 * anything is sent: that is no failed request.
 */
export class Pool {
  readonly #port: number;
  readonly #most: number;
  readonly #all = new Set<Connection>();
  readonly #free: Connection[] = [];

  /** @param most how many requests may be under way */
  constructor(port: number, most: number) {
    this.#port = port;
    this.#most = most;
  }

  /** Null: all are lent. */
  borrow(): Connection | null {
    const connection = this.#free.shift();
    if (connection !== undefined && !connection.lost) return connection;
    if (connection !== undefined) this.#all.delete(connection);
    return this.#all.size < this.#most ? this.#open() : null;
  }

  giveBack(connection: Connection): void {
    this.#free.push(connection);
  }

  close(): void {
    for (const connection of this.#all) connection.close();
  }

  #open(): Connection {
    const connection = new Connection(this.#port);
    this.#all.add(connection);
    return connection;
  }
}
