import { createBrowserRouter, type RouteObject } from "react-router";
import { RouteError } from "@/routes/route-error";
import { Shell } from "@/routes/shell";
import { Start } from "@/routes/start";
import { WorkspaceRoute } from "@/routes/workspace";

/** Every page is a chunk of its own, loaded when it is first gone to. */
export const routes: RouteObject[] = [
  {
    errorElement: <RouteError />,
    HydrateFallback: () => null,
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
              { path: "models", lazy: () => import("@/routes/models") },
              { path: "models/:uniqueId", lazy: () => import("@/routes/node") },
              { path: "lineage", lazy: () => import("@/routes/lineage") },
              { path: "runs", lazy: () => import("@/routes/runs") },
              { path: "runs/:runId", lazy: () => import("@/routes/run") },
              { path: "*", lazy: () => import("@/routes/not-found") },
            ],
          },
        ],
      },
      { path: "*", lazy: () => import("@/routes/not-found").then(({ Outside }) => ({ Component: Outside })) },
    ],
  },
];

export const makeRouter = () => createBrowserRouter(routes);
