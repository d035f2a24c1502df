import { createBrowserRouter, type RouteObject } from "react-router";
import { RouteError } from "@/routes/route-error";
import { Root, SessionGate } from "@/routes/session-gate";
import { Shell } from "@/routes/shell";
import { Start } from "@/routes/start";
import { WorkspaceRoute } from "@/routes/workspace";

/** Every page is a chunk of its own, loaded when it is first gone to. */
export const routes: RouteObject[] = [
  {
    element: <Root />,
    errorElement: <RouteError />,
    HydrateFallback: () => null,
    children: [
      { path: "login", lazy: () => import("@/routes/login") },
      {
        element: <SessionGate />,
        children: [
          { index: true, element: <Start /> },
          {
            path: "w/:workspace",
            element: <Shell />,
            children: [
              {
                element: <WorkspaceRoute />,
                errorElement: <RouteError />,
                children: [
                  { index: true, lazy: () => import("@/routes/dashboard") },
                  { path: "catalog", lazy: () => import("@/routes/catalog") },
                  { path: "catalog/:uniqueId", lazy: () => import("@/routes/node") },
                  { path: "models/:uniqueId?", lazy: () => import("@/routes/old-models") },
                  { path: "changes", lazy: () => import("@/routes/changes") },
                  { path: "artifacts", lazy: () => import("@/routes/artifacts") },
                  { path: "validation", lazy: () => import("@/routes/validation") },
                  { path: "lineage", lazy: () => import("@/routes/lineage") },
                  { path: "lineage/graph", lazy: () => import("@/routes/lineage-graph") },
                  { path: "lineage/coverage", lazy: () => import("@/routes/lineage-coverage") },
                  { path: "lineage/changes", lazy: () => import("@/routes/lineage-changes") },
                  { path: "runs", lazy: () => import("@/routes/runs") },
                  { path: "runs/:runId", lazy: () => import("@/routes/run") },
                  { path: "jobs", lazy: () => import("@/routes/jobs") },
                  { path: "jobs/new", lazy: () => import("@/routes/new-job") },
                  { path: "jobs/:job", lazy: () => import("@/routes/job") },
                  { path: "jobs/:job/edit", lazy: () => import("@/routes/edit-job") },
                  { path: "environments", lazy: () => import("@/routes/environments") },
                  { path: "environments/:environment", lazy: () => import("@/routes/environment") },
                  { path: "notifications", lazy: () => import("@/routes/notifications") },
                  { path: "settings", lazy: () => import("@/routes/settings") },
                  { path: "*", lazy: () => import("@/routes/not-found") },
                ],
              },
            ],
          },
          {
            element: <Shell />,
            children: [
              {
                errorElement: <RouteError />,
                children: [
                  { path: "profile", lazy: () => import("@/routes/profile") },
                  { path: "roles", lazy: () => import("@/routes/roles") },
                  { path: "admin/users", lazy: () => import("@/routes/users") },
                  { path: "admin/workspaces", lazy: () => import("@/routes/workspaces") },
                  { path: "admin/audit", lazy: () => import("@/routes/audit") },
                ],
              },
            ],
          },
        ],
      },
      { path: "*", lazy: () => import("@/routes/not-found").then(({ Outside }) => ({ Component: Outside })) },
    ],
  },
];

export const makeRouter = () => createBrowserRouter(routes);
