import * as Radix from "@radix-ui/react-dialog";
import { useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import {
  Bell,
  BookOpen,
  Boxes,
  CalendarClock,
  CircleUser,
  Gauge,
  GitCompareArrows,
  ListChecks,
  type LucideIcon,
  PackageOpen,
  Play,
  Plus,
  ScrollText,
  ServerCog,
  Settings,
  Table2,
  Users,
  Workflow,
} from "lucide-react";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useMay } from "@/api/access";
import { describeError } from "@/api/errors";
import { searchQuery } from "@/api/node-queries";
import { useMe } from "@/api/session";
import type { SearchHit } from "@/api/types";
import { Marked } from "@/components/ui/marked";
import { MatchLine } from "@/components/ui/match-line";
import { TypeIcon } from "@/components/ui/resource";
import { StatusMark } from "@/components/ui/status";
import { workspacesQuery } from "@/features/workspaces/queries";
import { typeLabel } from "@/lib/format";
import { useDebounced } from "@/lib/hooks";
import { paths } from "@/lib/paths";
import { useCatalogPaths, useReading } from "@/lib/reading";
import { workspaceState } from "@/lib/status";

interface PaletteProps {
  workspace: string | null;
  onClose: () => void;
}

const SETTLE_MILLISECONDS = 150;
const ROW =
  "flex cursor-pointer items-center gap-2.5 rounded-sm px-2 py-1.5 text-sm data-[selected=true]:bg-hover";

/** Finds nodes and columns (asked of the server), pages and workspaces. */
export default function CommandPalette({ workspace, onClose }: PaletteProps) {
  const [text, setText] = useState("");
  const navigate = useNavigate();
  const go = (to: string) => {
    onClose();
    navigate(to);
  };
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-scrim" />
        <Radix.Content
          aria-describedby={undefined}
          className="fixed top-[12vh] left-1/2 z-50 w-[calc(100vw-16px)] max-w-xl -translate-x-1/2 overflow-hidden rounded-md border border-line-strong bg-canvas"
        >
          <Radix.Title className="sr-only">Search</Radix.Title>
          <Command shouldFilter={false} label="Search">
            <Command.Input
              value={text}
              onValueChange={setText}
              placeholder="Search nodes, columns, pages, workspaces"
              className="h-11 w-full border-b bg-transparent px-3.5 outline-none"
            />
            <Command.List className="max-h-[55vh] overflow-y-auto p-1 [&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-faint">
              {workspace === null ? null : <Nodes workspace={workspace} text={text} go={go} />}
              <Pages workspace={workspace} text={text} go={go} />
              <Workspaces text={text} go={go} />
            </Command.List>
          </Command>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface GroupProps {
  text: string;
  go: (to: string) => void;
}

const GROUPS: { heading: string; ranks: string[] }[] = [
  { heading: "Nodes", ranks: ["exact", "prefix", "word"] },
  { heading: "Columns", ranks: ["column"] },
  { heading: "In descriptions and SQL", ranks: ["text", "code"] },
];
const KNOWN_RANKS = new Set(GROUPS.flatMap(({ ranks }) => ranks));

/** The best first within each group; a rank the app does not know is one of the last. */
const hitsOf = (hits: readonly SearchHit[], ranks: string[], last: boolean) =>
  hits.filter(({ rank }) => ranks.includes(rank ?? "exact") || (last && !KNOWN_RANKS.has(rank ?? "exact")));

function Nodes({ workspace, text, go }: GroupProps & { workspace: string }) {
  const q = useDebounced(text, SETTLE_MILLISECONDS);
  const found = useQuery(searchQuery(workspace, useReading(), q));
  if (text.trim() === "") return null;
  const hits = found.data?.items ?? [];
  return (
    <>
      {GROUPS.map(({ heading, ranks }, index) => {
        const shown = hitsOf(hits, ranks, index === GROUPS.length - 1);
        if (shown.length === 0) return null;
        return (
          <Command.Group key={heading} heading={heading}>
            {shown.map((hit) => (
              <Hit key={keyOf(hit)} workspace={workspace} hit={hit} go={go} />
            ))}
          </Command.Group>
        );
      })}
      {hits.length === 0 ? (
        <p className="px-2 py-1.5 text-sm text-muted">
          {emptyWords(found.isError, found.isFetching, found.error)}
        </p>
      ) : (
        <Everything workspace={workspace} text={text} go={go} />
      )}
    </>
  );
}

const keyOf = (hit: SearchHit) => `${hit.node.unique_id} ${hit.column ?? ""} ${hit.rank}`;

function Hit({ workspace, hit, go }: { workspace: string; hit: SearchHit; go: (to: string) => void }) {
  const links = useCatalogPaths(workspace);
  const { node, column, match } = hit;
  const query = column ? { tab: "columns", column } : match?.field === "code" ? { tab: "code" } : {};
  return (
    <Command.Item value={keyOf(hit)} className={ROW} onSelect={() => go(links.node(node.unique_id, query))}>
      <TypeIcon type={node.resource_type} />
      <span className="min-w-0 flex-1">
        <span className="block truncate font-mono">
          {match?.field === "name" && match.text === node.name ? (
            <Marked text={match.text} ranges={match.ranges} />
          ) : (
            node.name
          )}
        </span>
        {match ? <MatchLine match={match} /> : null}
      </span>
      <span className="shrink-0 text-xs text-faint">{typeLabel(node.resource_type)}</span>
    </Command.Item>
  );
}

/** The same words in the catalog, where they can be filtered and sorted. */
function Everything({ workspace, text, go }: GroupProps & { workspace: string }) {
  const links = useCatalogPaths(workspace);
  return (
    <Command.Item
      value="search in the catalog"
      className={ROW}
      onSelect={() => go(links.catalog({ q: text.trim(), resource_type: "all" }))}
    >
      <Table2 size={15} className="text-muted" aria-hidden />
      <span className="min-w-0 truncate">
        Show all of <q>{text.trim()}</q> in the catalog
      </span>
    </Command.Item>
  );
}

function emptyWords(failed: boolean, fetching: boolean, error: unknown): string {
  if (failed) return `Could not search. ${describeError(error).message}`;
  return fetching
    ? "Searching"
    : "Nothing in the catalog has this: no name, column, description, tag or SQL.";
}

interface PageOption {
  name: string;
  to: string;
  icon: LucideIcon;
}

function workspacePages(workspace: string, mayRun: boolean): PageOption[] {
  const newRun = { name: "New run", to: paths.runs(workspace, { new: 1 }), icon: Plus };
  return [
    { name: "Dashboard", to: paths.dashboard(workspace), icon: Gauge },
    { name: "Catalog", to: paths.catalog(workspace), icon: Table2 },
    { name: "Lineage", to: paths.lineage(workspace), icon: Workflow },
    { name: "Lineage of the whole project", to: paths.lineageGraph(workspace), icon: Workflow },
    { name: "Lineage, coverage", to: paths.lineageCoverage(workspace), icon: Workflow },
    { name: "Lineage, changes", to: paths.lineageChanges(workspace), icon: Workflow },
    { name: "Changes", to: paths.changes(workspace), icon: GitCompareArrows },
    { name: "Validation", to: paths.validation(workspace), icon: ListChecks },
    { name: "Artifacts", to: paths.artifacts(workspace), icon: PackageOpen },
    { name: "Runs", to: paths.runs(workspace), icon: Play },
    { name: "Jobs", to: paths.jobs(workspace), icon: CalendarClock },
    { name: "Environments", to: paths.environments(workspace), icon: ServerCog },
    { name: "Notifications", to: paths.notifications(workspace), icon: Bell },
    { name: "Notifications, rules", to: paths.notifications(workspace, { tab: "rules" }), icon: Bell },
    { name: "Notifications, channels", to: paths.notifications(workspace, { tab: "channels" }), icon: Bell },
    ...(mayRun ? [newRun] : []),
    { name: "Settings", to: paths.settings(workspace), icon: Settings },
    { name: "Members", to: paths.settings(workspace, { tab: "members" }), icon: Users },
  ];
}

const ADMINISTRATION: PageOption[] = [
  { name: "All users", to: paths.users(), icon: Users },
  { name: "All workspaces", to: paths.workspaces(), icon: Boxes },
  { name: "Audit of everything", to: paths.audit(), icon: ScrollText },
];

function Pages({ workspace, text, go }: GroupProps & { workspace: string | null }) {
  const me = useMe();
  const run = useMay("run:start", workspace);
  const pages: PageOption[] = [
    ...(workspace === null ? [] : workspacePages(workspace, run.may)),
    { name: "Profile", to: paths.profile(), icon: CircleUser },
    { name: "What roles may do", to: paths.roles(), icon: BookOpen },
    ...(me?.is_instance_admin ? ADMINISTRATION : []),
  ];
  const found = pages.filter((page) => matches(page.name, text));
  if (found.length === 0) return null;
  return (
    <Command.Group heading="Pages">
      {found.map(({ name, to, icon: Icon }) => (
        <Command.Item key={name} value={`page ${name}`} className={ROW} onSelect={() => go(to)}>
          <Icon size={15} className="text-muted" aria-hidden />
          {name}
        </Command.Item>
      ))}
    </Command.Group>
  );
}

function Workspaces({ text, go }: GroupProps) {
  const workspaces = useQuery(workspacesQuery);
  const found = workspaces.data?.items.filter((item) => matches(`${item.name} ${item.key}`, text)) ?? [];
  if (found.length === 0) return null;
  return (
    <Command.Group heading="Workspaces">
      {found.map((item) => {
        const state = workspaceState(item.state);
        return (
          <Command.Item
            key={item.key}
            value={`workspace ${item.key}`}
            className={ROW}
            onSelect={() => go(paths.dashboard(item.key))}
          >
            <StatusMark tone={state.tone} title={state.label} />
            {item.name}
            <span className="ml-auto text-xs text-faint">{item.key}</span>
          </Command.Item>
        );
      })}
    </Command.Group>
  );
}

const matches = (name: string, text: string) => name.toLowerCase().includes(text.trim().toLowerCase());
