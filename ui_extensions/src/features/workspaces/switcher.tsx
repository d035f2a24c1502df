import * as Menu from "@radix-ui/react-dropdown-menu";
import { useQuery } from "@tanstack/react-query";
import { Check, ChevronsUpDown } from "lucide-react";
import { useNavigate } from "react-router";
import type { Workspace } from "@/api/types";
import { StatusMark } from "@/components/ui/status";
import { cn } from "@/lib/cn";
import { paths } from "@/lib/paths";
import { workspaceState } from "@/lib/status";
import { workspacesQuery } from "./queries";

/** The workspace one is in, and the way to the others. */
export function WorkspaceSwitcher({ current, narrow }: { current: string | null; narrow: boolean }) {
  const workspaces = useQuery(workspacesQuery);
  const navigate = useNavigate();
  const items = workspaces.data?.items ?? [];
  const name = items.find((item) => item.key === current)?.name ?? current ?? "No workspace";
  return (
    <Menu.Root>
      <Menu.Trigger
        title={narrow ? name : undefined}
        className="flex h-9 w-full items-center gap-2 rounded-md px-1.5 text-left hover:bg-hover"
      >
        <span
          aria-hidden
          data-letter={name.slice(0, 1)}
          className="inline-flex size-6 shrink-0 items-center justify-center rounded-sm bg-accent text-xs font-semibold text-accent-ink uppercase before:content-[attr(data-letter)]"
        />
        <span className="sr-only">Workspace{narrow ? ` ${name}` : ""}</span>
        {narrow ? null : (
          <>
            <span className="min-w-0 flex-1 truncate font-medium">{name}</span>
            <ChevronsUpDown size={14} className="shrink-0 text-faint" aria-hidden />
          </>
        )}
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Content
          align="start"
          sideOffset={4}
          className="z-50 max-h-[70vh] w-72 overflow-auto rounded-md border border-line-strong bg-canvas p-1"
        >
          {items.map((item) => {
            const state = workspaceState(item.state);
            return (
              <Menu.Item
                key={item.key}
                onSelect={() => navigate(paths.dashboard(item.key))}
                className={cn(
                  "flex cursor-pointer items-center gap-2 rounded-sm px-2 py-1.5 outline-none data-[highlighted]:bg-hover",
                )}
              >
                <StatusMark tone={state.tone} title={state.label} />
                <span className="min-w-0 flex-1">
                  <span className="flex items-baseline gap-2">
                    <span className="truncate">{item.name}</span>
                    <span className="ml-auto shrink-0 text-xs text-faint">{item.role}</span>
                  </span>
                  <span className="block truncate text-xs text-faint">{detailsOf(item)}</span>
                </span>
                {item.key === current ? <Check size={14} aria-label="current" /> : null}
              </Menu.Item>
            );
          })}
          {workspaces.isError ? (
            <p className="p-2 text-sm text-failed">Workspaces could not be loaded.</p>
          ) : null}
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  );
}

/** What tells workspaces of one name apart, and what is not as it should be. */
function detailsOf(item: Workspace): string {
  const key = item.key === item.name ? null : item.key;
  const state = item.state === "ready" ? null : workspaceState(item.state).label;
  return [key, item.adapter_type, state].filter(Boolean).join(" · ");
}
