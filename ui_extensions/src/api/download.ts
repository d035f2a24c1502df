import { useMutation } from "@tanstack/react-query";
import { fromFailedCall, fromResponse } from "@/api/errors";
import { sessionFetch } from "@/api/session";
import { saveFile } from "@/lib/save";

interface Download {
  url: string;
  name: string;
}

/** Fetches a file as whoever is logged in, and saves it: a plain link could not say who asks. */
export async function download({ url, name }: Download): Promise<void> {
  const request = new Request(new URL(url, window.location.origin));
  const answer = await sessionFetch(request).catch((cause: unknown) => {
    throw fromFailedCall(cause);
  });
  if (!answer.ok) throw fromResponse(answer, await answer.json().catch(() => null));
  saveFile(await answer.blob(), name);
}

export const useDownload = () => useMutation({ mutationFn: download });
