import * as Radix from "@radix-ui/react-dropdown-menu";
import { Ellipsis } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

export const MENU_ITEM =
  "flex cursor-pointer items-center gap-2 rounded-sm px-2 py-1.5 text-sm outline-none data-[highlighted]:bg-hover " +
  "data-[disabled]:cursor-not-allowed data-[disabled]:opacity-50";
export const MENU_CONTENT =
  "z-50 max-h-[70vh] min-w-44 overflow-auto rounded-md border border-line-strong bg-canvas p-1";

/** What can be done with a row. */
export function RowMenu({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Radix.Root>
      <Radix.Trigger
        aria-label={label}
        title={label}
        className="inline-flex size-7 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-ink"
      >
        <Ellipsis size={16} aria-hidden />
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content align="end" sideOffset={2} className={MENU_CONTENT}>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface ItemProps {
  onSelect: () => void;
  children: ReactNode;
  danger?: boolean;
  /** Why it cannot be chosen now. */
  denied?: string | null;
}

export function MenuItem({ onSelect, children, danger = false, denied = null }: ItemProps) {
  return (
    <Radix.Item
      onSelect={onSelect}
      disabled={denied !== null}
      title={denied ?? undefined}
      className={cn(MENU_ITEM, danger && "text-failed")}
    >
      {children}
    </Radix.Item>
  );
}
