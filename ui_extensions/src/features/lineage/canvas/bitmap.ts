import { type Area, type Camera, type Size, toScreen } from "./camera";

/** A picture of an area of the graph, drawn once and shown many times. */
export class Bitmap {
  readonly area: Area;
  readonly scale: number;
  readonly context: CanvasRenderingContext2D;
  /** Still good enough to be shown until the next one is there. */
  outdated = false;

  constructor(area: Area, scale: number) {
    const canvas = document.createElement("canvas");
    this.scale = scale;
    this.area = area;
    canvas.width = Math.max(1, Math.ceil((area.right - area.left) * this.scale));
    canvas.height = Math.max(1, Math.ceil((area.bottom - area.top) * this.scale));
    // In memory of the processor: it is read after each step.
    const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    if (!context) throw new Error("This browser cannot draw on a canvas.");
    this.context = context;
  }

  /** Makes the browser draw now what it has been told to. */
  flush(): void {
    this.context.getImageData(0, 0, 1, 1);
  }

  showOn(context: CanvasRenderingContext2D, camera: Camera, size: Size): void {
    const corner = toScreen(camera, size, this.area.left, this.area.top);
    const { canvas } = this.context;
    const stretch = camera.zoom / this.scale;
    const ratio = context.getTransform().a;
    const exact = Math.abs(stretch * ratio - 1) < 0.001;
    context.imageSmoothingEnabled = !exact;
    context.imageSmoothingQuality = "low";
    // On whole pixels a picture is copied; between them every pixel would be mixed anew, and letters would swim.
    const x = exact ? Math.round(corner.x * ratio) / ratio : corner.x;
    const y = exact ? Math.round(corner.y * ratio) / ratio : corner.y;
    context.drawImage(canvas, x, y, canvas.width * stretch, canvas.height * stretch);
  }
}
