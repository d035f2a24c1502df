import { Dialog } from "@/components/ui/dialog";

const SHORTCUTS: { keys: string[]; what: string }[] = [
  { keys: ["Ctrl", "K"], what: "Search nodes, columns, pages and workspaces (Cmd on a Mac)" },
  { keys: ["/"], what: "Go to the search box of the page" },
  { keys: ["g", "d"], what: "Dashboard" },
  { keys: ["g", "c"], what: "Catalog" },
  { keys: ["g", "l"], what: "Lineage" },
  { keys: ["g", "h"], what: "Changes" },
  { keys: ["g", "v"], what: "Validation" },
  { keys: ["g", "r"], what: "Runs" },
  { keys: ["g", "j"], what: "Jobs" },
  { keys: ["g", "a"], what: "Artifacts" },
  { keys: ["g", "e"], what: "Environments" },
  { keys: ["g", "s"], what: "Settings of the workspace" },
  {
    keys: ["Arrows"],
    what: "In a table of nodes: from row to row; in the lineage graph: from node to node, and through the columns of a card",
  },
  { keys: ["+", "-", "0"], what: "In the graph of the whole project: nearer, farther, everything" },
  { keys: ["?"], what: "This list" },
];

export function ShortcutsDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="Keyboard shortcuts">
      <dl className="grid grid-cols-[max-content_1fr] gap-x-6 gap-y-2 overflow-y-auto px-4 pt-3 pb-5 text-sm">
        {SHORTCUTS.map(({ keys, what }) => (
          <div key={what} className="contents">
            <dt className="flex gap-1">
              {keys.map((key) => (
                <kbd key={key} className="rounded-sm border bg-surface px-1.5 font-mono text-xs leading-5">
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
