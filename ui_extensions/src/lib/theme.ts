import { useSyncExternalStore } from "react";
import { forget, recall, remember } from "@/lib/storage";

export type ThemeChoice = "system" | "light" | "dark";

const listeners = new Set<() => void>();
const systemIsDark = () => matchMedia("(prefers-color-scheme: dark)").matches;

function currentChoice(): ThemeChoice {
  const stored = recall("theme");
  return stored === "light" || stored === "dark" ? stored : "system";
}

function apply(): void {
  const choice = currentChoice();
  const dark = choice === "dark" || (choice === "system" && systemIsDark());
  document.documentElement.dataset["theme"] = dark ? "dark" : "light";
  for (const listener of listeners) listener();
}

export function chooseTheme(choice: ThemeChoice): void {
  if (choice === "system") forget("theme");
  else remember("theme", choice);
  apply();
}

/** Follows the system's theme while the reader has not chosen one. Called once at start. */
export function watchSystemTheme(): void {
  apply();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
}

export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore((changed) => {
    listeners.add(changed);
    return () => listeners.delete(changed);
  }, currentChoice);
}
