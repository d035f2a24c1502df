import * as Radix from "@radix-ui/react-dialog";
import { X } from "lucide-react";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/cn";

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: string;
  children: ReactNode;
  wide?: boolean;
}

export function Dialog({ open, onClose, title, description, children, wide = false }: DialogProps) {
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-scrim" />
        <Radix.Content
          onOpenAutoFocus={focusFirstField}
          {...(description ? {} : { "aria-describedby": undefined })}
          className={cn(
            "fixed top-[6vh] left-1/2 z-50 flex max-h-[88vh] w-[calc(100vw-16px)] -translate-x-1/2 flex-col",
            "rounded-md border border-line-strong bg-canvas outline-none",
            wide ? "max-w-2xl" : "max-w-md",
          )}
        >
          <div className="flex items-start justify-between gap-3 px-4 pt-3">
            <div>
              <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
              {description ? (
                <Radix.Description className="text-sm text-muted">{description}</Radix.Description>
              ) : null}
            </div>
            <Radix.Close
              aria-label="Close"
              className="inline-flex size-7 items-center justify-center rounded-md text-muted hover:bg-hover"
            >
              <X size={16} aria-hidden />
            </Radix.Close>
          </div>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** The first field, not the button that closes; without a field, the dialog itself. */
function focusFirstField(event: Event): void {
  event.preventDefault();
  const content = event.target as HTMLElement;
  (content.querySelector<HTMLElement>("input, select, textarea") ?? content).focus();
}

interface ConfirmProps {
  open: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  action: string;
  onConfirm: () => void;
  busy?: boolean;
  /** What the button that changes nothing says. */
  keep?: string;
  /** A word to be typed first, for what cannot be undone. */
  typed?: string;
}

/** Names a destructive action and explains it before it is done. */
export function Confirm({ open, onClose, title, ...rest }: ConfirmProps) {
  return (
    <Dialog open={open} onClose={onClose} title={title}>
      <ConfirmForm onClose={onClose} {...rest} />
    </Dialog>
  );
}

function ConfirmForm({
  onClose,
  children,
  action,
  onConfirm,
  busy = false,
  keep = "Keep it",
  typed,
}: Omit<ConfirmProps, "open" | "title">) {
  const [text, setText] = useState("");
  const id = useId();
  const ready = typed === undefined || text === typed;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready && !busy) onConfirm();
  };
  return (
    <form onSubmit={submit}>
      <div className="px-4 py-2 text-muted">{children}</div>
      {typed === undefined ? null : (
        <div className="flex flex-col gap-1 px-4 pb-2">
          <label htmlFor={id} className="text-sm">
            Type <code className="font-mono select-all">{typed}</code> to go on
          </label>
          <input
            id={id}
            className="h-8 rounded-md border bg-canvas px-2 font-mono text-sm"
            value={text}
            onChange={(event) => setText(event.target.value)}
            autoComplete="off"
            spellCheck={false}
          />
        </div>
      )}
      <div className="flex justify-end gap-2 px-4 pt-2 pb-4">
        <Button onClick={onClose}>{keep}</Button>
        <Button type="submit" look="danger" disabled={busy || !ready}>
          {action}
        </Button>
      </div>
    </form>
  );
}
