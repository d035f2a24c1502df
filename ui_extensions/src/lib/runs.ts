const EXTERNAL = "external-";

/** Whether there is a run to open: results that were brought from elsewhere have none here. */
export const isOpenable = (runId: string | null | undefined): runId is string =>
  typeof runId === "string" && runId !== "" && !runId.startsWith(EXTERNAL);
