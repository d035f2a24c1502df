import "@/styles/app.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router";
import { makeQueryClient } from "@/api/query-client";
import { startSession } from "@/api/session";
import { allowLibraryStyles } from "@/lib/csp";
import { watchSystemTheme } from "@/lib/theme";
import { makeRouter } from "@/routes/router";

allowLibraryStyles();
watchSystemTheme();
// Asked for before anything is drawn; what pages ask for meanwhile waits for a token only where one is to come.
void startSession();

const root = document.getElementById("root");
if (!root) throw new Error("The page has no #root.");

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={makeQueryClient()}>
      <RouterProvider router={makeRouter()} />
    </QueryClientProvider>
  </StrictMode>,
);
