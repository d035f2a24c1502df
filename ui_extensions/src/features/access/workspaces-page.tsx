import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Link, useNavigate } from "react-router";
import { useMay } from "@/api/access";
import { besideFields, errorsAt } from "@/api/errors";
import type { Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { EmptyState, ErrorState } from "@/components/ui/feedback";
import { ListPanel } from "@/components/ui/list-panel";
import { PageHeader } from "@/components/ui/page";
import { StatusWord } from "@/components/ui/status";
import { Heads, Table, Td } from "@/components/ui/table";
import { TextArea, TextField } from "@/components/ui/text-field";
import { Ago, Unknown } from "@/components/ui/time";
import { paths } from "@/lib/paths";
import { workspaceState } from "@/lib/status";
import { ArchiveButton } from "./archive-button";
import { allWorkspacesQuery, useCreateWorkspace } from "./workspace-queries";

/** Every workspace of the instance, those in the archive too. */
export function WorkspacesPage() {
  const workspaces = useQuery(allWorkspacesQuery);
  const manage = useMay("workspace:manage");
  const [making, setMaking] = useState(false);
  return (
    <>
      <PageHeader
        crumbs={[{ label: "Administration" }]}
        title="Workspaces"
        actions={
          <Button look="primary" denied={manage.why} onClick={() => setMaking(true)}>
            <Plus size={14} aria-hidden />
            New workspace
          </Button>
        }
      />
      <div className="px-5 pb-6 max-md:px-3">
        <ListPanel
          query={workspaces}
          what="the workspaces"
          empty={
            <EmptyState title={manage.may ? "There is no workspace yet" : "You are in no workspace yet"}>
              {manage.may
                ? "A workspace is a dbt project with its own members."
                : "Instance admins see all of them here."}
            </EmptyState>
          }
        >
          {(items) => <WorkspaceTable workspaces={items} />}
        </ListPanel>
      </div>
      {making ? <NewWorkspaceDialog onClose={() => setMaking(false)} /> : null}
    </>
  );
}

function WorkspaceTable({ workspaces }: { workspaces: Workspace[] }) {
  return (
    <Table label="Workspaces" className="max-h-[calc(100dvh-9rem)]">
      <Heads columns={["Name", "State", "Project folder", "Archived"]} actions />
      <tbody>
        {workspaces.map((workspace) => (
          <tr key={workspace.key} className="hover:bg-hover">
            <Td className="min-w-40 wrap-anywhere">
              <Link to={paths.settings(workspace.key)} className="hover:underline">
                {workspace.name}
              </Link>
              <code className="block font-mono text-xs text-faint">{workspace.key}</code>
            </Td>
            <Td>
              {workspace.has_project ? (
                <StatusWord status={workspaceState(workspace.state)} />
              ) : (
                <span className="text-muted">No project</span>
              )}
            </Td>
            <Td className="max-w-80 min-w-40 font-mono text-xs leading-5 break-all text-muted">
              {workspace.project_dir ?? <Unknown why="none" />}
            </Td>
            <Td className="text-muted">
              <Ago at={workspace.archived_at} none="no" />
            </Td>
            <Td className="text-right">
              <ArchiveButton workspace={workspace} />
            </Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

const FIELDS = ["key", "name", "description", "project_dir"];

/** "Sales reports, café" -> "sales_reports_cafe". */
const keyFrom = (name: string) =>
  name
    .toLowerCase()
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");

function NewWorkspaceDialog({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const create = useCreateWorkspace();
  const [name, setName] = useState("");
  const [ownKey, setOwnKey] = useState<string | null>(null);
  const [description, setDescription] = useState("");
  const [folder, setFolder] = useState("");
  const key = ownKey ?? keyFrom(name);
  const ready = name.trim() !== "" && key !== "";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!ready) return;
    const body = {
      key,
      name: name.trim(),
      description: description.trim(),
      ...(folder.trim() && { project_dir: folder.trim() }),
    };
    create.mutate(body, { onSuccess: (made) => navigate(paths.settings(made.key, { tab: "members" })) });
  };
  const problem = besideFields(create.error, FIELDS);
  return (
    <Dialog open onClose={onClose} title="New workspace" description="A dbt project with its own members.">
      <form onSubmit={submit} className="flex flex-col gap-3 overflow-y-auto px-4 pt-3 pb-4">
        <TextField
          label="Name"
          autoComplete="off"
          value={name}
          onChange={setName}
          errors={errorsAt(create.error, "name")}
        />
        <TextField
          label="Key"
          className="font-mono"
          help="Stands in addresses, and cannot be changed later."
          autoComplete="off"
          spellCheck={false}
          value={key}
          onChange={setOwnKey}
          errors={errorsAt(create.error, "key")}
        />
        <TextArea
          label="Description"
          value={description}
          onChange={setDescription}
          errors={errorsAt(create.error, "description")}
        />
        <TextField
          label="Project folder"
          className="font-mono"
          help="A folder on the server that holds dbt_project.yml, from the root on. Without one nothing can be run here."
          autoComplete="off"
          spellCheck={false}
          value={folder}
          onChange={setFolder}
          errors={errorsAt(create.error, "project_dir")}
        />
        {problem ? <ErrorState compact title="The workspace was not made" error={problem} /> : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Not now</Button>
          <Button type="submit" look="primary" disabled={!ready || create.isPending}>
            {create.isPending ? "Creating" : "Create"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
