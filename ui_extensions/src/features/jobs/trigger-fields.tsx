import { Plus, Trash2 } from "lucide-react";
import type { JobOptions, Workspace } from "@/api/types";
import { Button, IconButton } from "@/components/ui/button";
import { ChoiceField } from "@/components/ui/text-field";
import { CronFields } from "./cron-fields";
import { type Kind, newTrigger, type TriggerDraft } from "./form";

const KINDS: Kind[] = ["cron", "job", "artifacts", "api"];

interface TriggersProps {
  workspace: Workspace;
  /** The key of the job itself, which does not wait for itself; "" for a new one. */
  job: string;
  triggers: TriggerDraft[];
  onChange: (triggers: TriggerDraft[]) => void;
  options: JobOptions;
  /** What is said of a field, by the server's name of it. */
  said: (field: string) => string[];
}

/** What makes a job run: none, or several at once. */
export function TriggersFields(props: TriggersProps) {
  const { triggers, onChange, options } = props;
  return (
    <div className="flex flex-col gap-3">
      {triggers.length === 0 ? (
        <p className="text-sm text-muted">Without a trigger it is run by hand only.</p>
      ) : null}
      {triggers.map((draft, index) => (
        <OneTrigger key={draft.place} {...props} draft={draft} index={index} />
      ))}
      <div className="flex flex-wrap gap-2" role="group" aria-label="Add a trigger">
        {options.kinds
          .filter((kind) => KINDS.some((known) => known === kind.name))
          .map((kind) => (
            <Button
              key={kind.name}
              title={kind.description}
              onClick={() => onChange([...triggers, newTrigger(kind.name as Kind)])}
            >
              <Plus size={14} aria-hidden />
              {kind.title}
            </Button>
          ))}
      </div>
    </div>
  );
}

function OneTrigger({
  draft,
  index,
  triggers,
  onChange,
  options,
  said: saidOfJob,
  ...rest
}: TriggersProps & { draft: TriggerDraft; index: number }) {
  const kind = options.kinds.find((one) => one.name === draft.kind);
  const title = `${index + 1}. ${kind?.title ?? draft.kind}`;
  const set = (changes: Partial<TriggerDraft>) =>
    onChange(triggers.map((one) => (one === draft ? { ...one, ...changes } : one)));
  const said = (field: string) => saidOfJob(`triggers.${index}.${field}`);
  const part = { ...rest, draft, set, options, said };
  return (
    <fieldset className="flex min-w-0 flex-col gap-3 rounded-md border p-3">
      <legend className="flex items-center gap-1 px-1 text-sm font-medium">
        {title}
        <IconButton
          label={`Remove trigger ${title}`}
          onClick={() => onChange(triggers.filter((one) => one !== draft))}
        >
          <Trash2 size={14} aria-hidden />
        </IconButton>
      </legend>
      {draft.kind === "cron" ? <CronFields {...part} workspace={rest.workspace.key} /> : null}
      {draft.kind === "job" ? <JobFields {...part} /> : null}
      {draft.kind === "artifacts" ? <ArtifactsFields {...part} /> : null}
      {draft.kind === "api" ? (
        <p className="text-sm text-muted">
          It is called with a token that has the right <code className="font-mono">run:start</code>. The page
          of the job shows the command.
        </p>
      ) : null}
    </fieldset>
  );
}

interface PartProps {
  workspace: Workspace;
  job: string;
  draft: TriggerDraft;
  set: (changes: Partial<TriggerDraft>) => void;
  options: JobOptions;
  said: (field: string) => string[];
}

function JobFields({ job, draft, set, options, said }: PartProps) {
  const others = options.jobs.filter((one) => one.key !== job);
  const gone = draft.job !== "" && !others.some((one) => one.key === draft.job);
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <ChoiceField
        label="When this job"
        value={draft.job}
        onChange={(next) => set({ job: next })}
        options={[
          { value: "", label: others.length === 0 ? "there is no other job" : "choose one" },
          ...others.map((one) => ({ value: one.key, label: one.name })),
          ...(gone ? [{ value: draft.job, label: `${draft.job} (not in use)` }] : []),
        ]}
        errors={said("job")}
      />
      <ChoiceField
        label="has"
        help="Retries of a failed run come first: what counts is how it ends for good."
        value={draft.on}
        onChange={(on) => set({ on })}
        options={[
          { value: "success", label: "succeeded" },
          { value: "failure", label: "failed" },
          { value: "any", label: "ended, however it did" },
        ]}
        errors={said("on")}
      />
    </div>
  );
}

function ArtifactsFields({ workspace, draft, set, said }: PartProps) {
  return (
    <ChoiceField
      label="Artifacts of"
      help="Those that are brought from elsewhere, once they are taken in. What runs here leave does not count."
      value={draft.environment}
      onChange={(environment) => set({ environment })}
      options={[
        { value: "", label: "any environment" },
        ...workspace.environments.map((one) => ({ value: one.key, label: one.name })),
      ]}
      errors={said("environment")}
    />
  );
}
