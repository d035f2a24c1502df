import { formatNumber, formatShare } from "@/lib/format";

interface CoverageProps {
  name: string;
  part: number;
  total: number;
}

/** A share in words and as a bar. Of nothing there is no share. */
export function CoverageFact({ name, part, total }: CoverageProps) {
  const share = formatShare(part, total);
  return (
    <div className="flex flex-col">
      <dt className="text-muted">{name}</dt>
      <dd className="mt-auto">
        {share === null ? (
          <span className="text-faint">not known</span>
        ) : (
          <>
            <strong className="text-lg font-semibold">{share}</strong>{" "}
            <span className="whitespace-nowrap text-muted">
              {formatNumber(part)} of {formatNumber(total)}
            </span>
          </>
        )}
        <ShareBar part={part} total={total} className="mt-1" />
      </dd>
    </div>
  );
}

export function ShareBar({
  part,
  total,
  className = "",
}: {
  part: number;
  total: number;
  className?: string;
}) {
  if (total === 0) return <span aria-hidden className={`hatched block h-1.5 rounded-sm ${className}`} />;
  const width = `${Math.min(100, (100 * part) / total)}%`;
  return (
    <span aria-hidden className={`block h-1.5 rounded-sm bg-sunken ${className}`}>
      <span className="block h-full rounded-sm bg-accent" style={{ width }} />
    </span>
  );
}
