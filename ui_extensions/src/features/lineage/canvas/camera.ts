/** Where one looks: the point of the graph in the middle of the screen, and how many pixels one of its units has. */
export interface Camera {
  x: number;
  y: number;
  zoom: number;
}

export interface Size {
  width: number;
  height: number;
}

export interface Area {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export const MAX_ZOOM = 1.6;
const MARGIN = 0.92;
const FIT_AT_MOST = 1;

export const areaOf = (camera: Camera, size: Size): Area => ({
  left: camera.x - size.width / 2 / camera.zoom,
  right: camera.x + size.width / 2 / camera.zoom,
  top: camera.y - size.height / 2 / camera.zoom,
  bottom: camera.y + size.height / 2 / camera.zoom,
});

export const grown = (area: Area, by: number): Area => {
  const width = (area.right - area.left) * by;
  const height = (area.bottom - area.top) * by;
  return {
    left: area.left - width,
    right: area.right + width,
    top: area.top - height,
    bottom: area.bottom + height,
  };
};

export const holds = (outer: Area, inner: Area) =>
  outer.left <= inner.left &&
  outer.top <= inner.top &&
  outer.right >= inner.right &&
  outer.bottom >= inner.bottom;

/** The whole of it in sight. */
export function fitted(bounds: Area, size: Size): Camera {
  const width = Math.max(1, bounds.right - bounds.left);
  const height = Math.max(1, bounds.bottom - bounds.top);
  const zoom = Math.min(FIT_AT_MOST, (MARGIN * size.width) / width, (MARGIN * size.height) / height);
  return { x: (bounds.left + bounds.right) / 2, y: (bounds.top + bounds.bottom) / 2, zoom };
}

export const toWorld = (camera: Camera, size: Size, x: number, y: number) => ({
  x: camera.x + (x - size.width / 2) / camera.zoom,
  y: camera.y + (y - size.height / 2) / camera.zoom,
});

export const toScreen = (camera: Camera, size: Size, x: number, y: number) => ({
  x: (x - camera.x) * camera.zoom + size.width / 2,
  y: (y - camera.y) * camera.zoom + size.height / 2,
});

export const panned = (camera: Camera, dx: number, dy: number): Camera => ({
  ...camera,
  x: camera.x - dx / camera.zoom,
  y: camera.y - dy / camera.zoom,
});

/** Nearer or farther; the point under the pointer stays there. */
export function zoomedAt(
  camera: Camera,
  size: Size,
  factor: number,
  at: { x: number; y: number },
  minZoom: number,
): Camera {
  const zoom = Math.min(MAX_ZOOM, Math.max(minZoom, camera.zoom * factor));
  const point = toWorld(camera, size, at.x, at.y);
  return {
    zoom,
    x: point.x - (at.x - size.width / 2) / zoom,
    y: point.y - (at.y - size.height / 2) / zoom,
  };
}

/** The graph can be pushed aside, but never out of sight. */
export const kept = (camera: Camera, bounds: Area): Camera => ({
  ...camera,
  x: Math.min(bounds.right, Math.max(bounds.left, camera.x)),
  y: Math.min(bounds.bottom, Math.max(bounds.top, camera.y)),
});

/** Between two views, a share of the way. Zoom is gone through evenly to the eye. */
export function between(from: Camera, to: Camera, share: number): Camera {
  const eased = share < 0.5 ? 2 * share * share : 1 - (2 - 2 * share) ** 2 / 2;
  return {
    x: from.x + (to.x - from.x) * eased,
    y: from.y + (to.y - from.y) * eased,
    zoom: from.zoom * (to.zoom / from.zoom) ** eased,
  };
}

/** The view as the address has it. */
export const viewText = ({ x, y, zoom }: Camera) =>
  `${Math.round(x)},${Math.round(y)},${Number(zoom.toPrecision(4))}`;

export function viewFrom(text: string | null): Camera | null {
  const [x, y, zoom] = (text ?? "").split(",").map(Number);
  if (x === undefined || y === undefined || zoom === undefined) return null;
  if (![x, y, zoom].every(Number.isFinite) || zoom <= 0 || text === "") return null;
  return { x, y, zoom: Math.min(zoom, MAX_ZOOM) };
}
