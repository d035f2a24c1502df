import { useMemo } from "react";
import { useSearchParams } from "react-router";
import { paths, type Query } from "@/lib/paths";

/** Which state of the catalog is looked at. Empty words: the default environment, as it is now. */
export interface Reading {
  environment: string;
  snapshot: string;
}

export const NOW: Reading = { environment: "", snapshot: "" };

/** The reading as the address has it. What is no number is no snapshot. */
export function readingOf(params: URLSearchParams): Reading {
  const snapshot = params.get("snapshot") ?? "";
  return { environment: params.get("environment") ?? "", snapshot: /^\d+$/.test(snapshot) ? snapshot : "" };
}

export function useReading(): Reading {
  const [params] = useSearchParams();
  const { environment, snapshot } = readingOf(params);
  return useMemo(() => ({ environment, snapshot }), [environment, snapshot]);
}

/** The reading as every question about the catalog carries it: only what is set. */
export const asOf = ({ environment, snapshot }: Reading) => ({
  ...(environment && { environment }),
  ...(snapshot && { snapshot: Number(snapshot) }),
});

/** The same for what is only known of now. */
export const inEnvironment = ({ environment }: Reading) => (environment ? { environment } : {});

/** Addresses within the catalog that stay in the environment and at the snapshot one looks at. */
export function useCatalogPaths(workspace: string) {
  const reading = useReading();
  return useMemo(() => {
    const stay = { environment: reading.environment || null, snapshot: reading.snapshot || null };
    return {
      dashboard: () => paths.dashboard(workspace, { environment: stay.environment }),
      catalog: (query?: Query) => paths.catalog(workspace, { ...stay, ...query }),
      node: (uniqueId: string, query?: Query) => paths.node(workspace, uniqueId, { ...stay, ...query }),
      lineage: (query?: Query) => paths.lineage(workspace, { ...stay, ...query }),
      lineageGraph: (query?: Query) => paths.lineageGraph(workspace, { ...stay, ...query }),
      lineageCoverage: (query?: Query) => paths.lineageCoverage(workspace, { ...stay, ...query }),
      lineageChanges: (query?: Query) =>
        paths.lineageChanges(workspace, { environment: stay.environment, ...query }),
      validation: (query?: Query) => paths.validation(workspace, { ...stay, ...query }),
      changes: (query?: Query) => paths.changes(workspace, { environment: stay.environment, ...query }),
      artifacts: (query?: Query) => paths.artifacts(workspace, { environment: stay.environment, ...query }),
    };
  }, [workspace, reading]);
}
