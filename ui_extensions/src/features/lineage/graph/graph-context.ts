import { createContext, useContext } from "react";
import type { GraphView } from "@/features/lineage/address";
import type { Lit } from "./relatives";

/** What every card of the graph needs to know besides its own node. */
export interface GraphActions {
  view: GraphView;
  focus: string;
  selected: string | null;
  selectedColumn: string | null;
  /** What belongs to the touched node or column; null while nothing is touched. */
  lit: Lit | null;
  /** The colour of each group; empty where nothing is grouped. */
  bands: ReadonlyMap<string, string>;
  toggle: (side: "up" | "down", uniqueId: string) => void;
  toggleColumns: (uniqueId: string, shown: boolean) => void;
  showAllColumns: (uniqueId: string) => void;
  select: (uniqueId: string, column?: string | null) => void;
  hover: (uniqueId: string | null, column?: string | null) => void;
  toggleGroup: (name: string) => void;
}

export const GraphContext = createContext<GraphActions | null>(null);

export function useGraph(): GraphActions {
  const graph = useContext(GraphContext);
  if (!graph) throw new Error("A node card is drawn outside of a graph.");
  return graph;
}
