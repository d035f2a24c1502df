import { afterEach, describe, expect, it } from "vitest";
import { cspNonce } from "@/lib/csp";

const withMeta = (content: string) => {
  document.head.innerHTML = `<meta name="csp-nonce" content="${content}">`;
};

afterEach(() => {
  document.head.innerHTML = "";
});

describe("the nonce of the page", () => {
  it("is the one the server wrote into it", () => {
    withMeta("abc");
    expect(cspNonce()).toBe("abc");
  });

  it("is none where no server wrote one", () => {
    withMeta("__CSP_NONCE__");
    expect(cspNonce()).toBeNull();
    document.head.innerHTML = "";
    expect(cspNonce()).toBeNull();
  });
});
