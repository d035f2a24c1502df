import * as Radix from "@radix-ui/react-tooltip";
import { type ReactNode, useState } from "react";
import { cn } from "@/lib/cn";

interface HintProps {
  /** What is said on hover, focus and tap. */
  says: ReactNode;
  children: ReactNode;
  className?: string;
}

const DELAY_MILLISECONDS = 150;

/** Something short with more to say. */
export function Hint({ says, children, className }: HintProps) {
  const [open, setOpen] = useState(false);
  return (
    <Radix.Provider delayDuration={DELAY_MILLISECONDS}>
      <Radix.Root open={open} onOpenChange={setOpen}>
        <Radix.Trigger
          type="button"
          className={cn("cursor-help! text-left", className)}
          onPointerDown={(event) => event.preventDefault()}
          onClick={(event) => {
            event.preventDefault();
            setOpen(true);
          }}
        >
          {children}
        </Radix.Trigger>
        <Radix.Portal>
          <Radix.Content
            sideOffset={4}
            collisionPadding={8}
            className="z-50 max-w-80 rounded-md border border-line-strong bg-canvas px-2.5 py-1.5 text-sm break-words text-ink"
          >
            {says}
          </Radix.Content>
        </Radix.Portal>
      </Radix.Root>
    </Radix.Provider>
  );
}
