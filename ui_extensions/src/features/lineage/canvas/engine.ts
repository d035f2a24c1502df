import { Bitmap } from "./bitmap";
import {
  type Area,
  areaOf,
  between,
  type Camera,
  fitted,
  grown,
  holds,
  kept,
  MAX_ZOOM,
  panned,
  type Size,
  toScreen,
  toWorld,
  zoomedAt,
} from "./camera";
import { type Look, paint } from "./painter";
import { CARD, type Scene } from "./scene";

/** How long a frame may spend on drawing what is to come, beside showing what there is. */
const BUDGET_MILLISECONDS = 7;
const OVERVIEW_PIXELS = 1400;
/** How much more than the screen a bitmap holds on each side. */
const SPARE = 0.3;
/** A bitmap never takes more; a very large screen is drawn a little coarser instead. */
const MOST_PIXELS = 16_000_000;
const FLIGHT_MILLISECONDS = 190;
/** A bitmap drawn for another zoom is worth finishing within these. */
const WORTH = 1.5;
/** While the zoom changes, a bitmap is stretched so far before another is drawn. */
const BEARABLE = 2.2;
const ZOOM_RESTS_MILLISECONDS = 90;

export interface EngineEvents {
  /** The view came to rest somewhere else. */
  onRest: (camera: Camera) => void;
  onMove: (camera: Camera) => void;
}

/**
 * Shows a scene. Drawing thirty thousand edges takes longer than a frame may; so the screen shows a bitmap that holds more than
 * is in sight, pushed and stretched while one moves, and the next bitmap is drawn in small steps meanwhile. Behind both lies one
 * small picture of everything, so that no place is ever empty.
 */
export class Engine {
  private readonly context: CanvasRenderingContext2D;
  private readonly events: EngineEvents;
  private scene: Scene;
  private look: Look;
  private size: Size = { width: 1, height: 1 };
  private ratio = 1;
  private camera: Camera;
  private front: Bitmap | null = null;
  private back: Bitmap | null = null;
  private overview: Bitmap | null = null;
  private job: Generator<void> | null = null;
  private overviewJob: Generator<void> | null = null;
  private frame = 0;
  private flight: { from: Camera; to: Camera; began: number } | null = null;
  private hovered: number | null = null;
  private selected: number | null = null;
  private zoomedAt = 0;
  private rest: ReturnType<typeof setTimeout> | undefined;

  constructor(
    canvas: HTMLCanvasElement,
    scene: Scene,
    look: Look,
    camera: Camera | null,
    events: EngineEvents,
  ) {
    const context = canvas.getContext("2d", { alpha: false });
    if (!context) throw new Error("This browser cannot draw on a canvas.");
    this.context = context;
    this.scene = scene;
    this.look = look;
    this.events = events;
    this.camera = camera ?? { x: 0, y: 0, zoom: 0 };
  }

  get view(): Camera {
    return this.camera;
  }

  get shown(): Size {
    return this.size;
  }

  /** The small picture of everything, for the map of it. */
  get map(): Bitmap | null {
    return this.overview;
  }

  private get minZoom(): number {
    return Math.min(MAX_ZOOM, fitted(this.scene.bounds, this.size).zoom * 0.6);
  }

  resize(width: number, height: number): void {
    this.size = { width: Math.max(1, width), height: Math.max(1, height) };
    const most = Math.sqrt(MOST_PIXELS / (this.size.width * this.size.height * (1 + 2 * SPARE) ** 2));
    this.ratio = Math.min(2, window.devicePixelRatio || 1, most);
    this.context.canvas.width = Math.round(this.size.width * this.ratio);
    this.context.canvas.height = Math.round(this.size.height * this.ratio);
    if (this.camera.zoom === 0) this.camera = fitted(this.scene.bounds, this.size);
    this.front = null;
    this.restart();
  }

  show(scene: Scene, look: Look): void {
    const other = scene !== this.scene;
    this.scene = scene;
    this.look = look;
    if (other) {
      this.hovered = null;
      this.camera = fitted(scene.bounds, this.size);
      this.front = null;
    }
    this.overview = null;
    this.overviewJob = null;
    this.restart();
  }

  /** Only what is lit has changed: the map stays as it is. */
  light(look: Look): void {
    this.look = look;
    this.restart();
  }

  mark(hovered: number | null, selected: number | null): void {
    if (hovered === this.hovered && selected === this.selected) return;
    this.hovered = hovered;
    this.selected = selected;
    this.wake();
  }

  fit(): void {
    this.fly(fitted(this.scene.bounds, this.size));
  }

  pan(dx: number, dy: number): void {
    this.go(panned(this.camera, dx, dy));
  }

  zoom(factor: number, at = { x: this.size.width / 2, y: this.size.height / 2 }): void {
    this.go(zoomedAt(this.camera, this.size, factor, at, this.minZoom));
  }

  /** To a node, near enough to read it. */
  flyTo(node: number): void {
    this.fly({
      x: (this.scene.x[node] ?? 0) + CARD.width / 2,
      y: (this.scene.y[node] ?? 0) + CARD.height / 2,
      zoom: Math.max(0.8, Math.min(1.1, this.camera.zoom)),
    });
  }

  fly(to: Camera): void {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.go(to);
      return;
    }
    this.flight = { from: this.camera, to, began: performance.now() };
    this.wake();
  }

  centre(x: number, y: number): void {
    this.go({ ...this.camera, x, y });
  }

  nodeAt(x: number, y: number): number | null {
    const point = toWorld(this.camera, this.size, x, y);
    return this.scene.grid.at(point.x, point.y, 5 / this.camera.zoom);
  }

  /** Where the card of a node is on the screen. */
  placeOf(node: number): Area {
    const corner = toScreen(this.camera, this.size, this.scene.x[node] ?? 0, this.scene.y[node] ?? 0);
    return {
      left: corner.x,
      top: corner.y,
      right: corner.x + CARD.width * this.camera.zoom,
      bottom: corner.y + CARD.height * this.camera.zoom,
    };
  }

  close(): void {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.rest);
  }

  private go(camera: Camera): void {
    this.flight = null;
    this.moved(kept(camera, this.scene.bounds));
  }

  private moved(camera: Camera): void {
    if (camera.zoom !== this.camera.zoom) this.zoomedAt = performance.now();
    this.camera = camera;
    this.events.onMove(camera);
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.events.onRest(this.camera), 250);
    this.wake();
  }

  private restart(): void {
    this.back = null;
    this.job = null;
    if (this.front) this.front.outdated = true;
    this.wake();
  }

  private wake(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame((now) => this.tick(now));
  }

  private tick(now: number): void {
    this.frame = 0;
    this.advanceFlight(now);
    this.draw();
    const until = performance.now() + BUDGET_MILLISECONDS;
    const working = this.work(until);
    if (working || this.flight || this.isZooming()) this.wake();
  }

  private advanceFlight(now: number): void {
    if (!this.flight) return;
    const share = Math.min(1, (now - this.flight.began) / FLIGHT_MILLISECONDS);
    const camera = between(this.flight.from, this.flight.to, Math.max(0, share));
    if (share >= 1) this.flight = null;
    this.moved(camera);
  }

  /** Draws ahead until the time is up; whether there is more to do. */
  private work(until: number): boolean {
    if (this.overview === null || this.overviewJob !== null) return this.workOnOverview(until);
    this.plan();
    const { job, back } = this;
    if (job === null || back === null) return false;
    if (!this.run(job, back, until)) return true;
    this.front = back;
    this.back = null;
    this.job = null;
    return true;
  }

  private workOnOverview(until: number): boolean {
    if (this.overview === null || this.overviewJob === null) {
      const { bounds } = this.scene;
      const longest = Math.max(bounds.right - bounds.left, bounds.bottom - bounds.top, 1);
      this.overview = new Bitmap(bounds, Math.min(0.5, OVERVIEW_PIXELS / longest));
      this.overviewJob = this.paintInto(this.overview, { ...this.look, lit: null });
    }
    if (this.run(this.overviewJob, this.overview, until)) this.overviewJob = null;
    return true;
  }

  private paintInto(bitmap: Bitmap, look: Look): Generator<void> {
    return paint(bitmap.context, this.scene, look, bitmap.area, bitmap.scale, bitmap.scale / this.ratio);
  }

  /** True when it is done. */
  private run(job: Generator<void>, bitmap: Bitmap, until: number): boolean {
    do {
      if (job.next().done) return true;
      // A browser may put drawing off until somebody looks: looking makes the time that it takes show here, step by step.
      bitmap.flush();
    } while (performance.now() < until);
    return false;
  }

  /** Begins another bitmap where the one in sight does not do, and none that would is being drawn. */
  private plan(): void {
    const area = areaOf(this.camera, this.size);
    const scale = this.camera.zoom * this.ratio;
    if (this.serves(this.front, area, scale, 0.04)) {
      this.back = null;
      this.job = null;
      return;
    }
    if (this.back && this.worthFinishing(this.back, area, scale)) return;
    if (this.isZooming() && this.bears(this.front, area, scale)) {
      this.back = null;
      this.job = null;
      return;
    }
    this.back = new Bitmap(grown(area, SPARE), scale);
    this.job = this.paintInto(this.back, this.look);
  }

  /** What is drawn for a zoom that has changed again is drawn for nothing. */
  private isZooming(): boolean {
    return performance.now() - this.zoomedAt < ZOOM_RESTS_MILLISECONDS;
  }

  /** Whether it can still be stretched to what is in sight. */
  private bears(bitmap: Bitmap | null, area: Area, scale: number): boolean {
    if (!bitmap || bitmap.outdated) return false;
    const change = bitmap.scale / scale;
    return change < BEARABLE && change > 1 / BEARABLE && holds(bitmap.area, grown(area, -0.15));
  }

  /** Whether it shows the area at its zoom, with some room to go on. */
  private serves(bitmap: Bitmap | null, area: Area, scale: number, room: number): boolean {
    return (
      bitmap !== null &&
      !bitmap.outdated &&
      Math.abs(bitmap.scale / scale - 1) < 0.001 &&
      holds(bitmap.area, grown(area, room))
    );
  }

  private worthFinishing(bitmap: Bitmap, area: Area, scale: number): boolean {
    const change = bitmap.scale / scale;
    const inside =
      this.camera.x > bitmap.area.left &&
      this.camera.x < bitmap.area.right &&
      this.camera.y > bitmap.area.top &&
      this.camera.y < bitmap.area.bottom;
    const covers = holds(bitmap.area, grown(area, -0.2));
    return inside && (covers || this.flight !== null) && change < WORTH && change > 1 / WORTH;
  }

  private draw(): void {
    const { context } = this;
    const area = areaOf(this.camera, this.size);
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    if (!this.front || !holds(this.front.area, area)) {
      context.fillStyle = this.look.palette("sunken");
      context.fillRect(0, 0, this.size.width, this.size.height);
      this.overview?.showOn(context, this.camera, this.size);
    }
    this.front?.showOn(context, this.camera, this.size);
    this.drawTouched();
  }

  private drawTouched(): void {
    const { context, camera, size } = this;
    context.setTransform(
      this.ratio * camera.zoom,
      0,
      0,
      this.ratio * camera.zoom,
      this.ratio * (size.width / 2 - camera.x * camera.zoom),
      this.ratio * (size.height / 2 - camera.y * camera.zoom),
    );
    if (this.hovered !== null) this.outline(this.hovered, 1.5);
    if (this.selected !== null) this.outline(this.selected, 2.5);
  }

  private outline(node: number, width: number): void {
    const { context, scene, camera } = this;
    const [x, y] = [scene.x[node] ?? 0, scene.y[node] ?? 0];
    context.strokeStyle = this.look.palette("accent");
    context.lineWidth = width / camera.zoom;
    context.beginPath();
    context.rect(x - 3, y - 3, CARD.width + 6, CARD.height + 6);
    context.stroke();
  }
}
