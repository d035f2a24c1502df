import * as Radix from "@radix-ui/react-dialog";
import {
  Bell,
  CalendarClock,
  ChevronsLeft,
  ChevronsRight,
  ExternalLink,
  Gauge,
  GitCompareArrows,
  Keyboard,
  Layers,
  ListChecks,
  type LucideIcon,
  Monitor,
  Moon,
  PackageOpen,
  Play,
  Search,
  ServerCog,
  Settings,
  Sun,
  Table2,
  Workflow,
} from "lucide-react";
import { useState } from "react";
import { NavLink } from "react-router";
import { useMay } from "@/api/access";
import { PersonMenu } from "@/features/access/person-menu";
import { EnvironmentSwitcher } from "@/features/workspaces/environment-switcher";
import { WorkspaceSwitcher } from "@/features/workspaces/switcher";
import { cn } from "@/lib/cn";
import { paths } from "@/lib/paths";
import { useReading } from "@/lib/reading";
import { recall, remember } from "@/lib/storage";
import { chooseTheme, type ThemeChoice, useThemeChoice } from "@/lib/theme";

interface RailProps {
  /** Null where one is in none. */
  workspace: string | null;
  onSearch: () => void;
  onShortcuts: () => void;
}

const ITEM =
  "flex h-8 w-full items-center gap-2.5 rounded-md px-2 text-sm text-muted hover:bg-hover hover:text-ink";

/** The rail of wide screens; narrow or broad, as it was left. */
export function Rail(props: RailProps) {
  const [narrow, setNarrow] = useState(() => recall("rail") === "narrow");
  const toggle = () => {
    remember("rail", narrow ? "broad" : "narrow");
    setNarrow(!narrow);
  };
  const Icon = narrow ? ChevronsRight : ChevronsLeft;
  const label = narrow ? "Show the names" : "Hide the names";
  return (
    <aside
      className={cn(
        "flex shrink-0 flex-col border-r bg-surface p-2 max-md:hidden",
        narrow ? "w-[52px]" : "w-52",
      )}
      aria-label="Main"
    >
      <RailContent {...props} narrow={narrow} />
      <button
        type="button"
        className={ITEM}
        onClick={toggle}
        title={label}
        aria-label={narrow ? label : undefined}
      >
        <Icon size={16} className="shrink-0" aria-hidden />
        {narrow ? null : "Collapse"}
      </button>
    </aside>
  );
}

/** The same in a drawer, for narrow screens. */
export function NarrowRail({ open, onClose, ...props }: RailProps & { open: boolean; onClose: () => void }) {
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-scrim md:hidden" />
        <Radix.Content
          aria-describedby={undefined}
          className="fixed inset-y-0 left-0 z-50 flex w-64 flex-col border-r bg-surface p-2 md:hidden"
        >
          <Radix.Title className="sr-only">Menu</Radix.Title>
          <RailContent {...props} narrow={false} />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

function RailContent({ workspace, onSearch, onShortcuts, narrow }: RailProps & { narrow: boolean }) {
  return (
    <>
      <WorkspaceSwitcher current={workspace} narrow={narrow} />
      {workspace === null ? null : <EnvironmentSwitcher workspace={workspace} narrow={narrow} />}
      <button
        type="button"
        className={cn(ITEM, "mt-2 border bg-canvas")}
        onClick={onSearch}
        title="Search, Ctrl K"
      >
        <Search size={15} className="shrink-0" aria-hidden />
        {narrow ? (
          <span className="sr-only">Search</span>
        ) : (
          <>
            Search <kbd className="ml-auto font-sans text-2xs text-faint">Ctrl K</kbd>
          </>
        )}
      </button>
      <nav aria-label="Pages" className="mt-2 flex flex-1 flex-col gap-0.5 overflow-y-auto">
        {workspace === null ? null : <WorkspacePages workspace={workspace} narrow={narrow} />}
      </nav>
      <button type="button" className={ITEM} onClick={onShortcuts} title="Keyboard shortcuts, ?">
        <Keyboard size={16} className="shrink-0" aria-hidden />
        {narrow ? <span className="sr-only">Shortcuts</span> : "Shortcuts"}
      </button>
      <ThemeButton narrow={narrow} />
      <PersonMenu narrow={narrow} className={ITEM} />
    </>
  );
}

function WorkspacePages({ workspace, narrow }: { workspace: string; narrow: boolean }) {
  const { environment } = useReading();
  // Every page of the environment one is in; of what was, only the links within a page.
  const here = { environment };
  return (
    <>
      <Page to={paths.dashboard(workspace, here)} end icon={Gauge} name="Dashboard" narrow={narrow} />
      <Group name="Data" narrow={narrow} />
      <Page to={paths.catalog(workspace, here)} icon={Table2} name="Catalog" narrow={narrow} />
      <Page to={paths.lineage(workspace, here)} icon={Workflow} name="Lineage" narrow={narrow} />
      <Page to={paths.changes(workspace, here)} icon={GitCompareArrows} name="Changes" narrow={narrow} />
      <Page to={paths.validation(workspace, here)} icon={ListChecks} name="Validation" narrow={narrow} />
      <Group name="Operation" narrow={narrow} />
      <Page to={paths.runs(workspace)} icon={Play} name="Runs" narrow={narrow} />
      <Page to={paths.jobs(workspace)} icon={CalendarClock} name="Jobs" narrow={narrow} />
      <Page to={paths.artifacts(workspace, here)} icon={PackageOpen} name="Artifacts" narrow={narrow} />
      <Page to={paths.environments(workspace)} icon={ServerCog} name="Environments" narrow={narrow} />
      <Page to={paths.notifications(workspace)} icon={Bell} name="Notifications" narrow={narrow} />
      <DagsterLink workspace={workspace} narrow={narrow} />
      <Page to={paths.settings(workspace)} icon={Settings} name="Settings" narrow={narrow} />
    </>
  );
}

function Group({ name, narrow }: { name: string; narrow: boolean }) {
  if (narrow) return <hr className="mx-2 my-1.5" />;
  return <p className="px-2 pt-2.5 pb-0.5 text-xs text-faint">{name}</p>;
}

function DagsterLink({ workspace, narrow }: { workspace: string; narrow: boolean }) {
  const dagster = useMay("dagster:read", workspace);
  if (!dagster.may) return null;
  return (
    <a href="/dagster" className={ITEM} title={narrow ? "Dagster" : "Dagster's own pages"}>
      <Layers size={16} className="shrink-0" aria-hidden />
      {narrow ? (
        <span className="sr-only">Dagster</span>
      ) : (
        <>
          Dagster <ExternalLink size={12} className="ml-auto text-faint" aria-hidden />
        </>
      )}
    </a>
  );
}

interface PageProps {
  to: string;
  end?: boolean;
  icon: LucideIcon;
  name: string;
  narrow: boolean;
}

function Page({ to, end = false, icon: Icon, name, narrow }: PageProps) {
  return (
    <NavLink
      to={to}
      end={end}
      title={narrow ? name : undefined}
      className={({ isActive }) =>
        cn(ITEM, isActive && "bg-accent-soft font-medium text-ink hover:bg-accent-soft")
      }
    >
      <Icon size={16} className="shrink-0" aria-hidden />
      {narrow ? <span className="sr-only">{name}</span> : name}
    </NavLink>
  );
}

const THEMES: Record<ThemeChoice, { icon: LucideIcon; label: string; next: ThemeChoice }> = {
  system: { icon: Monitor, label: "System theme", next: "light" },
  light: { icon: Sun, label: "Light theme", next: "dark" },
  dark: { icon: Moon, label: "Dark theme", next: "system" },
};

function ThemeButton({ narrow }: { narrow: boolean }) {
  const choice = useThemeChoice();
  const { icon: Icon, label, next } = THEMES[choice];
  return (
    <button
      type="button"
      className={ITEM}
      onClick={() => chooseTheme(next)}
      title={`${label}. Change to ${THEMES[next].label.toLowerCase()}`}
    >
      <Icon size={16} className="shrink-0" aria-hidden />
      <span className={narrow ? "sr-only" : undefined}>{label}</span>
    </button>
  );
}
