import { useQuery } from "@tanstack/react-query";
import { Check } from "lucide-react";
import type { ReactNode } from "react";
import { rolesQuery } from "@/api/access";
import { useMe } from "@/api/session";
import type { Me, Right, Roles } from "@/api/types";
import { QueryView } from "@/components/ui/feedback";
import { PageHeader, Panel } from "@/components/ui/page";
import { Heads, Table, Td } from "@/components/ui/table";

/** Each level may do what those before it may. */
export function RolesPage() {
  const roles = useQuery(rolesQuery);
  const me = useMe();
  return (
    <>
      <PageHeader crumbs={[]} title="What roles may do" />
      <div className="flex flex-col gap-5 px-5 pb-8 max-md:px-3">
        <QueryView query={roles} what="the roles">
          {(data) => (
            <div className="flex flex-col gap-5">
              <Levels roles={data} me={me} />
              <Panel>
                <RightsTable roles={data} />
              </Panel>
            </div>
          )}
        </QueryView>
      </div>
    </>
  );
}

function Levels({ roles, me }: { roles: Roles; me: Me | null }) {
  return (
    <dl className="grid gap-3 md:grid-cols-2 xl:grid-cols-3">
      {roles.levels.map((level) => (
        <div key={level.key} className="rounded-md border px-3 py-2">
          <dt className="font-medium">{level.name}</dt>
          <dd className="text-sm text-muted">{level.description}</dd>
          <dd className="mt-1 text-sm">{me ? yours(level.key, me) : null}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Where one has this level oneself. */
function yours(level: string, me: Me) {
  if (level === "person") return <Mark>You</Mark>;
  if (level === "instance_admin") return me.is_instance_admin ? <Mark>You</Mark> : null;
  const names = me.memberships.filter((one) => one.role === level).map((one) => one.name);
  return names.length > 0 ? <Mark>You, in {names.join(", ")}</Mark> : null;
}

function Mark({ children }: { children: ReactNode }) {
  return (
    <span className="inline-flex items-start gap-1.5 text-ok">
      <Check size={14} className="mt-0.5 shrink-0" aria-hidden />
      <span>{children}</span>
    </span>
  );
}

function RightsTable({ roles }: { roles: Roles }) {
  return (
    <Table label="Rights of each role" className="max-h-[calc(100dvh-9rem)]">
      <Heads columns={["Right", ...roles.levels.map((level) => level.name), "Tokens"]} />
      <tbody>
        {roles.rights.map((right) => (
          <tr key={right.scope} className="hover:bg-hover">
            <Td className="min-w-52">
              {right.description}
              <code className="block font-mono text-xs text-faint">{right.scope}</code>
            </Td>
            {roles.levels.map((level) => (
              <Td key={level.key}>
                <Cell yes={mayDo(roles, level.key, right)} />
              </Td>
            ))}
            <Td>
              <Cell yes={right.tokens} />
            </Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

/** Levels are listed from the least on, and each has the rights of those before it. */
function mayDo(roles: Roles, level: string, right: Right): boolean {
  const place = (key: string) => roles.levels.findIndex((one) => one.key === key);
  return place(right.level) <= place(level);
}

function Cell({ yes }: { yes: boolean }) {
  if (!yes) return <span className="sr-only">no</span>;
  return <Check size={15} className="text-ok" role="img" aria-label="yes" />;
}
