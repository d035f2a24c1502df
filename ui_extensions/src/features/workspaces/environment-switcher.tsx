import * as Menu from "@radix-ui/react-dropdown-menu";
import { useQuery } from "@tanstack/react-query";
import { Check, ChevronsUpDown, Server } from "lucide-react";
import { useParams } from "react-router";
import { MENU_CONTENT, MENU_ITEM } from "@/components/ui/menu";
import { cn } from "@/lib/cn";
import { useReading } from "@/lib/reading";
import { useUrlState } from "@/lib/url-state";
import { workspaceQuery } from "./queries";

/** The environment whose catalog is seen. It is in the address; the default one is not. Nothing where there is one. */
export function EnvironmentSwitcher({ workspace, narrow }: { workspace: string; narrow: boolean }) {
  const { workspace: inAddress } = useParams();
  const known = useQuery({ ...workspaceQuery(workspace), enabled: inAddress === workspace });
  const { environment } = useReading();
  const { patch } = useUrlState();
  const environments = known.data?.environments ?? [];
  if (inAddress !== workspace || environments.length < 2) return null;
  const current = environments.find((one) => (environment ? one.key === environment : one.is_default));
  const name = current?.name ?? environment;
  return (
    <Menu.Root>
      <Menu.Trigger
        title={narrow ? `Environment ${name}` : undefined}
        className="mt-1 flex h-7 w-full items-center gap-2 rounded-md px-2 text-left text-sm text-muted hover:bg-hover"
      >
        <Server size={15} className="shrink-0" aria-hidden />
        <span className="sr-only">Environment{narrow ? ` ${name}` : ""}</span>
        {narrow ? null : (
          <>
            <span className="min-w-0 flex-1 truncate">{name}</span>
            <ChevronsUpDown size={13} className="shrink-0 text-faint" aria-hidden />
          </>
        )}
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Content align="start" sideOffset={4} className={MENU_CONTENT}>
          {environments.map((one) => (
            <Menu.Item
              key={one.key}
              className={cn(MENU_ITEM)}
              onSelect={() =>
                patch({
                  environment: one.is_default ? null : one.key,
                  snapshot: null,
                  cursor: null,
                  page: null,
                  from: null,
                  to: null,
                })
              }
            >
              <span className="flex-1">{one.name}</span>
              {one.key === current?.key ? <Check size={14} aria-label="current" /> : null}
            </Menu.Item>
          ))}
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  );
}
