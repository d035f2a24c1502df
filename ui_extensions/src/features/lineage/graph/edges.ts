import { type Edge, MarkerType } from "@xyflow/react";
import type { ColumnEdge } from "@/api/lineage-types";
import { edgeKey, nodeEdgeKey } from "@/features/lineage/address";
import { changeView, columnWord, transformWords } from "@/features/lineage/words";
import { type Card, hasRow, type Model } from "./model";
import { isLitEdge, type Lit } from "./relatives";

const DOTTED = "1.5 5";
const LOW = 0.3;

interface Look {
  stroke: string;
  width: number;
  opacity: number;
  onPath: boolean;
}

function lookOf(
  change: string | null,
  onPath: boolean,
  faded: boolean,
  chosen: boolean,
  quiet: string,
): Look {
  const view = changeView(change);
  const colour = view ? `var(--${view.colour})` : quiet;
  return {
    stroke: onPath || chosen ? "var(--accent)" : colour,
    width: chosen ? 2.6 : onPath ? 1.9 : view ? 1.8 : 1.3,
    opacity: faded ? LOW : 1,
    onPath: onPath || chosen,
  };
}

const styled = ({ stroke, width, opacity, onPath }: Look) => ({
  style: { stroke, strokeWidth: width, opacity },
  markerEnd: { type: MarkerType.ArrowClosed, color: stroke, width: 13, height: 13 },
  zIndex: onPath ? 2 : 0,
});

/** "+", "-" or "~" in the middle of an edge that is not what it was. */
const signed = (change: string | null) => {
  const view = changeView(change);
  return view
    ? {
        label: view.sign,
        labelStyle: { fill: `var(--${view.colour})`, fontWeight: 700 },
        labelBgStyle: { fill: "var(--canvas)" },
      }
    : {};
};

/** Edges as the graph draws them: values solid, influences dotted, between nodes quieter than between columns. */
export function edgesOf(model: Model, lit: Lit | null, chosen: string | null): Edge[] {
  const cards = new Map(model.cards.map((card) => [card.id, card]));
  return [
    ...model.edges.map((edge): Edge => {
      const onPath =
        lit !== null && lit.columns === null && lit.nodes.has(edge.from) && lit.nodes.has(edge.to);
      const key = nodeEdgeKey(edge.from, edge.to);
      return {
        id: key,
        source: edge.from,
        target: edge.to,
        sourceHandle: "out",
        targetHandle: "in",
        ...styled(lookOf(edge.change, onPath, lit !== null && !onPath, chosen === key, "var(--line-strong)")),
        ...signed(edge.change),
      };
    }),
    ...model.columnEdges.map((edge) => columnEdge(edge, cards, lit, chosen)),
  ];
}

function columnEdge(
  edge: ColumnEdge,
  cards: ReadonlyMap<string, Card>,
  lit: Lit | null,
  chosen: string | null,
): Edge {
  const key = edgeKey(edge);
  const onPath = lit !== null && isLitEdge(lit, edge);
  const look = lookOf(edge.change, onPath, lit !== null && !onPath, chosen === key, "var(--muted)");
  const made = styled(look);
  return {
    id: key,
    source: edge.from.node,
    target: edge.to.node,
    sourceHandle: hasRow(cards.get(edge.from.node), edge.from.column) ? `out:${edge.from.column}` : "out",
    targetHandle: hasRow(cards.get(edge.to.node), edge.to.column) ? `in:${edge.to.column}` : "in",
    ...made,
    style: {
      ...made.style,
      ...(edge.kind === "influence" && { strokeDasharray: DOTTED, strokeLinecap: "round" as const }),
    },
    ...signed(edge.change),
    ariaLabel: `${columnWord(edge.from.column)} of ${edge.from.name} to ${columnWord(edge.to.column)} of ${edge.to.name}: ${transformWords(edge.transform)}`,
  };
}
