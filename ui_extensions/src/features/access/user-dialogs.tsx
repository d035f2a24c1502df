import { type FormEvent, type ReactNode, useState } from "react";
import { besideFields, errorsAt } from "@/api/errors";
import type { User } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Confirm, Dialog } from "@/components/ui/dialog";
import { ErrorState } from "@/components/ui/feedback";
import { SecretOnce } from "@/components/ui/secret-once";
import { CheckField, TextField } from "@/components/ui/text-field";
import {
  useChangeUser,
  useCreateUser,
  useDeleteUser,
  useResetPassword,
  useSignOutUser,
} from "./user-queries";

const ADMIN_HELP = "Manages users and workspaces, and is admin in every workspace.";

interface DialogProps {
  user: User;
  onClose: () => void;
}

export function NewUserDialog({ onClose }: { onClose: () => void }) {
  const create = useCreateUser();
  if (create.data) {
    const { user, password } = create.data;
    return (
      <PasswordMade title={`${user.username} is there`} password={password} onClose={onClose}>
        Give it to them: they choose their own when they log in first. They see no workspace until somebody
        adds them to one.
      </PasswordMade>
    );
  }
  return (
    <Dialog open onClose={onClose} title="New user" description="The password is made by the server.">
      <NewUserForm create={create} onClose={onClose} />
    </Dialog>
  );
}

function NewUserForm({ create, onClose }: { create: ReturnType<typeof useCreateUser>; onClose: () => void }) {
  const [username, setUsername] = useState("");
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [admin, setAdmin] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (username.trim() === "") return;
    create.mutate({
      username: username.trim(),
      is_instance_admin: admin,
      ...(name.trim() && { full_name: name.trim() }),
      ...(email.trim() && { email: email.trim() }),
    });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3 overflow-y-auto px-4 pt-3 pb-4">
      <TextField
        label="Username"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        value={username}
        onChange={setUsername}
        errors={errorsAt(create.error, "username")}
      />
      <UserFields
        name={name}
        setName={setName}
        email={email}
        setEmail={setEmail}
        admin={admin}
        setAdmin={setAdmin}
        error={create.error}
      />
      <FormEnd
        title="The user was not made"
        error={besideFields(create.error, ["username", "full_name", "email"])}
        action="Create"
        disabled={username.trim() === "" || create.isPending}
        onClose={onClose}
      />
    </form>
  );
}

export function EditUserDialog({ user, onClose }: DialogProps) {
  const change = useChangeUser(user.username);
  const [name, setName] = useState(user.full_name);
  const [email, setEmail] = useState(user.email ?? "");
  const [admin, setAdmin] = useState(user.is_instance_admin);
  const same = name === user.full_name && email === (user.email ?? "") && admin === user.is_instance_admin;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (same) return;
    const body = { full_name: name.trim(), email: email.trim() || null, is_instance_admin: admin };
    change.mutate(body, { onSuccess: onClose });
  };
  return (
    <Dialog open onClose={onClose} title={`Edit ${user.username}`}>
      <form onSubmit={submit} className="flex flex-col gap-3 overflow-y-auto px-4 pt-3 pb-4">
        <UserFields
          name={name}
          setName={setName}
          email={email}
          setEmail={setEmail}
          admin={admin}
          setAdmin={setAdmin}
          error={change.error}
        />
        <FormEnd
          title="Nothing was saved"
          error={besideFields(change.error, ["full_name", "email"])}
          action="Save"
          disabled={same || change.isPending}
          onClose={onClose}
        />
      </form>
    </Dialog>
  );
}

interface FieldsProps {
  name: string;
  setName: (name: string) => void;
  email: string;
  setEmail: (email: string) => void;
  admin: boolean;
  setAdmin: (admin: boolean) => void;
  error: unknown;
}

function UserFields({ name, setName, email, setEmail, admin, setAdmin, error }: FieldsProps) {
  return (
    <>
      <TextField
        label="Full name"
        autoComplete="off"
        value={name}
        onChange={setName}
        errors={errorsAt(error, "full_name")}
      />
      <TextField
        label="E-mail address"
        type="email"
        autoComplete="off"
        value={email}
        onChange={setEmail}
        errors={errorsAt(error, "email")}
      />
      <CheckField label="Instance admin" help={ADMIN_HELP} checked={admin} onChange={setAdmin} />
    </>
  );
}

interface EndProps {
  title: string;
  error: unknown;
  action: string;
  disabled: boolean;
  onClose: () => void;
}

function FormEnd({ title, error, action, disabled, onClose }: EndProps) {
  return (
    <>
      {error ? <ErrorState compact title={title} error={error} /> : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Not now</Button>
        <Button type="submit" look="primary" disabled={disabled}>
          {action}
        </Button>
      </div>
    </>
  );
}

interface MadeProps {
  title: string;
  password: string | null;
  children: ReactNode;
  onClose: () => void;
}

function PasswordMade({ title, password, children, onClose }: MadeProps) {
  return (
    <Dialog open onClose={onClose} title={title}>
      <div className="flex flex-col gap-3 px-4 pt-2 pb-4">
        {password ? <SecretOnce label="The password" secret={password} /> : null}
        <p className="text-sm text-muted">{children}</p>
        <div className="flex justify-end">
          <Button look="primary" onClick={onClose}>
            {password ? "I have copied it" : "Close"}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

export function ResetPasswordDialog({ user, onClose }: DialogProps) {
  const reset = useResetPassword(user.username);
  if (reset.data) {
    return (
      <PasswordMade
        title={`New password of ${user.username}`}
        password={reset.data.password}
        onClose={onClose}
      >
        Give it to them: they choose their own at the next login.
      </PasswordMade>
    );
  }
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Reset the password of ${user.username}?`}
      action="Reset it"
      busy={reset.isPending}
      onConfirm={() => reset.mutate()}
    >
      <p>
        The old one stops working at once, and their sessions end. A new one is made and shown to you once.
      </p>
      {reset.isError ? <ErrorState compact title="It was not reset" error={reset.error} /> : null}
    </Confirm>
  );
}

export function SignOutDialog({ user, onClose }: DialogProps) {
  const signOut = useSignOutUser(user.username);
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Sign ${user.username} out everywhere?`}
      action="Sign out"
      keep="Leave it"
      busy={signOut.isPending}
      onConfirm={() => signOut.mutate(undefined, { onSuccess: onClose })}
    >
      <p>Every session of theirs ends at once. They can log in again.</p>
      {signOut.isError ? <ErrorState compact title="Nothing has ended" error={signOut.error} /> : null}
    </Confirm>
  );
}

export function DeactivateDialog({ user, onClose }: DialogProps) {
  const change = useChangeUser(user.username);
  const action = user.is_active ? "Deactivate" : "Activate";
  return (
    <Confirm
      open
      onClose={onClose}
      title={`${action} ${user.username}?`}
      action={action}
      keep="Leave it"
      busy={change.isPending}
      onConfirm={() => change.mutate({ is_active: !user.is_active }, { onSuccess: onClose })}
    >
      <p>
        {user.is_active
          ? "They can no longer log in, and their sessions and tokens stop working. Roles are kept."
          : "They can log in again, with the roles they had."}
      </p>
      {change.isError ? <ErrorState compact title="Nothing has changed" error={change.error} /> : null}
    </Confirm>
  );
}

export function DeleteUserDialog({ user, onClose }: DialogProps) {
  const remove = useDeleteUser(user.username);
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Delete ${user.username}?`}
      action="Delete the user"
      typed={user.username}
      busy={remove.isPending}
      onConfirm={() => remove.mutate(undefined, { onSuccess: onClose })}
    >
      <p>
        Their account, roles and tokens are gone for good; what they did stays in the audit log. To keep them
        out for a while, deactivate them.
      </p>
      {remove.isError ? <ErrorState compact title="They were not deleted" error={remove.error} /> : null}
    </Confirm>
  );
}
