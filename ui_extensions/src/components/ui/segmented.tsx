import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

interface SegmentedProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  options: { value: string; label: ReactNode; count?: number | undefined }[];
}

/** One of a few views, all of them in sight. */
export function Segmented({ label, value, onChange, options }: SegmentedProps) {
  return (
    <div className="flex flex-wrap gap-1" role="group" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
          className={cn(
            "inline-flex h-7 items-center gap-1.5 rounded-md border px-2 text-sm",
            option.value === value ? "border-accent bg-accent-soft" : "text-muted hover:bg-hover",
          )}
        >
          {option.label}
          {option.count === undefined ? null : <span className="text-xs text-faint">{option.count}</span>}
        </button>
      ))}
    </div>
  );
}
