import {
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useId,
  useRef,
  useState,
} from "react";
import { CONTROL } from "@/components/ui/field";
import { cn } from "@/lib/cn";

interface ComboProps<T> {
  label: string;
  /** The name of the list, as screen readers say it. */
  listLabel: string;
  items: readonly T[];
  keyOf: (item: T) => string;
  onType: (text: string) => void;
  onChoose: (item: T) => void;
  /** What is said where there is nothing to choose from. */
  empty: string;
  children: (item: T) => ReactNode;
  /** Opens without a letter typed. */
  eager?: boolean;
  main?: boolean;
}

/** A search box whose list is what matches; arrows and Enter choose. */
export function Combo<T>({
  label,
  listLabel,
  items,
  keyOf,
  onType,
  onChoose,
  empty,
  children,
  eager = false,
  main = false,
}: ComboProps<T>) {
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const listId = useId();
  const box = useRef<HTMLDivElement>(null);
  useCloseOutside(box, () => setOpen(false));

  const type = (next: string) => {
    setText(next);
    setActive(0);
    onType(next);
  };
  const choose = (item: T | undefined) => {
    if (item === undefined) return;
    type("");
    setOpen(false);
    onChoose(item);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Escape") setOpen(false);
    else if (event.key === "Enter") choose(items[active]);
    else if (event.key === "ArrowDown") setActive((index) => Math.min(index + 1, items.length - 1));
    else if (event.key === "ArrowUp") setActive((index) => Math.max(index - 1, 0));
    else return;
    event.preventDefault();
  };
  const showing = open && (eager || text.trim() !== "");
  return (
    <div ref={box} className="relative w-full max-w-md">
      <input
        role="combobox"
        aria-expanded={showing}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-label={label}
        aria-activedescendant={showing && items[active] ? `${listId}-${active}` : undefined}
        className={cn(CONTROL, "w-full")}
        placeholder={label}
        value={text}
        data-page-search={main || undefined}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => {
          type(event.target.value);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onBlur={(event) => {
          if (!box.current?.contains(event.relatedTarget)) setOpen(false);
        }}
        onKeyDown={onKeyDown}
      />
      {showing ? (
        <ul
          id={listId}
          // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: the list of a combobox
          role="listbox"
          aria-label={listLabel}
          className="absolute z-30 mt-1 max-h-80 w-full min-w-56 overflow-auto rounded-md border border-line-strong bg-canvas p-1"
        >
          {items.map((item, index) => (
            <li
              key={keyOf(item)}
              id={`${listId}-${index}`}
              // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: an option of a combobox
              role="option"
              aria-selected={index === active}
              tabIndex={-1}
              onMouseEnter={() => setActive(index)}
              onMouseDown={(event) => {
                event.preventDefault();
                choose(item);
              }}
              className={cn(
                "flex cursor-pointer items-center gap-2 rounded-sm px-2 py-1 text-sm",
                index === active && "bg-hover",
              )}
            >
              {children(item)}
            </li>
          ))}
          {items.length === 0 ? <li className="px-2 py-1.5 text-sm text-muted">{empty}</li> : null}
        </ul>
      ) : null}
    </div>
  );
}

function useCloseOutside(box: RefObject<HTMLElement | null>, close: () => void): void {
  useEffect(() => {
    const onDown = (event: MouseEvent) => {
      if (!box.current?.contains(event.target as Node)) close();
    };
    document.addEventListener("mousedown", onDown);
    return () => document.removeEventListener("mousedown", onDown);
  });
}
