import { Navigate, useLocation } from "react-router";

/** The catalog was at /models once: addresses that were kept still lead there. */
export function Component() {
  const { pathname, search, hash } = useLocation();
  const to = pathname.replace(/^(\/w\/[^/]+)\/models/, "$1/catalog");
  return <Navigate to={to + search + hash} replace />;
}
