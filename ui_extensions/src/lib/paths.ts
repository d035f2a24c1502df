/** Every address of the app, in one place. */
type Query = Record<string, string | number | null | undefined | readonly string[]>;

export function withQuery(path: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === "") continue;
    for (const one of Array.isArray(value) ? value : [value]) params.append(key, String(one));
  }
  const text = params.toString();
  return text ? `${path}?${text}` : path;
}

const workspace = (key: string) => `/w/${encodeURIComponent(key)}`;

export const paths = {
  dashboard: (key: string) => workspace(key),
  models: (key: string, query?: Query) => withQuery(`${workspace(key)}/models`, query),
  node: (key: string, uniqueId: string, query?: Query) =>
    withQuery(`${workspace(key)}/models/${encodeURIComponent(uniqueId)}`, query),
  lineage: (key: string, query?: Query) => withQuery(`${workspace(key)}/lineage`, query),
  runs: (key: string, query?: Query) => withQuery(`${workspace(key)}/runs`, query),
  run: (key: string, runId: string, query?: Query) =>
    withQuery(`${workspace(key)}/runs/${encodeURIComponent(runId)}`, query),
  settings: (key: string, query?: Query) => withQuery(`${workspace(key)}/settings`, query),
  login: (next: string | null) => withQuery("/login", { next }),
  profile: (query?: Query) => withQuery("/profile", query),
  roles: () => "/roles",
  users: (query?: Query) => withQuery("/admin/users", query),
  workspaces: (query?: Query) => withQuery("/admin/workspaces", query),
  audit: (query?: Query) => withQuery("/admin/audit", query),
};
