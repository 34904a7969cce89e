import { randomUUID } from "node:crypto";
import type { Connections } from "../db/client.ts";

const CHANNEL = "gatehouse_outbox";

/**
 * Makes what is called after each commit: it wakes this process's relay at once and, by NOTIFY, those
 * of other processes, one of which may be the active one. Sent after the commit, not in the
 * transaction: there, it would take a lock that all committing transactions share. Commits while a
 * notification is on its way share the next one, so a burst costs two.
 */
export async function commitSignal(connections: Connections, wake: () => void): Promise<() => void> {
  const self = randomUUID();
  await connections.listen(CHANNEL, (sender) => {
    if (sender !== self) wake();
  });
  let sending = false;
  let again = false;

  async function notify(): Promise<void> {
    sending = true;
    do {
      again = false;
      // A lost one costs nothing but time: relays also look by themselves.
      await connections.notify(CHANNEL, self).catch(() => undefined);
    } while (again);
    sending = false;
  }

  return function committed() {
    wake();
    if (sending) again = true;
    else void notify();
  };
}
