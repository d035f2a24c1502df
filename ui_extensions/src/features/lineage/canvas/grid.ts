import type { Area, Size } from "./camera";

const CELL = { width: 640, height: 368 };
/** Beyond this, cells grow: a long thin graph must not make millions of them. */
const MOST_CELLS = 60_000;

/** Cards by where they are: what is in sight, and what is under the pointer, without looking at all of them. */
export class Grid {
  private readonly x: Float32Array;
  private readonly y: Float32Array;
  private readonly card: Size;
  private readonly bounds: Area;
  private readonly cell: Size;
  private readonly columns: number;
  private readonly rows: number;
  private readonly start: Uint32Array;
  private readonly nodes: Uint32Array;

  constructor(x: Float32Array, y: Float32Array, card: Size, bounds: Area) {
    this.x = x;
    this.y = y;
    this.card = card;
    this.bounds = bounds;
    const [width, height] = [bounds.right - bounds.left, bounds.bottom - bounds.top];
    const cells = (width / CELL.width) * (height / CELL.height);
    const grow = Math.max(1, Math.sqrt(cells / MOST_CELLS));
    this.cell = { width: CELL.width * grow, height: CELL.height * grow };
    this.columns = Math.max(1, Math.ceil(width / this.cell.width));
    this.rows = Math.max(1, Math.ceil(height / this.cell.height));
    this.start = new Uint32Array(this.columns * this.rows + 1);
    this.nodes = new Uint32Array(x.length);
    this.fill();
  }

  private fill(): void {
    const cells = Uint32Array.from(this.x, (x, node) => this.cellAt(x, this.y[node] ?? 0));
    for (const cell of cells) this.start[cell + 1] = (this.start[cell + 1] ?? 0) + 1;
    for (let cell = 0; cell + 1 < this.start.length; cell += 1)
      this.start[cell + 1] = (this.start[cell + 1] ?? 0) + (this.start[cell] ?? 0);
    const next = this.start.slice();
    cells.forEach((cell, node) => {
      const place = next[cell] ?? 0;
      this.nodes[place] = node;
      next[cell] = place + 1;
    });
  }

  private column(x: number): number {
    return Math.min(this.columns - 1, Math.max(0, Math.floor((x - this.bounds.left) / this.cell.width)));
  }

  private row(y: number): number {
    return Math.min(this.rows - 1, Math.max(0, Math.floor((y - this.bounds.top) / this.cell.height)));
  }

  private cellAt(x: number, y: number): number {
    return this.row(y) * this.columns + this.column(x);
  }

  /** The cards that an area touches. */
  within(area: Area): number[] {
    const found: number[] = [];
    const { width, height } = this.card;
    const [first, last] = [this.column(area.left - width), this.column(area.right)];
    for (let row = this.row(area.top - height); row <= this.row(area.bottom); row += 1) {
      const from = this.start[row * this.columns + first] ?? 0;
      const to = this.start[row * this.columns + last + 1] ?? 0;
      for (let at = from; at < to; at += 1) {
        const node = this.nodes[at] ?? 0;
        const [x, y] = [this.x[node] ?? 0, this.y[node] ?? 0];
        if (x <= area.right && x + width >= area.left && y <= area.bottom && y + height >= area.top)
          found.push(node);
      }
    }
    return found;
  }

  /** The card at a point, or the nearest one within reach: far out cards are smaller than a pointer. */
  at(x: number, y: number, reach: number): number | null {
    const near = this.within({ left: x - reach, right: x + reach, top: y - reach, bottom: y + reach });
    let found: number | null = null;
    let least = Number.POSITIVE_INFINITY;
    for (const node of near) {
      const dx = outside(x, this.x[node] ?? 0, this.card.width);
      const dy = outside(y, this.y[node] ?? 0, this.card.height);
      const far = dx * dx + dy * dy;
      if (far < least) [found, least] = [node, far];
    }
    return found;
  }
}

const outside = (at: number, from: number, length: number) => Math.max(0, from - at, at - from - length);
