import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { Link } from "react-router";
import { cn } from "@/lib/cn";

type Look = "plain" | "primary" | "danger" | "quiet";

const BASE =
  "inline-flex h-8 items-center justify-center gap-1.5 rounded-md px-2.5 text-sm font-medium whitespace-nowrap " +
  "disabled:opacity-50 aria-disabled:opacity-50";

const LOOKS: Record<Look, string> = {
  plain: "border bg-canvas text-ink hover:bg-hover",
  primary: "bg-accent text-accent-ink hover:brightness-110",
  danger: "bg-failed text-accent-ink hover:brightness-110",
  quiet: "text-muted hover:bg-hover hover:text-ink",
};

interface Deniable {
  /** Why one may not do this. It can still be reached by keyboard, and says so. */
  denied?: string | null;
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement>, Deniable {
  look?: Look;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({ look = "plain", className, type = "button", denied, ...rest }: ButtonProps) {
  const classes = cn(BASE, LOOKS[look], className);
  if (denied) return <DeniedButton why={denied} className={classes} content={rest.children} />;
  return <button type={type} className={classes} {...rest} />;
}

function DeniedButton({ why, className, content }: { why: string; className: string; content: ReactNode }) {
  return (
    <button type="button" aria-disabled title={why} className={cn(className, "cursor-not-allowed!")}>
      {content}
    </button>
  );
}

interface ButtonLinkProps extends Deniable {
  to: string;
  look?: Look;
  children: ReactNode;
  className?: string;
}

/** A link which looks like a button: it goes somewhere, and can be opened in another tab. */
export function ButtonLink({ to, look = "plain", children, className, denied }: ButtonLinkProps) {
  if (denied)
    return <DeniedButton why={denied} className={cn(BASE, LOOKS[look], className)} content={children} />;
  return (
    <Link to={to} className={cn(BASE, LOOKS[look], className)}>
      {children}
    </Link>
  );
}

/** A link out of the app, such as to Dagster's own pages. */
export function ButtonAnchor({
  href,
  children,
  look = "plain",
  denied,
}: {
  href: string;
  children: ReactNode;
  look?: Look;
} & Deniable) {
  if (denied) return <DeniedButton why={denied} className={cn(BASE, LOOKS[look])} content={children} />;
  return (
    <a href={href} className={cn(BASE, LOOKS[look])}>
      {children}
    </a>
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  label: string;
}

export function IconButton({ label, className, children, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={cn(
        "inline-flex size-7 shrink-0 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-ink disabled:opacity-40",
        className,
      )}
      {...rest}
    >
      {children}
    </button>
  );
}
