import { Search, X } from "lucide-react";
import { type ReactNode, useEffect, useId, useState } from "react";
import { cn } from "@/lib/cn";
import { useDebounced, useLatest } from "@/lib/hooks";

export const CONTROL =
  "h-8 rounded-md border bg-canvas px-2 text-sm text-ink hover:border-line-strong aria-invalid:border-failed";

interface SearchBoxProps {
  value: string;
  onChange: (value: string) => void;
  placeholder: string;
  /** The page's main search: "/" focuses it. */
  main?: boolean;
  className?: string;
  /** What the server cannot make of it, in words. */
  errors?: readonly string[];
}

const SETTLE_MILLISECONDS = 200;

/** A search box which tells its value when the typing pauses. */
export function SearchBox({
  value,
  onChange,
  placeholder,
  main = false,
  className,
  errors = [],
}: SearchBoxProps) {
  const id = useId();
  const [text, setText] = useState(value);
  const settled = useDebounced(text, SETTLE_MILLISECONDS);
  const latest = useLatest({ value, onChange });
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (settled !== latest.current.value) latest.current.onChange(settled);
  }, [settled, latest]);
  return (
    <div className={cn("relative", className)}>
      <Search size={14} className="pointer-events-none absolute top-2.25 left-2.5 text-faint" aria-hidden />
      <input
        type="text"
        role="searchbox"
        className={cn(CONTROL, "w-full pr-7 pl-8")}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
        placeholder={placeholder}
        aria-label={placeholder}
        aria-invalid={errors.length > 0 || undefined}
        aria-describedby={errors.length > 0 ? id : undefined}
        data-page-search={main || undefined}
        spellCheck={false}
        autoComplete="off"
      />
      {errors.length > 0 ? (
        <p id={id} role="alert" className="mt-1 text-xs break-words text-failed">
          {errors.join(" ")}
        </p>
      ) : null}
      {text ? (
        <button
          type="button"
          className="absolute top-1 right-1 inline-flex size-6 items-center justify-center rounded-sm text-faint hover:text-ink"
          aria-label="Clear the search"
          onClick={() => {
            setText("");
            onChange("");
          }}
        >
          <X size={13} aria-hidden />
        </button>
      ) : null}
    </div>
  );
}

interface SelectProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  options: { value: string; label: string }[];
  className?: string;
}

/** A filter: the browser's own select, its label inside. */
export function FilterSelect({ label, value, onChange, options, className }: SelectProps) {
  return (
    <select
      aria-label={label}
      className={cn(CONTROL, value && "border-accent", className)}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

interface FieldProps {
  label: string;
  help?: ReactNode;
  errors?: string[];
  children: (ids: {
    id: string;
    "aria-describedby": string;
    "aria-invalid": boolean | undefined;
  }) => ReactNode;
}

/** Label above, help below, errors at the field and in words. */
export function Field({ label, help, errors = [], children }: FieldProps) {
  const id = useId();
  const invalid = errors.length > 0;
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {children({ id, "aria-describedby": `${id}-help`, "aria-invalid": invalid || undefined })}
      <div id={`${id}-help`} className="text-xs">
        {errors.map((error) => (
          <p key={error} role="alert" className="text-failed">
            {error}
          </p>
        ))}
        {help && !invalid ? <p className="text-faint">{help}</p> : null}
      </div>
    </div>
  );
}
