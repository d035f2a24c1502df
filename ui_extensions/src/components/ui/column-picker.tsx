import { Columns3 } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Popover } from "@/components/ui/popover";
import type { useColumns } from "@/lib/columns";

interface Named {
  id: string;
  label: string;
  initial: boolean;
  fixed?: boolean;
}

interface PickerProps<T extends Named> {
  columns: readonly T[];
  choice: ReturnType<typeof useColumns<T>>;
}

/** Which columns a table shows. */
export function ColumnPicker<T extends Named>({ columns, choice }: PickerProps<T>) {
  return (
    <Popover
      label="Columns of the table"
      className="min-w-48"
      trigger={
        <Button>
          <Columns3 size={14} aria-hidden />
          Columns
        </Button>
      }
    >
      <ul className="flex flex-col gap-0.5">
        {columns.map((column) => (
          <li key={column.id}>
            <label className="flex min-h-7 items-center gap-2 text-sm">
              <input
                type="checkbox"
                className="accent-accent"
                checked={choice.isShown(column)}
                disabled={column.fixed}
                onChange={() => choice.toggle(column)}
              />
              {column.label}
            </label>
          </li>
        ))}
      </ul>
      {choice.changed ? (
        <Button look="quiet" className="mt-1" onClick={choice.reset}>
          As it was at first
        </Button>
      ) : null}
    </Popover>
  );
}
