import { setNonce } from "get-nonce";

const UNFILLED = "__CSP_NONCE__";

/** The word that lets a style of this page's own through its content security policy; null where there is none. */
export function cspNonce(): string | null {
  const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content;
  return nonce && nonce !== UNFILLED ? nonce : null;
}

/** Gives it to the libraries that add styles while they run. Called once at start. */
export function allowLibraryStyles(): void {
  const nonce = cspNonce();
  if (nonce) setNonce(nonce);
}
