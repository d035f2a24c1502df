import { useQueryClient } from "@tanstack/react-query";
import { Menu } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { Outlet, useLocation, useNavigate, useParams } from "react-router";
import { useCatalogEvents } from "@/api/catalog-events";
import { useMe } from "@/api/session";
import { IconButton } from "@/components/ui/button";
import { focusSearch, useShortcuts } from "@/lib/keyboard";
import { paths } from "@/lib/paths";
import { recall } from "@/lib/storage";
import { ConnectionBanner } from "@/routes/connection-banner";
import { NarrowRail, Rail } from "@/routes/rail";
import { ShortcutsDialog } from "@/routes/shortcuts-dialog";

const CommandPalette = lazy(() => import("@/routes/command-palette"));

/** Rail at the left, the page at the right, and what can be called from anywhere. */
export function Shell() {
  const workspace = useCurrentWorkspace();
  const [palette, setPalette] = useState(false);
  const [shortcuts, setShortcuts] = useState(false);
  const [menu, setMenu] = useState(false);
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const { workspace: inAddress } = useParams();
  useCancelOnLeave(workspace);
  useCatalogEvents(inAddress ?? null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page closes the menu
  useEffect(() => setMenu(false), [pathname]);
  useShortcuts({
    "mod+k": () => setPalette((open) => !open),
    "/": () => {
      if (!focusSearch()) setPalette(true);
    },
    "?": () => setShortcuts(true),
    ...(workspace === null ? {} : workspaceShortcuts(workspace, navigate)),
  });
  const rail = { workspace, onSearch: () => setPalette(true), onShortcuts: () => setShortcuts(true) };
  return (
    <div className="flex h-dvh">
      <a
        href="#page"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:rounded-md focus:bg-canvas focus:px-3 focus:py-1.5"
      >
        Skip to the page
      </a>
      <Rail {...rail} />
      <div className="flex min-w-0 flex-1 flex-col">
        <div className="flex h-11 items-center gap-2 border-b px-2 md:hidden">
          <IconButton label="Menu" onClick={() => setMenu(true)}>
            <Menu size={18} aria-hidden />
          </IconButton>
          <span className="font-semibold">dbt Workbench</span>
        </div>
        <ConnectionBanner />
        <main id="page" tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto outline-none">
          <Outlet />
        </main>
      </div>
      <NarrowRail {...rail} open={menu} onClose={() => setMenu(false)} />
      <Suspense fallback={null}>
        {palette ? <CommandPalette workspace={workspace} onClose={() => setPalette(false)} /> : null}
      </Suspense>
      <ShortcutsDialog open={shortcuts} onClose={() => setShortcuts(false)} />
    </div>
  );
}

/** That of the address; on pages that belong to none, the one that was left for them. */
function useCurrentWorkspace(): string | null {
  const { workspace } = useParams();
  const me = useMe();
  if (workspace !== undefined) return workspace;
  const keys = me?.memberships.map((one) => one.workspace) ?? [];
  const known = [recall("workspace"), me?.default_workspace ?? null];
  return known.find((key) => key !== null && keys.includes(key)) ?? keys[0] ?? null;
}

const workspaceShortcuts = (workspace: string, go: (to: string) => unknown) => ({
  "g d": () => void go(paths.dashboard(workspace)),
  "g c": () => void go(paths.catalog(workspace)),
  "g h": () => void go(paths.changes(workspace)),
  "g v": () => void go(paths.validation(workspace)),
  "g a": () => void go(paths.artifacts(workspace)),
  "g l": () => void go(paths.lineage(workspace)),
  "g r": () => void go(paths.runs(workspace)),
  "g j": () => void go(paths.jobs(workspace)),
  "g e": () => void go(paths.environments(workspace)),
  "g s": () => void go(paths.settings(workspace)),
});

/** What another workspace's pages were still asking for is not waited for. */
function useCancelOnLeave(workspace: string | null): void {
  const queries = useQueryClient();
  useEffect(
    () => () => void queries.cancelQueries({ queryKey: ["workspace", workspace] }),
    [queries, workspace],
  );
}
