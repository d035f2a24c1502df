import { Download } from "lucide-react";
import type { NodeItem } from "@/api/types";
import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { toCsv, toTsv } from "@/lib/csv";
import { saveFile } from "@/lib/save";
import type { NodeTableColumn } from "./columns";

interface ExportProps {
  workspace: string;
  nodes: NodeItem[];
  columns: NodeTableColumn[];
}

/** The page in sight, in the columns in sight, for a spreadsheet. */
export function ExportPage({ workspace, nodes, columns }: ExportProps) {
  const rows = () => [
    columns.map(({ label }) => label),
    ...nodes.map((node) => columns.map(({ text }) => text(node))),
  ];
  const save = () =>
    // The mark says UTF-8 to spreadsheets that would guess otherwise.
    saveFile(new Blob(["\ufeff", toCsv(rows())], { type: "text/csv" }), `${workspace}-catalog.csv`);
  return (
    <>
      <CopyButton text={toTsv(rows())} label="Copy page" />
      <Button look="quiet" onClick={save} disabled={nodes.length === 0}>
        <Download size={14} aria-hidden />
        CSV
      </Button>
    </>
  );
}
