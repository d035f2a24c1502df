export type Cell = string | number | boolean | null | undefined;

/** Rows as CSV (RFC 4180). Empty cells are what nobody knows. */
export const toCsv = (rows: Cell[][]): string => rows.map((row) => row.map(csvCell).join(",")).join("\r\n");

/** Rows as they are pasted into a spreadsheet. */
export const toTsv = (rows: Cell[][]): string =>
  rows.map((row) => row.map((cell) => tame(textOf(cell)).replace(/[\t\r\n]+/g, " ")).join("\t")).join("\n");

function csvCell(cell: Cell): string {
  const text = typeof cell === "number" ? String(cell) : tame(textOf(cell));
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const textOf = (cell: Cell) => (cell === null || cell === undefined ? "" : String(cell));

/** What a spreadsheet would take for a formula is kept as text: names and descriptions come from others. */
const tame = (text: string) => (/^[=+@\t\r]|^-(?!\d)/.test(text) ? `'${text}` : text);
