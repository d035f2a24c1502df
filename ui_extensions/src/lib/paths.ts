/** Every address of the app, in one place. */
export type Query = Record<string, string | number | null | undefined | readonly string[]>;

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
  dashboard: (key: string, query?: Query) => withQuery(workspace(key), query),
  catalog: (key: string, query?: Query) => withQuery(`${workspace(key)}/catalog`, query),
  node: (key: string, uniqueId: string, query?: Query) =>
    withQuery(`${workspace(key)}/catalog/${encodeURIComponent(uniqueId)}`, query),
  changes: (key: string, query?: Query) => withQuery(`${workspace(key)}/changes`, query),
  artifacts: (key: string, query?: Query) => withQuery(`${workspace(key)}/artifacts`, query),
  validation: (key: string, query?: Query) => withQuery(`${workspace(key)}/validation`, query),
  lineage: (key: string, query?: Query) => withQuery(`${workspace(key)}/lineage`, query),
  lineageGraph: (key: string, query?: Query) => withQuery(`${workspace(key)}/lineage/graph`, query),
  lineageCoverage: (key: string, query?: Query) => withQuery(`${workspace(key)}/lineage/coverage`, query),
  lineageChanges: (key: string, query?: Query) => withQuery(`${workspace(key)}/lineage/changes`, query),
  runs: (key: string, query?: Query) => withQuery(`${workspace(key)}/runs`, query),
  run: (key: string, runId: string, query?: Query) =>
    withQuery(`${workspace(key)}/runs/${encodeURIComponent(runId)}`, query),
  jobs: (key: string, query?: Query) => withQuery(`${workspace(key)}/jobs`, query),
  newJob: (key: string, query?: Query) => withQuery(`${workspace(key)}/jobs/new`, query),
  job: (key: string, job: string, query?: Query) =>
    withQuery(`${workspace(key)}/jobs/${encodeURIComponent(job)}`, query),
  editJob: (key: string, job: string) => `${workspace(key)}/jobs/${encodeURIComponent(job)}/edit`,
  environments: (key: string, query?: Query) => withQuery(`${workspace(key)}/environments`, query),
  environment: (key: string, environment: string) =>
    `${workspace(key)}/environments/${encodeURIComponent(environment)}`,
  notifications: (key: string, query?: Query) => withQuery(`${workspace(key)}/notifications`, query),
  settings: (key: string, query?: Query) => withQuery(`${workspace(key)}/settings`, query),
  login: (next: string | null) => withQuery("/login", { next }),
  profile: (query?: Query) => withQuery("/profile", query),
  roles: () => "/roles",
  users: (query?: Query) => withQuery("/admin/users", query),
  workspaces: (query?: Query) => withQuery("/admin/workspaces", query),
  audit: (query?: Query) => withQuery("/admin/audit", query),
};
