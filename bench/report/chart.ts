import type { Race } from "../race.ts";
import { type Line, linesOf } from "./table.ts";

/** A bar chart as SVG: requests/s at saturation, with the range of the rounds as a whisker. */

const WIDTH = 760;
const LABEL_WIDTH = 210;
const BAR_WIDTH = 330;
const BAR_HEIGHT = 22;
const ROW_HEIGHT = 34;
const TITLE_HEIGHT = 44;
const STYLE = "text{font:13px system-ui,sans-serif;fill:#333}.title{font-weight:600;font-size:15px}";

export function chartOf(races: readonly Race[]): string {
  let top = 0;
  const parts = races.map((race) => {
    const part = groupAt(race, top);
    top += TITLE_HEIGHT + race.tracks.length * ROW_HEIGHT;
    return part;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top + 10}" role="img"><title>Requests per second</title><style>${STYLE}</style><rect width="100%" height="100%" fill="#fff"/>${parts.join("")}</svg>\n`;
}

function groupAt(race: Race, top: number): string {
  const lines = linesOf(race);
  const most = Math.max(...lines.map(({ requestsPerSecond }) => requestsPerSecond.max));
  const rows = lines.map((line, index) =>
    row(line, top + TITLE_HEIGHT + index * ROW_HEIGHT, BAR_WIDTH / most),
  );
  return `<text class="title" x="10" y="${top + 28}">${escapeText(race.group.title)}</text>${rows.join("")}`;
}

function row(
  { name, requestsPerSecond: { median, min, max }, ratio, cpuMicroseconds }: Line,
  y: number,
  scale: number,
): string {
  const middle = y + BAR_HEIGHT / 2;
  const from = LABEL_WIDTH + min * scale;
  const to = LABEL_WIDTH + max * scale;
  const figures = `${Math.round(median)}/s, ${ratio.median.toFixed(2)}, ${cpuMicroseconds.median.toFixed(0)} us`;
  return [
    `<text x="10" y="${middle + 5}">${escapeText(name)}</text>`,
    `<rect x="${LABEL_WIDTH}" y="${y}" width="${(median * scale).toFixed(1)}" height="${BAR_HEIGHT}" fill="#5b8def"/>`,
    `<path d="M${from.toFixed(1)} ${middle}H${to.toFixed(1)}" stroke="#1c3d7a" stroke-width="2"/>`,
    `<text x="${(to + 10).toFixed(1)}" y="${middle + 5}">${figures}</text>`,
  ].join("");
}

function escapeText(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
}
