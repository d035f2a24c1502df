import { Table, Td, Th } from "@/components/ui/table";
import { Unknown } from "@/components/ui/time";
import { asText, fieldsOf, isBlank } from "@/lib/values";

interface RecordTableProps {
  label: string;
  rows: readonly unknown[];
  /** The first columns, by name; what else the rows have follows. */
  first?: string[];
  /** What says nothing here. */
  hidden?: string[];
  /** What an empty place means. Rows of data have nulls. */
  empty?: string;
}

/** A list of records of any shape as a table: one column per name that occurs. */
export function RecordTable({ label, rows, first = [], hidden = [], empty = "not set" }: RecordTableProps) {
  const records = rows.map(fieldsOf);
  const named = [...new Set(records.flatMap((row) => Object.keys(row)))];
  const columns = [
    ...first.filter((name) => named.includes(name)),
    ...named.filter((name) => !first.includes(name)),
  ].filter((name) => !hidden.includes(name) && records.some((row) => !isBlank(row[name])));
  return (
    <Table label={label} className="max-h-96">
      <thead>
        <tr>
          {columns.map((name) => (
            <Th key={name}>{name.replaceAll("_", " ")}</Th>
          ))}
        </tr>
      </thead>
      <tbody>
        {records.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows of any shape have no other name than their place
          <tr key={index}>
            {columns.map((name) => (
              <Td key={name} className="max-w-96 font-mono text-xs leading-5 whitespace-pre-wrap break-words">
                {isBlank(row[name]) ? <Unknown why={empty} /> : asText(row[name])}
              </Td>
            ))}
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
