const ORIGINS: Record<string, string> = {
  run: "a run",
  upload: "an upload",
  folder: "the drop folder",
  bucket: "the bucket",
  drop: "a drop",
  parse: "a parse",
};

/** What brought artifacts, as people say it. A word the app does not know is shown as it is. */
export const originWord = (origin: string) => ORIGINS[origin] ?? origin;
