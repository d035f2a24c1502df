import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { FileStatus, Workspace } from "@/api/types";
import { CopyButton } from "@/components/ui/copy-button";
import { EmptyState, QueryView } from "@/components/ui/feedback";
import { PageHeader, Panel, Section } from "@/components/ui/page";
import { StatusWord } from "@/components/ui/status";
import { Heads, Table, Td } from "@/components/ui/table";
import { Ago, Unknown } from "@/components/ui/time";
import { formatNumber } from "@/lib/format";
import { originWord } from "@/lib/origin";
import { paths } from "@/lib/paths";
import { useCatalogPaths, useReading } from "@/lib/reading";
import { shellQuoted } from "@/lib/shell-words";
import { Drops } from "./drops";
import { placesQuery, statusQuery } from "./queries";
import { UploadPanel } from "./upload-panel";

/** Which artifacts are in effect, what was brought and what became of it, and how to bring more. */
export function ArtifactsPage({ workspace }: { workspace: Workspace }) {
  const { key, name } = workspace;
  const links = useCatalogPaths(key);
  return (
    <>
      <PageHeader
        crumbs={[{ label: name, to: links.dashboard() }]}
        title="Artifacts"
        tabTitle={`Artifacts · ${name}`}
      />
      <div className="grid gap-6 px-5 pb-6 max-md:px-3 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <div className="flex min-w-0 flex-col gap-6">
          <InEffect workspace={key} />
          <Drops workspace={key} />
        </div>
        <div className="flex min-w-0 flex-col gap-6 max-xl:order-first">
          <UploadPanel workspace={key} />
          <FromCi workspace={workspace} />
          <Places workspace={key} />
        </div>
      </div>
    </>
  );
}

function InEffect({ workspace }: { workspace: string }) {
  const status = useQuery(statusQuery(workspace, useReading()));
  return (
    <Section title="In effect">
      <Panel>
        <QueryView query={status} what="what is in effect" compact>
          {({ files }) =>
            files.every((file) => !file.in_effect && !file.refused) ? (
              <EmptyState title="Nothing has been taken in yet">
                Upload artifacts, let CI push them, or run dbt here.
              </EmptyState>
            ) : (
              <Table label="Artifacts in effect">
                <Heads columns={["File", "State", "Taken in", "Written by dbt", "From"]} />
                <tbody>
                  {files.map((file) => (
                    <FileRow key={file.name} workspace={workspace} file={file} />
                  ))}
                </tbody>
              </Table>
            )
          }
        </QueryView>
      </Panel>
    </Section>
  );
}

function stateOf({ in_effect: ingested, refused }: FileStatus) {
  if (refused)
    return ingested
      ? ({ tone: "warning", label: "A newer one was refused" } as const)
      : ({ tone: "failed", label: "Refused" } as const);
  return ingested
    ? ({ tone: "ok", label: "In the catalog" } as const)
    : ({ tone: "unknown", label: "Never brought" } as const);
}

function FileRow({ workspace, file }: { workspace: string; file: FileStatus }) {
  const { in_effect: ingested, refused } = file;
  return (
    <tr className="hover:bg-hover">
      <Td className="font-mono text-xs leading-5">{file.name}</Td>
      <Td>
        <StatusWord status={stateOf(file)} />
        {refused ? (
          <p className="max-w-md text-xs break-words text-muted">
            <Ago at={refused.at} />: {refused.reason ?? "no reason was given"}
          </p>
        ) : null}
      </Td>
      <Td className="text-muted">
        <Ago at={ingested?.ingested_at ?? ingested?.at} none={ingested ? "at an unknown time" : "never"} />
      </Td>
      <Td className="text-muted">
        {ingested ? <Ago at={ingested.at} none="not known" /> : <Unknown why="never brought" />}
      </Td>
      <Td className="text-muted">
        {ingested ? <Bringer workspace={workspace} file={ingested} /> : <Unknown why="never brought" />}
      </Td>
    </tr>
  );
}

type InEffectFile = NonNullable<FileStatus["in_effect"]>;

function Bringer({ workspace, file }: { workspace: string; file: InEffectFile }) {
  const links = useCatalogPaths(workspace);
  if (file.drop_id !== null)
    return (
      <Link className="hover:underline" to={links.artifacts({ drop: file.drop_id })}>
        {originWord(file.origin ?? "drop")}, drop {file.drop_id}
      </Link>
    );
  if (file.run_id !== null)
    return (
      <Link className="hover:underline" to={paths.run(workspace, file.run_id)}>
        {originWord("run")}
      </Link>
    );
  return file.origin ? originWord(file.origin) : <Unknown why="not known" />;
}

/** The command that CI runs after dbt. */
function FromCi({ workspace }: { workspace: Workspace }) {
  const { environment } = useReading();
  const command = pushCommand(window.location.origin, workspace.key, environment);
  return (
    <Section title="From CI" actions={<CopyButton text={command} />}>
      <pre className="overflow-x-auto rounded-md border bg-surface p-3 font-mono text-xs whitespace-pre-wrap break-all">
        {command}
      </pre>
      <p className="mt-1.5 text-sm text-muted">
        Run it after dbt, also when dbt failed, with a token in the variable{" "}
        <code className="font-mono text-xs">WORKBENCH_TOKEN</code>. The token needs the right{" "}
        <code className="font-mono text-xs">artifact:upload</code>;{" "}
        <Link className="text-accent hover:underline" to={paths.settings(workspace.key, { tab: "tokens" })}>
          make one
        </Link>
        .
      </p>
    </Section>
  );
}

/** Without the token: whoever lists the processes of a machine sees what is on their command lines. */
export function pushCommand(origin: string, workspace: string, environment: string): string {
  return [
    "workbench artifacts push",
    `--url ${shellQuoted(origin)}`,
    `--workspace ${shellQuoted(workspace)}`,
    ...(environment ? [`--environment ${shellQuoted(environment)}`] : []),
    "target/",
  ].join(" ");
}

/** Where drops are looked for. */
function Places({ workspace }: { workspace: string }) {
  const places = useQuery(placesQuery(workspace, useReading()));
  return (
    <Section title="Folder and bucket">
      <QueryView query={places} what="the places" compact>
        {({ items }) =>
          items.length === 0 ? (
            <p className="text-sm text-muted">
              No folder or bucket is looked at. An instance admin can name one in the settings of the server.
            </p>
          ) : (
            <ul className="flex flex-col gap-2">
              {items.map((place) => (
                <li key={`${place.kind} ${place.address}`} className="rounded-md border px-3 py-2 text-sm">
                  <div className="flex items-center justify-between gap-2">
                    <code className="min-w-0 font-mono text-xs break-all">{place.address}</code>
                    <CopyButton text={place.address} />
                  </div>
                  <p className="text-muted">
                    The {place.kind}, last looked at <Ago at={place.looked_at} none="never" />
                    {place.waiting > 0 ? `; ${formatNumber(place.waiting)} waiting to be complete` : ""}
                  </p>
                  {place.problem ? (
                    <p className="mt-1 break-words text-failed">
                      <StatusWord status={{ tone: "failed", label: "Could not be read" }} /> {place.problem}
                    </p>
                  ) : null}
                </li>
              ))}
            </ul>
          )
        }
      </QueryView>
    </Section>
  );
}
