import { useQuery } from "@tanstack/react-query";
import { Pencil, RotateCcw } from "lucide-react";
import { type FormEvent, type ReactNode, useState } from "react";
import { useMay } from "@/api/access";
import { configQuery } from "@/api/config-query";
import { besideFields, errorsAt } from "@/api/errors";
import { useOverride } from "@/api/node-queries";
import type { NodeDetail, OverrideField } from "@/api/types";
import { Button } from "@/components/ui/button";
import { ErrorState } from "@/components/ui/feedback";
import { LeaveGuard } from "@/components/ui/leave-guard";
import { Section } from "@/components/ui/page";
import { TextArea, TextField } from "@/components/ui/text-field";
import { Ago } from "@/components/ui/time";
import { useReading } from "@/lib/reading";
import { asText, isBlank } from "@/lib/values";
import { currentValue, EDITORS, overrideOf } from "./edit-field";

interface EditableProps {
  workspace: string;
  node: NodeDetail;
  field: OverrideField;
  /** The field that is open; one at a time. */
  editing: OverrideField | null;
  onEdit: (field: OverrideField | null) => void;
  children: ReactNode;
}

const TURNED_OFF = "This server does not let metadata be changed here (ALLOW_METADATA_EDITS).";

/** A part of the page that people of the workspace may say otherwise than the project does. */
export function Editable({ workspace, node, field, editing, onEdit, children }: EditableProps) {
  const edit = useMay("catalog:edit", workspace);
  const turnedOff = useQuery(configQuery).data?.metadata_edits === false ? TURNED_OFF : null;
  const { snapshot } = useReading();
  const { label } = EDITORS[field];
  const open = editing === field;
  const another = editing !== null && !open ? "Save or cancel what you are editing first." : null;
  return (
    <Section
      title={label}
      actions={
        open || snapshot ? null : (
          <Button
            look="quiet"
            denied={turnedOff ?? edit.why ?? another}
            onClick={() => onEdit(field)}
            aria-label={`Edit ${label.toLowerCase()}`}
          >
            <Pencil size={13} aria-hidden />
            Edit
          </Button>
        )
      }
    >
      {open ? (
        <EditForm workspace={workspace} node={node} field={field} onClose={() => onEdit(null)} />
      ) : (
        <>
          {children}
          <OverrideNote
            workspace={workspace}
            node={node}
            field={field}
            mayReset={edit.may && !turnedOff && !snapshot && editing === null}
          />
        </>
      )}
    </Section>
  );
}

interface FormProps {
  workspace: string;
  node: NodeDetail;
  field: OverrideField;
  onClose: () => void;
}

/** What is typed stays as it is when the node changes meanwhile. */
function EditForm({ workspace, node, field, onClose }: FormProps) {
  const editor = EDITORS[field];
  const [before] = useState(() => editor.text(currentValue(node, field)));
  const [text, setText] = useState(before);
  const [problem, setProblem] = useState<string | null>(null);
  const save = useOverride(workspace, node.unique_id, field);
  const changed = text !== before;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const parsed = editor.parse(text);
    if ("error" in parsed) return setProblem(parsed.error);
    setProblem(null);
    if (changed && !save.isPending) save.mutate(parsed.value, { onSuccess: onClose });
  };
  const errors = problem ? [problem] : errorsAt(save.error, "value");
  const Input = editor.long ? TextArea : TextField;
  return (
    <form onSubmit={submit} className="flex flex-col gap-2">
      <LeaveGuard when={changed && !save.isSuccess} />
      <Input
        label={`${editor.label} in this workspace`}
        value={text}
        onChange={setText}
        help={editor.help}
        errors={errors}
      />
      {isBlank(node.project[field]) ? null : (
        <p className="text-xs text-muted">
          The project says:{" "}
          <span className="whitespace-pre-wrap break-words">{editor.text(node.project[field])}</span>
        </p>
      )}
      {save.isError && besideFields(save.error, ["value"]) ? (
        <ErrorState compact title="It was not saved" error={save.error} />
      ) : null}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="primary" disabled={!changed || save.isPending}>
          Save
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </div>
    </form>
  );
}

interface NoteProps {
  workspace: string;
  node: NodeDetail;
  field: OverrideField;
  mayReset: boolean;
}

/** Who set this here, when, and what the project says instead. */
function OverrideNote({ workspace, node, field, mayReset }: NoteProps) {
  const reset = useOverride(workspace, node.unique_id, field);
  const override = overrideOf(node, field);
  if (override === null) return null;
  const said = node.project[field];
  return (
    <div className="mt-2 rounded-md border border-dashed px-3 py-2 text-sm">
      <p className="text-muted">
        Set here by <span className="text-ink">{override.changed_by}</span>{" "}
        <Ago at={override.changed_at} none="at an unknown time" />.
      </p>
      <p className="mt-0.5 text-muted">
        The project says:{" "}
        {isBlank(said) ? (
          <span className="text-faint">nothing</span>
        ) : (
          <span className="whitespace-pre-wrap break-words text-ink">{shown(field, said)}</span>
        )}
      </p>
      {mayReset ? (
        <Button
          look="quiet"
          className="-ml-2.5"
          disabled={reset.isPending}
          onClick={() => reset.mutate(undefined)}
          aria-label={`Reset ${EDITORS[field].label.toLowerCase()} to the project's`}
        >
          <RotateCcw size={13} aria-hidden />
          Back to the project's
        </Button>
      ) : null}
      {reset.isError ? <ErrorState compact title="It was not reset" error={reset.error} /> : null}
    </div>
  );
}

const shown = (field: OverrideField, value: unknown) =>
  field === "meta" ? asText(value) : EDITORS[field].text(value);
