import { lazy, Suspense } from "react";
import type { MarkedRange } from "@/components/ui/code-editor";
import { Skeleton } from "@/components/ui/feedback";

const CodeEditor = lazy(() => import("@/components/ui/code-editor"));

interface CodeViewProps {
  code: string;
  language: string | null;
  label: string;
  /** A part that is marked, and scrolled to. */
  mark?: MarkedRange | null;
  className?: string;
}

/** Read-only code, highlighted the same everywhere. The highlighter is loaded when the first code is shown. */
export function CodeView(props: CodeViewProps) {
  return (
    <Suspense fallback={<Skeleton className="m-3 h-40" />}>
      <CodeEditor {...props} />
    </Suspense>
  );
}
