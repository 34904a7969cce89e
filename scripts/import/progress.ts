const BAR_WIDTH = 30;

export type Progress = {
  /** @param doneBytes of the file so far */
  readonly advance: (doneBytes: number, lines: number) => void;
  /** Prints a line that stays, the bar below it. */
  readonly report: (line: string) => void;
  /** Takes the bar away. */
  readonly end: () => void;
};

/** A bar that is redrawn in place on a terminal, a line for each step anywhere else. */
export function createProgress(stream: NodeJS.WriteStream, totalBytes: number): Progress {
  let bar = "";
  const clear = () => {
    if (bar !== "") stream.write("\r\x1b[2K");
  };
  const draw = (next: string) => {
    clear();
    bar = next;
    stream.write(bar);
  };

  return {
    advance: (doneBytes, lines) => {
      const share = totalBytes === 0 ? 1 : doneBytes / totalBytes;
      const text = `${String(Math.round(share * 100)).padStart(3)} %  ${lines} lines`;
      if (!stream.isTTY) stream.write(`${text}\n`);
      else {
        const filled = Math.round(share * BAR_WIDTH);
        draw(`[${"#".repeat(filled)}${".".repeat(BAR_WIDTH - filled)}] ${text}`);
      }
    },
    report: (line) => {
      const current = bar;
      clear();
      bar = "";
      stream.write(`${line}\n`);
      if (current !== "") draw(current);
    },
    end: () => {
      clear();
      bar = "";
    },
  };
}
