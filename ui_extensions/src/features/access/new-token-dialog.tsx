import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { rolesQuery } from "@/api/access";
import { besideFields, errorsAt } from "@/api/errors";
import { useMe } from "@/api/session";
import type { Me, Right, Roles } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { ErrorState, QueryView } from "@/components/ui/feedback";
import { SecretOnce } from "@/components/ui/secret-once";
import { CheckField, ChoiceField, TextField } from "@/components/ui/text-field";
import { type TokenOwner, useCreateToken } from "./token-queries";

const LIFETIMES = [7, 30, 90, 180, 365];
const USUAL_DAYS = 90;
const FIELDS = ["name", "scopes", "workspace", "expires_in_days"];
const EVERYWHERE = "";

export function NewTokenDialog({ owner, onClose }: { owner: TokenOwner; onClose: () => void }) {
  const roles = useQuery(rolesQuery);
  const create = useCreateToken(owner);
  if (create.data) {
    return (
      <Dialog open onClose={onClose} title="The token is made">
        <div className="flex flex-col gap-3 px-4 pt-2 pb-4">
          <SecretOnce label="The token" secret={create.data.token} />
          <p className="text-sm text-muted">
            Send it as <code className="font-mono">Authorization: Bearer</code> with each request.
          </p>
          <div className="flex justify-end">
            <Button look="primary" onClick={onClose}>
              I have copied it
            </Button>
          </div>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={owner === null ? "New personal token" : "New service token"}
      description={
        owner === null
          ? "Acts as you, with no more than the rights you give it here and have yourself."
          : "Acts for the workspace, not for a person: it stays when people leave."
      }
    >
      <div className="min-h-0 overflow-y-auto">
        <QueryView query={roles} what="what tokens may do" compact>
          {(data) => <TokenForm owner={owner} roles={data} create={create} onClose={onClose} />}
        </QueryView>
      </div>
    </Dialog>
  );
}

/** What is usual, up to the longest that this installation allows. */
const lifetimes = (longest: number) => [...LIFETIMES.filter((days) => days < longest), longest];

interface FormProps {
  owner: TokenOwner;
  roles: Roles;
  create: ReturnType<typeof useCreateToken>;
  onClose: () => void;
}

function TokenForm({ owner, roles, create, onClose }: FormProps) {
  const me = useMe();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>([]);
  const [place, setPlace] = useState(EVERYWHERE);
  const longest = roles.token_max_days;
  const [days, setDays] = useState(String(Math.min(USUAL_DAYS, longest)));
  const workspace = owner ?? (place === EVERYWHERE ? null : place);
  const held = heldScopes(me, workspace);
  const wanted = scopes.filter((scope) => held.has(scope));
  const ready = name.trim() !== "" && wanted.length > 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!ready) return;
    create.mutate({
      name: name.trim(),
      scopes: wanted,
      expires_in_days: Number(days),
      ...(owner === null && workspace !== null && { workspace }),
    });
  };
  const toggle = (scope: string, on: boolean) => {
    create.reset();
    setScopes(on ? [...scopes, scope] : scopes.filter((one) => one !== scope));
  };
  const problem = besideFields(create.error, FIELDS);
  return (
    <form onSubmit={submit} className="flex flex-col gap-4 px-4 pt-3">
      <TextField
        label="Name"
        help="What it is for, such as nightly deployment."
        autoComplete="off"
        maxLength={100}
        value={name}
        onChange={setName}
        errors={errorsAt(create.error, "name")}
      />
      <div className="grid gap-3 sm:grid-cols-2">
        {owner === null ? (
          <ChoiceField
            label="Workspace"
            value={place}
            onChange={setPlace}
            options={[
              { value: EVERYWHERE, label: "All my workspaces" },
              ...(me?.memberships ?? []).map((one) => ({ value: one.workspace, label: one.name })),
            ]}
            errors={errorsAt(create.error, "workspace")}
          />
        ) : null}
        <ChoiceField
          label="Ends after"
          value={days}
          onChange={setDays}
          options={lifetimes(longest).map((one) => ({
            value: String(one),
            label: one === 1 ? "1 day" : `${one} days`,
          }))}
          errors={errorsAt(create.error, "expires_in_days")}
        />
      </div>
      <ScopeFields
        roles={roles}
        levels={roles.levels.filter(({ key }) => owner === null || key !== "instance_admin")}
        scopes={wanted}
        held={held}
        toggle={toggle}
      />
      <div className="sticky bottom-0 -mx-4 flex flex-col gap-2 border-t bg-canvas px-4 py-3">
        {errorsAt(create.error, "scopes").map((text) => (
          <p key={text} role="alert" className="text-xs text-failed">
            {text}
          </p>
        ))}
        {problem ? <ErrorState compact title="The token was not made" error={problem} /> : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Not now</Button>
          <Button type="submit" look="primary" disabled={!ready || create.isPending}>
            {create.isPending ? "Making it" : "Make the token"}
          </Button>
        </div>
      </div>
    </form>
  );
}

/** What one has oneself: in one workspace, or in any of them. */
function heldScopes(me: Me | null, workspace: string | null): Set<string> {
  const memberships = (me?.memberships ?? []).filter(
    (one) => workspace === null || one.workspace === workspace,
  );
  return new Set([...(me?.scopes ?? []), ...memberships.flatMap((one) => one.scopes)]);
}

interface ScopesProps {
  roles: Roles;
  /** A workspace's token reaches no further than the workspace. */
  levels: Roles["levels"];
  scopes: string[];
  held: Set<string>;
  toggle: (scope: string, on: boolean) => void;
}

function ScopeFields({ roles, levels, scopes, held, toggle }: ScopesProps) {
  const groups = levels
    .map((level) => ({ level, rights: tokenRights(roles, level.key) }))
    .filter(({ rights }) => rights.length > 0);
  return (
    <div className="flex flex-col gap-3" role="group" aria-label="What it may do">
      <p className="text-sm font-medium">What it may do</p>
      {groups.map(({ level, rights }) => (
        <fieldset key={level.key} className="flex flex-col gap-1.5">
          <legend className="mb-1 text-xs text-faint">{level.name}</legend>
          <div className="grid gap-x-3 gap-y-1.5 sm:grid-cols-2">
            {rights.map((right) => (
              <CheckField
                key={right.scope}
                label={<code className="font-mono text-xs">{right.scope}</code>}
                help={held.has(right.scope) ? right.description : "You do not have this right yourself."}
                checked={scopes.includes(right.scope)}
                disabled={!held.has(right.scope)}
                onChange={(on) => toggle(right.scope, on)}
              />
            ))}
          </div>
        </fieldset>
      ))}
    </div>
  );
}

const tokenRights = (roles: Roles, level: string): Right[] =>
  roles.rights.filter((right) => right.tokens && right.level === level);
