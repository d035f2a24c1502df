import { lazy, Suspense } from "react";
import type { DiffProps } from "@/components/ui/diff-lines";
import { Skeleton } from "@/components/ui/feedback";

const DiffLines = lazy(() => import("@/components/ui/diff-lines"));

/** The difference of two texts. What compares them is loaded when the first is shown. */
export function DiffView(props: DiffProps) {
  return (
    <Suspense fallback={<Skeleton className="h-24" />}>
      <DiffLines {...props} />
    </Suspense>
  );
}
