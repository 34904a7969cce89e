/** Loaded into an origin: from each SIGUSR2 to the next one its event loop stands still nearly all of the time. */

const STALL_MS = 150;
const NEVER = new Int32Array(new SharedArrayBuffer(4));

let timer: NodeJS.Timeout | null = null;

process.on("SIGUSR2", () => {
  if (timer !== null) clearInterval(timer);
  // Asleep, so that a busy machine is not made busier.
  timer = timer === null ? setInterval(() => Atomics.wait(NEVER, 0, 0, STALL_MS), 1) : null;
});
