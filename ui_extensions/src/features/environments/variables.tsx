import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useMay } from "@/api/access";
import { besideFields, errorsAt } from "@/api/errors";
import type { EnvironmentVariable } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Confirm, Dialog } from "@/components/ui/dialog";
import { EmptyState, ErrorState } from "@/components/ui/feedback";
import { CONTROL, Field } from "@/components/ui/field";
import { ListPanel } from "@/components/ui/list-panel";
import { Section } from "@/components/ui/page";
import { StatusWord } from "@/components/ui/status";
import { Heads, Table, Td } from "@/components/ui/table";
import { CheckField, TextField } from "@/components/ui/text-field";
import { Ago } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { usePutVariable, useRemoveVariable, variablesQuery } from "./queries";

interface Place {
  workspace: string;
  environment: string;
}

/** What is being done: a new variable, one that is replaced, one that is removed. */
type Doing = { kind: "add" } | { kind: "replace" | "remove"; variable: EnvironmentVariable };

export function Variables({ workspace, environment }: Place) {
  const place = { workspace, environment };
  const variables = useQuery(variablesQuery(workspace, environment));
  const edit = useMay("environment:edit", workspace);
  const [doing, setDoing] = useState<Doing | null>(null);
  const close = () => setDoing(null);
  return (
    <Section
      title="Variables and secrets"
      actions={
        <Button denied={edit.why} onClick={() => setDoing({ kind: "add" })}>
          <Plus size={14} aria-hidden />
          Add
        </Button>
      }
    >
      <ListPanel
        query={variables}
        what="the variables"
        compact
        empty={
          <EmptyState title="No variables">
            What is set here, dbt reads with{" "}
            <code className="font-mono text-xs">{"{{ env_var('NAME') }}"}</code>.
          </EmptyState>
        }
      >
        {(items) => (
          <Table label="Variables and secrets">
            <Heads columns={["Name", "Value", "Set"]} actions />
            <tbody>
              {items.map((one) => (
                <Row key={one.name} variable={one} denied={edit.why} onDo={setDoing} />
              ))}
            </tbody>
          </Table>
        )}
      </ListPanel>
      {doing?.kind === "add" ? <VariableDialog {...place} onClose={close} /> : null}
      {doing?.kind === "replace" ? (
        <VariableDialog {...place} variable={doing.variable} onClose={close} />
      ) : null}
      {doing?.kind === "remove" ? <Remove {...place} name={doing.variable.name} onClose={close} /> : null}
    </Section>
  );
}

interface RowProps {
  variable: EnvironmentVariable;
  denied: string | null;
  onDo: (doing: Doing) => void;
}

function Row({ variable, denied, onDo }: RowProps) {
  const { name, is_secret: secret } = variable;
  return (
    <tr className="hover:bg-hover">
      <Td className="font-mono text-xs leading-6">{name}</Td>
      <Td className="max-w-md">
        {secret ? (
          <SecretWord variable={variable} />
        ) : (
          <code className="block max-h-24 overflow-y-auto font-mono text-xs leading-5 wrap-anywhere whitespace-pre-wrap">
            {variable.value === "" ? <span className="text-faint">empty</span> : variable.value}
          </code>
        )}
      </Td>
      <Td className="text-muted">
        <Ago at={variable.updated_at} /> by {variable.updated_by}
      </Td>
      <Td className="text-right whitespace-nowrap">
        <Button
          look="quiet"
          denied={denied}
          aria-label={`${secret ? "Replace" : "Change"} ${name}`}
          onClick={() => onDo({ kind: "replace", variable })}
        >
          {secret ? "Replace" : "Change"}
        </Button>
        <Button
          look="quiet"
          denied={denied}
          aria-label={`Remove ${name}`}
          onClick={() => onDo({ kind: "remove", variable })}
        >
          Remove
        </Button>
      </Td>
    </tr>
  );
}

function SecretWord({ variable }: { variable: EnvironmentVariable }) {
  if (!variable.is_readable)
    return <StatusWord status={{ tone: "failed", label: "Its key is lost: set it anew" }} />;
  return (
    <span className="text-muted">
      <span aria-hidden>••••••••</span> secret
    </span>
  );
}

function VariableDialog({
  workspace,
  environment,
  variable,
  onClose,
}: Place & { variable?: EnvironmentVariable; onClose: () => void }) {
  const put = usePutVariable(workspace, environment);
  const [name, setName] = useState(variable?.name ?? "");
  const [value, setValue] = useState(variable?.value ?? "");
  const [secret, setSecret] = useState(variable?.is_secret ?? false);
  const ready = name.trim() !== "" && !(secret && value === "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready && !put.isPending) put.mutate({ name: name.trim(), value, secret }, { onSuccess: onClose });
  };
  const problem = besideFields(put.error, ["name", "value"]);
  return (
    <Dialog
      open
      onClose={onClose}
      title={variable ? `${secret ? "Replace" : "Change"} ${variable.name}` : "Add a variable"}
    >
      <form
        onSubmit={submit}
        className="flex min-h-0 flex-col gap-3 overflow-y-auto px-4 pt-3 pb-4"
        autoComplete="off"
      >
        {variable ? null : (
          <TextField
            label="Name"
            autoComplete="off"
            autoCapitalize="characters"
            spellCheck={false}
            maxLength={200}
            className="font-mono"
            value={name}
            onChange={setName}
            errors={errorsAt(put.error, "name")}
          />
        )}
        <ValueField value={value} secret={secret} onChange={setValue} errors={errorsAt(put.error, "value")} />
        {variable?.is_secret ? null : (
          <CheckField
            label="Secret"
            help="Encrypted, masked in logs, and shown to nobody again. It can be replaced or removed."
            checked={secret}
            onChange={setSecret}
          />
        )}
        {problem ? <ErrorState compact title="It was not set" error={problem} /> : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Not now</Button>
          <Button type="submit" look="primary" disabled={!ready || put.isPending}>
            {put.isPending ? "Setting it" : "Set it"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface ValueProps {
  value: string;
  secret: boolean;
  onChange: (value: string) => void;
  errors: string[];
}

/** Several lines are taken, for keys; those of a secret are not shown while they are typed. */
function ValueField({ value, secret, onChange, errors }: ValueProps) {
  return (
    <Field
      label="Value"
      help={secret ? "As it is, with every line of it. Four characters at least." : undefined}
      errors={errors}
    >
      {(field) => (
        <textarea
          {...field}
          rows={3}
          spellCheck={false}
          autoComplete="off"
          data-1p-ignore
          className={cn(
            CONTROL,
            "h-auto py-1.5 font-mono text-xs leading-5",
            secret && "[-webkit-text-security:disc]",
          )}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

function Remove({ workspace, environment, name, onClose }: Place & { name: string; onClose: () => void }) {
  const remove = useRemoveVariable(workspace, environment);
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Remove ${name}?`}
      action="Remove"
      busy={remove.isPending}
      onConfirm={() => remove.mutate(name, { onSuccess: onClose })}
    >
      <p>
        Runs that begin from now on do not see it. What reads it without a default fails. It cannot be brought
        back.
      </p>
      {remove.isError ? <ErrorState compact title="It was not removed" error={remove.error} /> : null}
    </Confirm>
  );
}
