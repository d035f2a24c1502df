import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";

/** Copies a text, and says whether it could. */
export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [said, setSaid] = useState<string | null>(null);
  const copy = async () => {
    const done = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    setSaid(done ? "Copied" : "Could not copy");
    setTimeout(() => setSaid(null), 1500);
  };
  return (
    <Button look="quiet" onClick={() => void copy()} aria-live="polite">
      {said === "Copied" ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
      {said ?? label}
    </Button>
  );
}
