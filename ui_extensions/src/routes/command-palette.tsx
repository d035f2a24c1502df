import * as Radix from "@radix-ui/react-dialog";
import { useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import {
  BookOpen,
  Boxes,
  CircleUser,
  Gauge,
  type LucideIcon,
  Play,
  Plus,
  ScrollText,
  Settings,
  Table2,
  Users,
  Workflow,
} from "lucide-react";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useMay } from "@/api/access";
import { describeError } from "@/api/errors";
import { nodeSearchQuery } from "@/api/node-queries";
import { useMe } from "@/api/session";
import { TypeIcon } from "@/components/ui/resource";
import { StatusMark } from "@/components/ui/status";
import { workspacesQuery } from "@/features/workspaces/queries";
import { typeLabel } from "@/lib/format";
import { useDebounced } from "@/lib/hooks";
import { paths } from "@/lib/paths";
import { workspaceState } from "@/lib/status";

interface PaletteProps {
  workspace: string | null;
  onClose: () => void;
}

const ROW =
  "flex cursor-pointer items-center gap-2.5 rounded-sm px-2 py-1.5 text-sm data-[selected=true]:bg-hover";

/** Finds nodes (asked of the server), pages and workspaces. */
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
              placeholder="Search nodes, pages, workspaces"
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

function Nodes({ workspace, text, go }: GroupProps & { workspace: string }) {
  const q = useDebounced(text, 120);
  const nodes = useQuery(nodeSearchQuery(workspace, q));
  if (text.trim() === "") return null;
  const items = nodes.data ?? [];
  return (
    <Command.Group heading="Nodes">
      {items.map((node) => (
        <Command.Item
          key={node.unique_id}
          value={node.unique_id}
          className={ROW}
          onSelect={() => go(paths.node(workspace, node.unique_id))}
        >
          <TypeIcon type={node.resource_type} />
          <span className="min-w-0 flex-1 truncate font-mono">{node.name}</span>
          <span className="shrink-0 text-xs text-faint">
            {typeLabel(node.resource_type)}
            {node.schema_name ? ` · ${node.schema_name}` : ""}
          </span>
        </Command.Item>
      ))}
      {items.length === 0 ? (
        <p className="px-2 py-1.5 text-sm text-muted">
          {emptyWords(nodes.isError, nodes.isFetching, nodes.error)}
        </p>
      ) : null}
    </Command.Group>
  );
}

function emptyWords(failed: boolean, fetching: boolean, error: unknown): string {
  if (failed) return `Could not search. ${describeError(error).message}`;
  return fetching ? "Searching" : "No node has this in its name or description.";
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
    { name: "Models", to: paths.models(workspace), icon: Table2 },
    { name: "Lineage", to: paths.lineage(workspace), icon: Workflow },
    { name: "Runs", to: paths.runs(workspace), icon: Play },
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
