const numbers = new Intl.NumberFormat("en-US");

export const UNKNOWN = "unknown";

/** 12345 -> "12,345". */
export const formatNumber = (value: number) => numbers.format(value);

/** "1 model", "25 models". */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`;
}

/** 0.42 -> "0.42s", 83 -> "1m 23s", 3720 -> "1h 02m". */
export function formatDuration(seconds: number): string {
  if (seconds < 0) return "0s";
  if (seconds < 1) return `${seconds.toFixed(2)}s`;
  if (seconds < 10) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${pad(whole % 60)}s`;
  const hours = Math.floor(whole / 3600);
  if (hours < 48) return `${hours}h ${pad(Math.floor((whole % 3600) / 60))}m`;
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

const pad = (value: number) => String(value).padStart(2, "0");

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** 3 of 4 -> "75%"; of nothing there is no share. */
export function formatShare(part: number, whole: number): string | null {
  return whole === 0 ? null : `${Math.round((100 * part) / whole)}%`;
}

/** dbt's word for a resource type as people write it. */
export function typeLabel(resourceType: string): string {
  return resourceType.replaceAll("_", " ");
}

export function typePlural(resourceType: string): string {
  const label = typeLabel(resourceType);
  if (label.endsWith("sis")) return `${label.slice(0, -2)}es`;
  return label.endsWith("y") ? `${label.slice(0, -1)}ies` : `${label}s`;
}
