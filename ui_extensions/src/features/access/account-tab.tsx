import { type FormEvent, useState } from "react";
import { Link } from "react-router";
import { besideFields, errorsAt } from "@/api/errors";
import type { Me } from "@/api/types";
import { Button } from "@/components/ui/button";
import { ErrorState, Notice } from "@/components/ui/feedback";
import { LeaveGuard } from "@/components/ui/leave-guard";
import { Facts, Section } from "@/components/ui/page";
import { ChoiceField, TextField } from "@/components/ui/text-field";
import { paths } from "@/lib/paths";
import { useSaveAccount, useSetDefaultWorkspace } from "./account-queries";
import { PasswordForm } from "./password-form";

export function AccountTab({ me }: { me: Me }) {
  if (me.kind === "local") {
    return (
      <div className="flex max-w-3xl flex-col gap-4">
        <Notice tone="unknown">
          Login is switched off: whoever can reach this machine is its administrator. Names, passwords and
          sessions begin when it is switched on with <code className="font-mono">AUTH_ENABLED=true</code>.
        </Notice>
      </div>
    );
  }
  return (
    <div className="flex flex-col gap-8">
      <Section title="Who you are">
        <Names key={`${me.full_name} ${me.email}`} me={me} />
      </Section>
      <Section title="Where you begin">
        <DefaultWorkspace me={me} />
      </Section>
      <Section title="Password">
        <PasswordForm />
      </Section>
      <Section title="Your roles">
        <Memberships me={me} />
      </Section>
    </div>
  );
}

function Names({ me }: { me: Me }) {
  const save = useSaveAccount();
  const [name, setName] = useState(me.full_name);
  const [email, setEmail] = useState(me.email ?? "");
  const changed = name !== me.full_name || email !== (me.email ?? "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (changed) save.mutate({ full_name: name.trim(), email: email.trim() || null });
  };
  const problem = besideFields(save.error, ["full_name", "email"]);
  return (
    <form onSubmit={submit} className="flex max-w-md flex-col gap-3">
      <LeaveGuard when={changed && !save.isPending} />
      <Facts facts={[{ name: "Username", value: <code className="font-mono">{me.username}</code> }]} />
      <TextField
        label="Full name"
        autoComplete="name"
        value={name}
        onChange={setName}
        errors={errorsAt(save.error, "full_name")}
      />
      <TextField
        label="E-mail address"
        type="email"
        autoComplete="email"
        help="You can log in with it too."
        value={email}
        onChange={setEmail}
        errors={errorsAt(save.error, "email")}
      />
      {problem ? <ErrorState compact title="Nothing was saved" error={problem} /> : null}
      <div>
        <Button type="submit" look="primary" disabled={!changed || save.isPending}>
          {save.isPending ? "Saving" : "Save"}
        </Button>
      </div>
    </form>
  );
}

function DefaultWorkspace({ me }: { me: Me }) {
  const choose = useSetDefaultWorkspace();
  if (me.memberships.length === 0) return <p className="text-muted">You are in no workspace yet.</p>;
  const none = me.default_workspace === null ? [{ value: "", label: "The first one" }] : [];
  return (
    <div className="flex max-w-md flex-col gap-2">
      <ChoiceField
        label="Default workspace"
        help="Opened when you come to the workbench from a browser that does not know where you were."
        value={choose.isPending ? choose.variables : (me.default_workspace ?? "")}
        onChange={(workspace) => workspace && choose.mutate(workspace)}
        options={[...none, ...me.memberships.map((one) => ({ value: one.workspace, label: one.name }))]}
      />
      {choose.isError ? <ErrorState compact title="Nothing was saved" error={choose.error} /> : null}
    </div>
  );
}

function Memberships({ me }: { me: Me }) {
  return (
    <div className="flex flex-col gap-2 text-sm">
      {me.is_instance_admin ? <p>You are instance admin: admin in every workspace.</p> : null}
      <ul className="flex flex-col gap-1">
        {me.memberships.map((one) => (
          <li key={one.workspace}>
            <Link to={paths.dashboard(one.workspace)} className="hover:underline">
              {one.name}
            </Link>{" "}
            <span className="text-muted">{one.role}</span>
          </li>
        ))}
      </ul>
      <Link to={paths.roles()} className="text-accent hover:underline">
        What roles may do
      </Link>
    </div>
  );
}
