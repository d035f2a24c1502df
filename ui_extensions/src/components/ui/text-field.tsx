import type { InputHTMLAttributes, ReactNode } from "react";
import { CONTROL, Field } from "@/components/ui/field";
import { cn } from "@/lib/cn";

interface TextFieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "onChange" | "value"> {
  label: string;
  value: string;
  onChange: (value: string) => void;
  help?: ReactNode;
  errors?: string[];
}

/** A line of text with its label, help and errors. */
export function TextField({ label, value, onChange, help, errors, className, ...input }: TextFieldProps) {
  return (
    <Field label={label} help={help} errors={errors ?? []}>
      {(field) => (
        <input
          {...field}
          {...input}
          className={cn(CONTROL, className)}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

interface AreaProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  help?: ReactNode;
  errors?: string[];
}

export function TextArea({ label, value, onChange, help, errors }: AreaProps) {
  return (
    <Field label={label} help={help} errors={errors ?? []}>
      {(field) => (
        <textarea
          {...field}
          rows={3}
          className={cn(CONTROL, "h-auto py-1.5")}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  onChange: (value: T) => void;
  options: { value: T; label: string }[];
  help?: ReactNode;
  errors?: string[];
}

/** One of a few, in a form. */
export function ChoiceField<T extends string>({
  label,
  value,
  onChange,
  options,
  help,
  errors,
}: ChoiceProps<T>) {
  return (
    <Field label={label} help={help} errors={errors ?? []}>
      {(field) => (
        <select
          {...field}
          className={CONTROL}
          value={value}
          onChange={(event) => onChange(event.target.value as T)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface CheckProps {
  label: ReactNode;
  help?: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}

export function CheckField({ label, help, checked, onChange, disabled = false }: CheckProps) {
  return (
    <label className={cn("flex items-start gap-2 text-sm", disabled && "opacity-60")}>
      <input
        type="checkbox"
        className="mt-1 accent-accent"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span className="min-w-0">
        {label}
        {help ? <span className="block text-xs text-faint">{help}</span> : null}
      </span>
    </label>
  );
}
