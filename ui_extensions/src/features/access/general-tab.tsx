import { type FormEvent, useState } from "react";
import { useMay } from "@/api/access";
import { besideFields, errorsAt } from "@/api/errors";
import type { Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { ErrorState } from "@/components/ui/feedback";
import { LeaveGuard } from "@/components/ui/leave-guard";
import { Facts, Section } from "@/components/ui/page";
import { TextArea, TextField } from "@/components/ui/text-field";
import { Ago, Unknown } from "@/components/ui/time";
import { ArchiveButton } from "./archive-button";
import { useSaveWorkspace } from "./workspace-queries";

export function GeneralTab({ workspace }: { workspace: Workspace }) {
  const archived = workspace.archived_at !== null;
  return (
    <div className="flex flex-col gap-8">
      <Section title="Name and description">
        <NameForm key={`${workspace.name} ${workspace.description}`} workspace={workspace} />
      </Section>
      <Section title="Project">
        <Facts
          facts={[
            { name: "Key", value: <code className="font-mono">{workspace.key}</code> },
            {
              name: "Folder on the server",
              value: workspace.project_dir ? (
                <code className="font-mono text-xs break-all">{workspace.project_dir}</code>
              ) : (
                <Unknown why={workspace.has_project ? "told to its admins only" : "none"} />
              ),
            },
            { name: "Read", value: <Ago at={workspace.manifest_at} /> },
          ]}
        />
      </Section>
      <Section title="Archive">
        <p className="mb-2 max-w-2xl text-sm text-muted">
          {archived ? (
            <>
              Archived <Ago at={workspace.archived_at} />. It can be read, and nothing in it changes.
            </>
          ) : (
            "An archived workspace is out of the way but not deleted."
          )}
        </p>
        <ArchiveButton workspace={workspace} />
      </Section>
    </div>
  );
}

function NameForm({ workspace }: { workspace: Workspace }) {
  const edit = useMay("workspace:edit", workspace.key);
  const save = useSaveWorkspace(workspace.key);
  const [name, setName] = useState(workspace.name);
  const [description, setDescription] = useState(workspace.description);
  const changed = name !== workspace.name || description !== workspace.description;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (changed && name.trim() !== "") save.mutate({ name: name.trim(), description: description.trim() });
  };
  const problem = besideFields(save.error, ["name", "description"]);
  return (
    <form onSubmit={submit} className="max-w-md">
      <LeaveGuard when={changed && !save.isPending} />
      <fieldset disabled={!edit.may} className="flex flex-col gap-3">
        <TextField
          label="Name"
          value={name}
          onChange={setName}
          maxLength={200}
          errors={name.trim() === "" ? ["A workspace needs a name."] : errorsAt(save.error, "name")}
        />
        <TextArea
          label="Description"
          value={description}
          onChange={setDescription}
          errors={errorsAt(save.error, "description")}
        />
      </fieldset>
      {problem ? <ErrorState compact title="Nothing was saved" error={problem} /> : null}
      <div className="mt-1 flex items-center gap-3">
        <Button type="submit" look="primary" disabled={!changed || save.isPending} denied={edit.why}>
          {save.isPending ? "Saving" : "Save"}
        </Button>
        {edit.why ? <span className="text-xs text-muted">{edit.why}</span> : null}
      </div>
    </form>
  );
}
