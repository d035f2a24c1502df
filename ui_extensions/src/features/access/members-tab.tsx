import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useMay } from "@/api/access";
import { besideFields, errorsAt } from "@/api/errors";
import { useMe } from "@/api/session";
import type { Member, RoleName } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { EmptyState, ErrorState } from "@/components/ui/feedback";
import { CONTROL } from "@/components/ui/field";
import { ListPanel } from "@/components/ui/list-panel";
import { Section } from "@/components/ui/page";
import { Heads, Table, Td } from "@/components/ui/table";
import { ChoiceField, TextField } from "@/components/ui/text-field";
import { Ago } from "@/components/ui/time";
import { membersQuery, useRemoveMember, useSetMember } from "./workspace-queries";

const ROLES: { value: RoleName; label: string }[] = [
  { value: "viewer", label: "Viewer" },
  { value: "developer", label: "Developer" },
  { value: "admin", label: "Admin" },
];

/** Who is in the workspace, as what. */
export function MembersTab({ workspace }: { workspace: string }) {
  const members = useQuery(membersQuery(workspace));
  const manage = useMay("member:manage", workspace);
  const [removing, setRemoving] = useState<Member | null>(null);
  return (
    <div className="flex flex-col gap-6">
      <Section title="Add somebody">
        {manage.why ? (
          <p className="text-sm text-muted">{manage.why}</p>
        ) : (
          <AddMember workspace={workspace} />
        )}
      </Section>
      <Section title="Members">
        <ListPanel
          query={members}
          what="the members"
          compact
          empty={
            <EmptyState title="No members">
              Instance admins can see it nevertheless, and add others.
            </EmptyState>
          }
        >
          {(items) => (
            <MemberTable workspace={workspace} members={items} denied={manage.why} onRemove={setRemoving} />
          )}
        </ListPanel>
      </Section>
      {removing ? (
        <RemoveMember workspace={workspace} member={removing} onClose={() => setRemoving(null)} />
      ) : null}
    </div>
  );
}

function AddMember({ workspace }: { workspace: string }) {
  const add = useSetMember(workspace);
  const [username, setUsername] = useState("");
  const [role, setRole] = useState<RoleName>("viewer");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const name = username.trim();
    if (name !== "") add.mutate({ username: name, role }, { onSuccess: () => setUsername("") });
  };
  const problem = besideFields(add.error, ["username", "role"]);
  return (
    <form onSubmit={submit} className="flex max-w-2xl flex-col gap-2">
      <div className="flex flex-wrap items-start gap-3">
        <div className="min-w-56 flex-1">
          <TextField
            label="Username or e-mail address"
            help="Of somebody who has an account here."
            autoCapitalize="none"
            autoComplete="off"
            spellCheck={false}
            value={username}
            onChange={setUsername}
            errors={errorsAt(add.error, "username")}
          />
        </div>
        <ChoiceField
          label="Role"
          value={role}
          onChange={setRole}
          options={ROLES}
          errors={errorsAt(add.error, "role")}
        />
        <Button
          type="submit"
          look="primary"
          className="sm:mt-6"
          disabled={username.trim() === "" || add.isPending}
        >
          Add
        </Button>
      </div>
      {problem ? <ErrorState compact title="Nobody was added" error={problem} /> : null}
      {add.isSuccess ? (
        <p role="status" className="text-sm text-ok">
          {add.data.username} is {add.data.role} now.
        </p>
      ) : null}
    </form>
  );
}

interface TableProps {
  workspace: string;
  members: Member[];
  denied: string | null;
  onRemove: (member: Member) => void;
}

function MemberTable({ workspace, members, denied, onRemove }: TableProps) {
  return (
    <Table label="Members">
      <Heads columns={["Person", "Role", "Added", "Last login"]} actions />
      <tbody>
        {members.map((member) => (
          <MemberRow
            key={member.username}
            workspace={workspace}
            member={member}
            denied={denied}
            onRemove={onRemove}
          />
        ))}
      </tbody>
    </Table>
  );
}

function MemberRow({
  workspace,
  member,
  denied,
  onRemove,
}: Omit<TableProps, "members"> & { member: Member }) {
  const change = useSetMember(workspace);
  const me = useMe();
  const { username } = member;
  const role = change.isPending ? change.variables.role : member.role;
  return (
    <tr className="hover:bg-hover">
      <Td className="min-w-40 wrap-anywhere">
        {member.full_name || username}
        {username === me?.username ? <span className="ml-2 text-xs text-muted">you</span> : null}
        {member.is_active ? null : <span className="ml-2 text-xs text-warning">deactivated</span>}
        {member.is_instance_admin ? <span className="ml-2 text-xs text-muted">instance admin</span> : null}
        <span className="block text-xs text-faint">
          {[member.full_name && username, member.email].filter(Boolean).join(" · ")}
        </span>
        {change.isError ? <ErrorState compact title="The role was not changed" error={change.error} /> : null}
      </Td>
      <Td>
        {denied ? (
          role
        ) : (
          <select
            aria-label={`Role of ${username}`}
            className={CONTROL}
            value={role}
            onChange={(event) => change.mutate({ username, role: event.target.value as RoleName })}
          >
            {ROLES.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        )}
      </Td>
      <Td className="text-muted">
        <Ago at={member.added_at} />
      </Td>
      <Td className="text-muted">
        <Ago at={member.last_login_at} />
      </Td>
      <Td className="text-right">
        <Button denied={denied} aria-label={`Remove ${username}`} onClick={() => onRemove(member)}>
          Remove
        </Button>
      </Td>
    </tr>
  );
}

function RemoveMember({
  workspace,
  member,
  onClose,
}: {
  workspace: string;
  member: Member;
  onClose: () => void;
}) {
  const remove = useRemoveMember(workspace);
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Remove ${member.full_name || member.username}?`}
      action="Remove"
      busy={remove.isPending}
      onConfirm={() => remove.mutate(member.username, { onSuccess: onClose })}
    >
      <p>
        For {member.username} this workspace is then as if it did not exist, and so it is for their personal
        tokens. What they did stays in the audit log.
      </p>
      {remove.isError ? <ErrorState compact title="Nobody was removed" error={remove.error} /> : null}
    </Confirm>
  );
}
