import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { type ComponentType, useState } from "react";
import { Link } from "react-router";
import { useMay } from "@/api/access";
import { useMe } from "@/api/session";
import type { User } from "@/api/types";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/feedback";
import { FilterSelect, SearchBox } from "@/components/ui/field";
import { ListPanel } from "@/components/ui/list-panel";
import { MenuItem, RowMenu } from "@/components/ui/menu";
import { PageHeader } from "@/components/ui/page";
import { Heads, Table, Td } from "@/components/ui/table";
import { Ago } from "@/components/ui/time";
import { paths } from "@/lib/paths";
import { useUrlState } from "@/lib/url-state";
import {
  DeactivateDialog,
  DeleteUserDialog,
  EditUserDialog,
  NewUserDialog,
  ResetPasswordDialog,
  SignOutDialog,
} from "./user-dialogs";
import { filtersOf, PAGE_SIZE, usersQuery } from "./user-queries";

const STATES = [
  { value: "", label: "Active and not" },
  { value: "yes", label: "Active" },
  { value: "no", label: "Deactivated" },
];

/** Everybody who has an account. */
export function UsersPage() {
  const { params, patch } = useUrlState();
  const filters = filtersOf(params);
  const users = useQuery(usersQuery(filters));
  const manage = useMay("user:manage");
  const [making, setMaking] = useState(false);
  return (
    <>
      <PageHeader
        crumbs={[{ label: "Administration" }]}
        title="Users"
        actions={
          <Button look="primary" denied={manage.why} onClick={() => setMaking(true)}>
            <Plus size={14} aria-hidden />
            New user
          </Button>
        }
      />
      <div className="flex flex-col gap-3 px-5 pb-6 max-md:px-3">
        <div className="flex flex-wrap gap-2">
          <SearchBox
            main
            className="min-w-56 flex-1 md:max-w-md"
            placeholder="Search names and e-mail addresses"
            value={filters.q}
            onChange={(q) => patch({ q, cursor: null, page: null }, { replace: true })}
          />
          <FilterSelect
            label="State"
            value={filters.active}
            options={STATES}
            onChange={(active) => patch({ active, cursor: null, page: null })}
          />
        </div>
        <ListPanel
          query={users}
          what="the users"
          pageSize={PAGE_SIZE}
          empty={<Nobody clear={() => patch({ q: null, active: null, cursor: null, page: null })} />}
        >
          {(items) => <UserTable users={items} />}
        </ListPanel>
      </div>
      {making ? <NewUserDialog onClose={() => setMaking(false)} /> : null}
    </>
  );
}

function Nobody({ clear }: { clear: () => void }) {
  return <EmptyState title="Nobody matches" action={<Button onClick={clear}>Clear the filters</Button>} />;
}

type DialogOf = ComponentType<{ user: User; onClose: () => void }>;

function UserTable({ users }: { users: User[] }) {
  const [asked, setAsked] = useState<{ dialog: DialogOf; user: User } | null>(null);
  const ask = (dialog: DialogOf, user: User) => setAsked({ dialog, user });
  return (
    <>
      <Table label="Users" className="max-h-[calc(100dvh-13rem)]">
        <Heads columns={["Person", "State", "Workspaces", "Created", "Last login"]} actions />
        <tbody>
          {users.map((user) => (
            <UserRow key={user.username} user={user} ask={ask} />
          ))}
        </tbody>
      </Table>
      {asked ? <asked.dialog user={asked.user} onClose={() => setAsked(null)} /> : null}
    </>
  );
}

const SELF = "You cannot do this to yourself.";

function UserRow({ user, ask }: { user: User; ask: (dialog: DialogOf, user: User) => void }) {
  const me = useMe();
  const self = me?.username === user.username ? SELF : null;
  return (
    <tr className="hover:bg-hover">
      <Td className="min-w-44 wrap-anywhere">
        {user.full_name || user.username}
        {user.is_instance_admin ? <span className="ml-2 text-xs text-muted">instance admin</span> : null}
        <span className="block text-xs text-faint">
          {[user.full_name && user.username, user.email].filter(Boolean).join(" · ")}
        </span>
      </Td>
      <Td className="whitespace-nowrap">
        {user.is_active ? (
          <span className="text-ok">Active</span>
        ) : (
          <span className="text-warning">Deactivated</span>
        )}
        {user.must_change_password ? (
          <span className="block text-xs text-faint">has a password to change</span>
        ) : null}
      </Td>
      <Td className="min-w-40 text-muted">
        {user.memberships.map((one) => (
          <span key={one.workspace} className="mr-2 inline-block">
            <Link to={paths.settings(one.workspace, { tab: "members" })} className="hover:underline">
              {one.workspace}
            </Link>{" "}
            <span className="text-xs text-faint">{one.role}</span>
          </span>
        ))}
      </Td>
      <Td className="text-muted">
        <Ago at={user.created_at} />
      </Td>
      <Td className="text-muted">
        <Ago at={user.last_login_at} />
      </Td>
      <Td className="text-right">
        <RowMenu label={`Actions for ${user.username}`}>
          <MenuItem onSelect={() => ask(EditUserDialog, user)}>Edit</MenuItem>
          <MenuItem onSelect={() => ask(ResetPasswordDialog, user)} denied={self}>
            Reset the password
          </MenuItem>
          <MenuItem onSelect={() => ask(SignOutDialog, user)}>Sign out everywhere</MenuItem>
          <MenuItem onSelect={() => ask(DeactivateDialog, user)} denied={self}>
            {user.is_active ? "Deactivate" : "Activate"}
          </MenuItem>
          <MenuItem danger onSelect={() => ask(DeleteUserDialog, user)} denied={self}>
            Delete
          </MenuItem>
        </RowMenu>
      </Td>
    </tr>
  );
}
