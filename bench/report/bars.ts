/** A bar chart as SVG, in groups. */

/** Lengths are shares of the widest that fits, 0 to 1. */
export type Bar = {
  readonly label: string;
  readonly length: number;
  /** A whisker from one length to another. */
  readonly range: readonly [number, number] | null;
  /** Where a limit lies. */
  readonly limit: number | null;
  readonly colour: string;
  /** Beside it. */
  readonly figures: string;
};

export type BarGroup = { readonly title: string; readonly bars: readonly Bar[] };

const WIDTH = 900;
const LABEL_WIDTH = 350;
const BAR_WIDTH = 330;
const BAR_HEIGHT = 22;
const ROW_HEIGHT = 34;
const TITLE_HEIGHT = 44;
const STYLE = "text{font:13px system-ui,sans-serif;fill:#333}.title{font-weight:600;font-size:15px}";

export function barsAsSvg(title: string, groups: readonly BarGroup[]): string {
  let top = 0;
  const parts = groups.map((group) => {
    const part = groupAt(group, top);
    top += TITLE_HEIGHT + group.bars.length * ROW_HEIGHT;
    return part;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top + 10}" role="img"><title>${escapeText(title)}</title><style>${STYLE}</style><rect width="100%" height="100%" fill="#fff"/>${parts.join("")}</svg>\n`;
}

function groupAt({ title, bars }: BarGroup, top: number): string {
  const rows = bars.map((bar, index) => row(bar, top + TITLE_HEIGHT + index * ROW_HEIGHT));
  return `<text class="title" x="10" y="${top + 28}">${escapeText(title)}</text>${rows.join("")}`;
}

function row({ label, length, range, limit, colour, figures }: Bar, y: number): string {
  const middle = y + BAR_HEIGHT / 2;
  const at = (share: number) => (LABEL_WIDTH + share * BAR_WIDTH).toFixed(1);
  const end = Math.max(length, range?.[1] ?? 0, limit ?? 0) + 0.03;
  return [
    `<text x="10" y="${middle + 5}">${escapeText(label)}</text>`,
    `<rect x="${LABEL_WIDTH}" y="${y}" width="${(length * BAR_WIDTH).toFixed(1)}" height="${BAR_HEIGHT}" fill="${colour}"/>`,
    range && `<path d="M${at(range[0])} ${middle}H${at(range[1])}" stroke="#1c3d7a" stroke-width="2"/>`,
    limit !== null &&
      `<path d="M${at(limit)} ${y - 3}V${y + BAR_HEIGHT + 3}" stroke="#333" stroke-width="2" stroke-dasharray="4 2"/>`,
    `<text x="${at(end)}" y="${middle + 5}">${escapeText(figures)}</text>`,
  ]
    .filter(Boolean)
    .join("");
}

function escapeText(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
}
