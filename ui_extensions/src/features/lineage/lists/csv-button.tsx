import { Download } from "lucide-react";
import { useDownload } from "@/api/download";
import { describeError } from "@/api/errors";
import { Button } from "@/components/ui/button";

/** The whole list, all pages of it, for a spreadsheet. */
export function CsvButton({ url, name }: { url: string; name: string }) {
  const file = useDownload();
  return (
    <>
      <Button
        look="quiet"
        disabled={file.isPending}
        onClick={() => file.mutate({ url, name: `${name}.csv` })}
      >
        <Download size={14} aria-hidden />
        CSV
      </Button>
      {file.isError ? (
        <span role="alert" className="text-xs text-failed">
          {describeError(file.error).message}
        </span>
      ) : null}
    </>
  );
}
