import { useEffect } from "react";
import { useLatest } from "@/lib/hooks";

/** Keys of a shortcut, as shown to people and as matched: "g d" is a sequence, "mod+k" is Ctrl or Cmd with K. */
export type Shortcuts = Record<string, () => void>;

const SEQUENCE_MILLISECONDS = 1000;

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));

/** Shortcuts for the whole window. Plain keys do nothing while the reader types or a dialog is open. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useLatest(shortcuts);
  useEffect(() => {
    let first = "";
    let firstAt = 0;
    const onKey = (event: KeyboardEvent) => {
      const combined = combination(event);
      const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
      if (plain && (isTyping(event.target) || document.querySelector("[role=dialog]"))) return;
      const sequence = Date.now() - firstAt < SEQUENCE_MILLISECONDS ? `${first} ${combined}` : combined;
      const action = latest.current[sequence] ?? latest.current[combined];
      first = combined;
      firstAt = Date.now();
      if (!action) return;
      event.preventDefault();
      first = "";
      action();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [latest]);
}

function combination(event: KeyboardEvent): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return event.ctrlKey || event.metaKey ? `mod+${key}` : key;
}

/** Focuses the search box of the page, if it has one. */
export function focusSearch(): boolean {
  const input = document.querySelector<HTMLInputElement>("[data-page-search]");
  input?.focus();
  input?.select();
  return input !== null;
}
