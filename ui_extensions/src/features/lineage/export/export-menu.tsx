import { useMutation } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { Button } from "@/components/ui/button";
import { ErrorState } from "@/components/ui/feedback";
import { Popover } from "@/components/ui/popover";
import { saveFile } from "@/lib/save";
import { type Drawing, toPng, toSvg } from "./drawing";

type Format = "png" | "svg";

interface ExportMenuProps {
  /** Of the file, without its ending. */
  name: string;
  draw: () => Drawing;
}

/** The graph as it is shown, as a picture. */
export function ExportMenu({ name, draw }: ExportMenuProps) {
  const save = useMutation({
    mutationFn: async (format: Format) => {
      const drawing = draw();
      const content =
        format === "png" ? await toPng(drawing) : new Blob([toSvg(drawing)], { type: "image/svg+xml" });
      saveFile(content, `${name}.${format}`);
    },
  });
  return (
    <Popover
      label="Save the graph as a picture"
      className="w-60"
      trigger={
        <Button look="quiet">
          <Download size={14} aria-hidden />
          Picture
        </Button>
      }
    >
      <p className="mb-2 text-sm text-muted">The graph as it is shown now, all of it.</p>
      <div className="flex gap-2">
        <Button disabled={save.isPending} onClick={() => save.mutate("png")}>
          Save PNG
        </Button>
        <Button disabled={save.isPending} onClick={() => save.mutate("svg")}>
          Save SVG
        </Button>
      </div>
      {save.isError ? <ErrorState compact title="Could not make the picture" error={save.error} /> : null}
    </Popover>
  );
}

/** A name that every system takes. */
export const fileName = (...parts: (string | null)[]) =>
  parts
    .filter((part) => part !== null)
    .join("-")
    .replaceAll(/[^A-Za-z0-9._-]+/g, "-")
    .slice(0, 120);
