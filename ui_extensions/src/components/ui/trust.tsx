import { Hint } from "@/components/ui/hint";
import { StatusMark, StatusWord, toneText } from "@/components/ui/status";
import { Unknown } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { type Tone, trustStatus } from "@/lib/status";

interface TrustProps {
  /** Null where there is nothing to trust. */
  trust: string | null;
  reasons: readonly string[];
}

const GOOD: Partial<Record<Tone, string>> = { ok: "Built, tested and fresh, as far as each applies to it." };

/** Whether a node can be trusted: shape, colour and word; why, on hover and focus. */
export function TrustWord({ trust, reasons }: TrustProps) {
  if (trust === null) return <Unknown why="there is nothing to trust in this type" />;
  const status = trustStatus(trust);
  if (reasons.length === 0) return <StatusWord status={status} />;
  return (
    <Hint says={<TrustReasons trust={trust} reasons={reasons} />}>
      <StatusWord status={status} />
    </Hint>
  );
}

export function TrustReasons({ trust, reasons }: TrustProps) {
  const { tone, label } = trustStatus(trust);
  if (reasons.length === 0) return <p className="text-muted">{GOOD[tone] ?? "No reason was given."}</p>;
  return (
    <ul className="flex flex-col gap-1" aria-label={`Why it is ${label.toLowerCase()}`}>
      {reasons.map((reason) => (
        <li key={reason} className="flex items-start gap-1.5">
          <span className={cn("mt-1", toneText(tone))}>
            <StatusMark tone={tone} size={11} />
          </span>
          <span className="min-w-0 break-words">{reason}</span>
        </li>
      ))}
    </ul>
  );
}
