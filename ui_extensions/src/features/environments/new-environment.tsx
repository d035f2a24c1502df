import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router";
import { besideFields } from "@/api/errors";
import type { EnvironmentList } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { ErrorState } from "@/components/ui/feedback";
import { paths } from "@/lib/paths";
import { EnvironmentFields, FIELDS } from "./environment-fields";
import { formOf, isComplete, requestOf } from "./form";
import { useCreateEnvironment } from "./queries";

interface Props {
  workspace: string;
  list: EnvironmentList;
  onClose: () => void;
}

export function NewEnvironment({ workspace, list, onClose }: Props) {
  const create = useCreateEnvironment(workspace);
  const navigate = useNavigate();
  const [form, setForm] = useState(() => formOf(null, list.repository_targets));
  const ready = isComplete(form, true);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!ready || create.isPending) return;
    create.mutate(requestOf(form), {
      onSuccess: (made) => {
        onClose();
        navigate(paths.environment(workspace, made.key));
      },
    });
  };
  const problem = besideFields(create.error, FIELDS);
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title="New environment"
      description="Another place to run dbt: a target of the repository's profile, or one whose profile is kept here."
    >
      <form onSubmit={submit} className="min-h-0 overflow-y-auto px-4 pt-3">
        <EnvironmentFields form={form} onChange={setForm} list={list} isNew error={create.error} />
        <div className="sticky bottom-0 -mx-4 mt-4 flex flex-col gap-2 border-t bg-canvas px-4 py-3">
          {problem ? <ErrorState compact title="The environment was not made" error={problem} /> : null}
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>Not now</Button>
            <Button type="submit" look="primary" disabled={!ready || create.isPending}>
              {create.isPending ? "Making it" : "Make the environment"}
            </Button>
          </div>
        </div>
      </form>
    </Dialog>
  );
}
