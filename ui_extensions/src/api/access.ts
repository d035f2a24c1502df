import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { keys } from "@/api/keys";
import { useMe } from "@/api/session";
import type { Me, RoleName, Roles, Workspace } from "@/api/types";

/** What roles may do, as the server enforces it. Changes only with the server itself. */
export const rolesQuery = queryOptions({
  queryKey: keys.roles,
  queryFn: ({ signal }) => unwrap(client.GET("/api/roles", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

export interface Permission {
  may: boolean;
  /** What is missing, in words; null where nothing is. */
  why: string | null;
}

interface Place {
  name: string;
  role: RoleName | null;
  scopes: readonly string[];
  archived: boolean;
  hasProject: boolean;
}

const GRANTED: Permission = { may: true, why: null };

/**
 * Whether one may do something, in a workspace or for the whole instance. It decides what is offered, not what is
 * allowed: that is for the server. What is not known yet is offered.
 */
export function useMay(scope: string, workspace: string | null = null): Permission {
  const me = useMe();
  const seen = useQueryClient().getQueryData<Workspace>(keys.workspace(workspace ?? ""));
  const place = workspace === null ? null : placeOf(workspace, me, seen);
  const held = me === null || holds(scope, me, place);
  const roles = useQuery({ ...rolesQuery, enabled: !held });
  const why = held ? hindrance(scope, place) : missing(scope, roles.data, place);
  return why === null ? GRANTED : { may: false, why };
}

/** What keeps even those from it who have the right. */
function hindrance(scope: string, place: Place | null): string | null {
  if (place === null) return null;
  if (place.archived && !scope.endsWith(":read")) return "The workspace is archived: it can only be read.";
  if (!place.hasProject && scope === "run:start") return "The workspace has no dbt project to run.";
  return null;
}

/** The newest that is known: the workspace's own answer, or else what one's account says. */
function placeOf(workspace: string, me: Me | null, seen: Workspace | undefined): Place {
  if (seen) {
    return {
      name: seen.name,
      role: seen.role,
      scopes: seen.scopes,
      archived: seen.archived_at !== null,
      hasProject: seen.has_project,
    };
  }
  const membership = me?.memberships.find((one) => one.workspace === workspace);
  return {
    name: membership?.name ?? workspace,
    role: membership?.role ?? null,
    scopes: membership?.scopes ?? [],
    archived: false,
    hasProject: true,
  };
}

const holds = (scope: string, me: Me, place: Place | null) =>
  me.scopes.includes(scope) || (place?.scopes.includes(scope) ?? false);

function missing(scope: string, roles: Roles | undefined, place: Place | null): string {
  const level = roles?.rights.find((right) => right.scope === scope)?.level;
  if (level === "instance_admin" || place === null) return "Only instance admins may do this.";
  const yours = place.role === null ? "You are no member of it." : `Yours is ${place.role}.`;
  return level
    ? `Needs the role ${level} in ${place.name}. ${yours}`
    : `Your role in ${place.name} does not allow this (${scope}). ${yours}`;
}
