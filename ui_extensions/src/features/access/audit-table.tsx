import { ChevronDown, ChevronRight } from "lucide-react";
import type { AuditEntry } from "@/api/types";
import { Heads, Table, Td } from "@/components/ui/table";
import { Ago, Unknown } from "@/components/ui/time";
import { formatExact } from "@/lib/time";
import { difference } from "./difference";

interface AuditTableProps {
  entries: AuditEntry[];
  /** Of every workspace: then each row names its own. */
  everywhere: boolean;
  /** The id of the row that is open. */
  open: string | null;
  onOpen: (id: string | null) => void;
  onSubject: (subject: string) => void;
}

export function AuditTable({ entries, everywhere, open, onOpen, onSubject }: AuditTableProps) {
  return (
    <Table label="Audit log" className="max-h-[calc(100dvh-16rem)]">
      <Heads columns={["When", "Who", "Action", "Subject", ...(everywhere ? ["Workspace"] : []), "From"]} />
      <tbody>
        {entries.map((entry) => (
          <AuditRow
            key={entry.id}
            entry={entry}
            everywhere={everywhere}
            isOpen={String(entry.id) === open}
            onOpen={onOpen}
            onSubject={onSubject}
          />
        ))}
      </tbody>
    </Table>
  );
}

interface RowProps extends Pick<AuditTableProps, "everywhere" | "onOpen" | "onSubject"> {
  entry: AuditEntry;
  isOpen: boolean;
}

function AuditRow({ entry, everywhere, isOpen, onOpen, onSubject }: RowProps) {
  const Icon = isOpen ? ChevronDown : ChevronRight;
  const { subject } = entry;
  return (
    <>
      <tr className="hover:bg-hover">
        <Td>
          <button
            type="button"
            aria-expanded={isOpen}
            aria-label={`Details of ${entry.tag} by ${entry.actor}, ${formatExact(entry.at)}`}
            onClick={() => onOpen(isOpen ? null : String(entry.id))}
            className="inline-flex items-center gap-1.5 hover:underline"
          >
            <Icon size={14} className="shrink-0 text-faint" aria-hidden />
            <Ago at={entry.at} />
          </button>
        </Td>
        <Td>{entry.actor}</Td>
        <Td className="font-mono text-xs leading-5 whitespace-nowrap">{entry.tag}</Td>
        <Td className="max-w-72">
          {subject ? (
            <button
              type="button"
              title={`Only ${subject}`}
              className="block max-w-full truncate text-left hover:underline"
              onClick={() => onSubject(subject)}
            >
              {subject}
            </button>
          ) : (
            <Unknown why="none" />
          )}
        </Td>
        {everywhere ? <Td className="text-muted">{entry.workspace ?? <Unknown why="none" />}</Td> : null}
        <Td className="font-mono text-xs leading-5 text-muted">
          {entry.address ?? <Unknown why="not known" />}
        </Td>
      </tr>
      {isOpen ? (
        <tr>
          <td colSpan={everywhere ? 6 : 5} className="border-b bg-surface px-3 py-3 pl-9">
            <Details entry={entry} />
          </td>
        </tr>
      ) : null}
    </>
  );
}

function Details({ entry }: { entry: AuditEntry }) {
  const changes = difference(entry.before, entry.after);
  const data = entry.data && Object.keys(entry.data).length > 0 ? entry.data : null;
  return (
    <div className="flex max-w-4xl flex-col gap-3 text-sm">
      {changes.length > 0 ? (
        <table aria-label="What changed" className="w-full border-separate border-spacing-y-0.5 text-xs">
          <thead className="text-left text-faint">
            <tr>
              <th scope="col" className="w-40 font-normal">
                Field
              </th>
              <th scope="col" className="px-1.5 font-normal">
                Before
              </th>
              <th scope="col" className="px-1.5 font-normal">
                After
              </th>
            </tr>
          </thead>
          <tbody className="align-top font-mono">
            {changes.map((change) => (
              <tr key={change.field}>
                <th scope="row" className="pr-3 text-left font-normal">
                  {change.field}
                </th>
                <Value text={change.before} sign="-" className="bg-failed-soft text-failed" />
                <Value text={change.after} sign="+" className="bg-ok-soft text-ok" />
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <p className="text-muted">It changed no recorded field.</p>
      )}
      {data ? (
        <pre className="overflow-x-auto rounded-md border bg-canvas p-2 font-mono text-xs whitespace-pre-wrap break-words">
          {JSON.stringify(data, null, 2)}
        </pre>
      ) : null}
      <p className="text-xs text-faint">
        {formatExact(entry.at)}
        {entry.request_id ? (
          <>
            {" "}
            · Request <code className="font-mono select-all">{entry.request_id}</code>
          </>
        ) : null}
      </p>
    </div>
  );
}

function Value({ text, sign, className }: { text: string | undefined; sign: string; className: string }) {
  if (text === undefined) return <td className="px-1.5 text-faint">none</td>;
  return (
    <td className={`px-1.5 break-all whitespace-pre-wrap ${className}`}>
      <span aria-hidden>{sign} </span>
      {text}
    </td>
  );
}
