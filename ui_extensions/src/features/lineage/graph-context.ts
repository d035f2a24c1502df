import { createContext, useContext } from "react";

/** What every card of the graph needs to know besides its own node. */
export interface GraphActions {
  focus: string;
  selected: string | null;
  /** The hovered node's relatives; null while nothing is hovered. */
  lit: ReadonlySet<string> | null;
  expandedUp: ReadonlySet<string>;
  expandedDown: ReadonlySet<string>;
  toggle: (side: "up" | "down", uniqueId: string) => void;
  select: (uniqueId: string) => void;
  hover: (uniqueId: string | null) => void;
}

export const GraphContext = createContext<GraphActions | null>(null);

export function useGraph(): GraphActions {
  const graph = useContext(GraphContext);
  if (!graph) throw new Error("A node card is drawn outside of a graph.");
  return graph;
}
