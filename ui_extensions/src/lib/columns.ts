import { useState } from "react";
import { forget, recall, remember } from "@/lib/storage";

interface Choosable {
  id: string;
  label: string;
  /** Shown unless somebody chose otherwise. */
  initial: boolean;
  /** Cannot be hidden: it says what the row is. */
  fixed?: boolean;
}

/** The columns of a table that are shown. What is chosen is remembered by this browser, by the table's name. */
export function useColumns<T extends Choosable>(table: string, columns: readonly T[]) {
  const [chosen, setChosen] = useState<string[] | null>(() => recall(keyOf(table))?.split(" ") ?? null);
  const isShown = (column: T) =>
    column.fixed || (chosen === null ? column.initial : chosen.includes(column.id));
  const choose = (ids: string[] | null) => {
    if (ids === null) forget(keyOf(table));
    else remember(keyOf(table), ids.join(" "));
    setChosen(ids);
  };
  return {
    shown: columns.filter(isShown),
    isShown,
    toggle: (column: T) =>
      choose(columns.filter((one) => (one === column ? !isShown(one) : isShown(one))).map(({ id }) => id)),
    reset: () => choose(null),
    changed: chosen !== null,
  };
}

const keyOf = (table: string) => `columns.${table}`;
