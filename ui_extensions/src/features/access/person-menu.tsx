import * as Radix from "@radix-ui/react-dropdown-menu";
import { BookOpen, Boxes, CircleUser, LogOut, type LucideIcon, ScrollText, Users } from "lucide-react";
import { useNavigate } from "react-router";
import { describeError } from "@/api/errors";
import { useMe } from "@/api/session";
import { MENU_CONTENT, MENU_ITEM } from "@/components/ui/menu";
import { cn } from "@/lib/cn";
import { paths } from "@/lib/paths";
import { useLogOut } from "./use-log-out";

/** Who one is, and what belongs to that. At the foot of the rail. */
export function PersonMenu({ narrow, className }: { narrow: boolean; className: string }) {
  const me = useMe();
  const logOut = useLogOut();
  const name = me === null ? "" : me.full_name || me.username;
  return (
    <>
      {logOut.isError ? (
        <p role="alert" className="px-2 py-1 text-xs text-failed">
          Not logged out. {describeError(logOut.error).message}
        </p>
      ) : null}
      <Radix.Root>
        <Radix.Trigger className={className} title={narrow ? name : undefined}>
          <CircleUser size={16} className="shrink-0" aria-hidden />
          <span className="sr-only">Person</span>
          <span className={narrow ? "sr-only" : "min-w-0 truncate"}>{name}</span>
        </Radix.Trigger>
        <Radix.Portal>
          <Radix.Content side="top" align="start" sideOffset={4} className={cn(MENU_CONTENT, "w-60")}>
            {me ? (
              <p className="px-2 py-1.5 text-sm">
                <span className="block truncate font-medium">{name}</span>
                <span className="block truncate text-xs text-faint">
                  {me.kind === "local" ? "Login is switched off" : (me.email ?? me.username)}
                </span>
              </p>
            ) : null}
            <Radix.Separator className="my-1 border-t" />
            <Place icon={CircleUser} name="Profile" to={paths.profile()} />
            <Place icon={BookOpen} name="What roles may do" to={paths.roles()} />
            {me?.is_instance_admin ? <Administration /> : null}
            {me?.kind === "person" ? (
              <>
                <Radix.Separator className="my-1 border-t" />
                <Radix.Item className={MENU_ITEM} onSelect={() => logOut.mutate()}>
                  <LogOut size={15} className="text-muted" aria-hidden />
                  Log out
                </Radix.Item>
              </>
            ) : null}
          </Radix.Content>
        </Radix.Portal>
      </Radix.Root>
    </>
  );
}

function Administration() {
  return (
    <Radix.Group>
      <Radix.Separator className="my-1 border-t" />
      <Radix.Label className="px-2 pt-1 text-xs text-faint">Administration</Radix.Label>
      <Place icon={Users} name="Users" to={paths.users()} />
      <Place icon={Boxes} name="Workspaces" to={paths.workspaces()} />
      <Place icon={ScrollText} name="Audit" to={paths.audit()} />
    </Radix.Group>
  );
}

function Place({ icon: Icon, name, to }: { icon: LucideIcon; name: string; to: string }) {
  const navigate = useNavigate();
  return (
    <Radix.Item className={MENU_ITEM} onSelect={() => navigate(to)}>
      <Icon size={15} className="text-muted" aria-hidden />
      {name}
    </Radix.Item>
  );
}
