import {
  BookOpen,
  Box,
  Camera,
  ChartNoAxesColumn,
  CircleHelp,
  Database,
  FlaskConical,
  FunctionSquare,
  type LucideIcon,
  Monitor,
  ReceiptText,
  Ruler,
  Shapes,
  Sprout,
  SquareFunction,
  SquareTerminal,
  TestTubeDiagonal,
  UsersRound,
} from "lucide-react";
import { cn } from "@/lib/cn";
import { typeLabel } from "@/lib/format";

/** One icon and one hue per resource type, the same in lists, graph and search. */
const LOOK: Record<string, { icon: LucideIcon; hue: string }> = {
  model: { icon: Box, hue: "text-type-model" },
  source: { icon: Database, hue: "text-type-source" },
  seed: { icon: Sprout, hue: "text-type-seed" },
  snapshot: { icon: Camera, hue: "text-type-snapshot" },
  test: { icon: FlaskConical, hue: "text-type-test" },
  unit_test: { icon: TestTubeDiagonal, hue: "text-type-test" },
  exposure: { icon: Monitor, hue: "text-type-exposure" },
  metric: { icon: Ruler, hue: "text-type-metric" },
  semantic_model: { icon: Shapes, hue: "text-type-metric" },
  saved_query: { icon: BookOpen, hue: "text-type-metric" },
  analysis: { icon: ChartNoAxesColumn, hue: "text-type-other" },
  macro: { icon: FunctionSquare, hue: "text-type-other" },
  function: { icon: SquareFunction, hue: "text-type-other" },
  group: { icon: UsersRound, hue: "text-type-exposure" },
  doc: { icon: ReceiptText, hue: "text-type-other" },
  operation: { icon: SquareTerminal, hue: "text-type-other" },
  sql_operation: { icon: SquareTerminal, hue: "text-type-other" },
};
/** Kinds that dbt will have one day: shown by the name it gives them. */
const OTHER = { icon: CircleHelp, hue: "text-type-other" };

const lookOf = (resourceType: string) => LOOK[resourceType] ?? OTHER;
export const typeHue = (resourceType: string) => lookOf(resourceType).hue;

export function TypeIcon({ type, size = 15 }: { type: string; size?: number }) {
  const { icon: Icon, hue } = lookOf(type);
  return <Icon size={size} strokeWidth={1.8} className={cn("shrink-0", hue)} aria-hidden />;
}

/** "model", with its icon. */
export function TypeWord({ type }: { type: string }) {
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      <TypeIcon type={type} />
      {typeLabel(type)}
    </span>
  );
}
