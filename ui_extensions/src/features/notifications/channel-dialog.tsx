import { type FormEvent, useState } from "react";
import { besideFields, errorsAt } from "@/api/errors";
import type { Channel, ChannelChange, ChannelKind } from "@/api/types";
import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { Dialog } from "@/components/ui/dialog";
import { ErrorState } from "@/components/ui/feedback";
import { ChoiceField, TextArea, TextField } from "@/components/ui/text-field";
import { useSaveChannel } from "./queries";
import { KINDS, makeSecret } from "./words";

interface Props {
  workspace: string;
  /** Null for one that is to be made. */
  channel: Channel | null;
  /** Whether the instance has a mail server, so that recipients are enough. */
  mails: boolean;
  onClose: () => void;
}

interface Form {
  kind: ChannelKind;
  name: string;
  by: "recipients" | "url";
  recipients: string;
  url: string;
  secret: string;
  headers: string;
}

const FIELDS = ["name", "recipients", "url", "secret", "headers"];

/** What was typed, as the server takes it: of the address only what was given anew. */
export function changesOf(form: Form): ChannelChange {
  const mail = form.kind === "email" && form.by === "recipients";
  const recipients = form.recipients.split(/[\s,;]+/).filter(Boolean);
  const headers = headersOf(form.headers);
  return {
    name: form.name.trim(),
    ...(mail && recipients.length > 0 ? { recipients } : {}),
    ...(!mail && form.url.trim() ? { url: form.url.trim() } : {}),
    ...(form.kind === "webhook" && form.secret.trim() ? { secret: form.secret.trim() } : {}),
    ...(form.kind === "webhook" && Object.keys(headers).length > 0 ? { headers } : {}),
  };
}

/** One header in each line, `Name: value`. */
function headersOf(text: string): Record<string, string> {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return Object.fromEntries(
    lines.map((line) => {
      const [name = "", ...rest] = line.split(":");
      return [name.trim(), rest.join(":").trim()];
    }),
  );
}

export function ChannelDialog({ workspace, channel, mails, onClose }: Props) {
  const save = useSaveChannel(workspace, channel?.id ?? null);
  const [form, setForm] = useState<Form>({
    kind: channel?.kind ?? "slack",
    name: channel?.name ?? "",
    by: mails ? "recipients" : "url",
    recipients: "",
    url: "",
    secret: channel ? "" : makeSecret(),
    headers: "",
  });
  const set = (changes: Partial<Form>) => setForm({ ...form, ...changes });
  const addressed = form.by === "recipients" && form.kind === "email" ? form.recipients : form.url;
  const ready = form.name.trim() !== "" && (channel !== null || addressed.trim() !== "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!ready || save.isPending) return;
    const changes = changesOf(form);
    save.mutate(channel ? changes : { ...changes, kind: form.kind, name: form.name.trim() }, {
      onSuccess: onClose,
    });
  };
  const problem = besideFields(save.error, [...FIELDS, "recipients.0"]);
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={channel ? `Change ${channel.name}` : "New channel"}
      description={
        channel
          ? "The address is not shown again. What is left empty stays as it is."
          : "Its address is encrypted, and shown to nobody again."
      }
    >
      <form
        onSubmit={submit}
        autoComplete="off"
        className="flex min-h-0 flex-col gap-3 overflow-y-auto px-4 pt-3 pb-4"
      >
        <div className="grid gap-3 sm:grid-cols-2">
          {channel ? null : (
            <ChoiceField
              label="Kind"
              value={form.kind}
              onChange={(kind) => set({ kind })}
              options={(Object.keys(KINDS) as ChannelKind[]).map((value) => ({
                value,
                label: KINDS[value].label,
              }))}
            />
          )}
          <TextField
            label="Name"
            maxLength={100}
            value={form.name}
            onChange={(name) => set({ name })}
            errors={errorsAt(save.error, "name")}
          />
        </div>
        <Address form={form} set={set} mails={mails} error={save.error} isNew={channel === null} />
        {problem ? <ErrorState compact title="It was not saved" error={problem} /> : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Not now</Button>
          <Button type="submit" look="primary" disabled={!ready || save.isPending}>
            {save.isPending ? "Saving" : "Save"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface AddressProps {
  form: Form;
  set: (changes: Partial<Form>) => void;
  mails: boolean;
  error: unknown;
  isNew: boolean;
}

function Address({ form, set, mails, error, isNew }: AddressProps) {
  const byMail = form.kind === "email" && form.by === "recipients";
  return (
    <>
      {form.kind === "email" ? (
        <ChoiceField
          label="Sent by"
          value={form.by}
          onChange={(by) => set({ by })}
          options={[
            { value: "recipients", label: "the mail server of this installation" },
            { value: "url", label: "another mail server" },
          ]}
          help={mails ? undefined : "No mail server is set: NOTIFICATIONS_SMTP_HOST names one."}
        />
      ) : null}
      {byMail ? (
        <TextArea
          label="Recipients"
          help="Mail addresses, by spaces, commas or lines."
          value={form.recipients}
          onChange={(recipients) => set({ recipients })}
          errors={[...errorsAt(error, "recipients"), ...errorsAt(error, "recipients.0")]}
        />
      ) : (
        <TextField
          label="Address"
          help={KINDS[form.kind].urlHelp}
          spellCheck={false}
          autoComplete="off"
          data-1p-ignore
          className="font-mono"
          value={form.url}
          onChange={(url) => set({ url })}
          errors={errorsAt(error, "url")}
        />
      )}
      {form.kind === "webhook" ? <WebhookFields form={form} set={set} error={error} isNew={isNew} /> : null}
    </>
  );
}

function WebhookFields({ form, set, error, isNew }: Omit<AddressProps, "mails">) {
  return (
    <>
      <div className="flex items-end gap-2">
        <div className="min-w-0 flex-1">
          <TextField
            label="Signing secret"
            help={
              isNew
                ? "Copy it to the receiver now: it is not shown again."
                : "Empty: the one that there is stays."
            }
            spellCheck={false}
            autoComplete="off"
            data-1p-ignore
            className="font-mono"
            value={form.secret}
            onChange={(secret) => set({ secret })}
            errors={errorsAt(error, "secret")}
          />
        </div>
        <span className="pb-5">
          {form.secret ? (
            <CopyButton text={form.secret} />
          ) : (
            <Button onClick={() => set({ secret: makeSecret() })}>Make a new one</Button>
          )}
        </span>
      </div>
      <TextArea
        label="Further headers"
        help="One in each line, such as Authorization: Bearer …"
        value={form.headers}
        onChange={(headers) => set({ headers })}
        errors={errorsAt(error, "headers")}
      />
    </>
  );
}
