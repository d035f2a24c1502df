import { X } from "lucide-react";
import { Button, IconButton } from "@/components/ui/button";
import { groupId } from "@/features/lineage/grouping";
import { PANEL } from "@/features/lineage/panel/frame";
import { plural } from "@/lib/format";
import { neighboursOf, type Scene } from "./scene";

interface GroupPanelProps {
  name: string;
  scene: Scene;
  onOpen: () => void;
  onClose: () => void;
}

/** A closed group: how much is in it, and what opens it. */
export function GroupPanel({ name, scene, onOpen, onClose }: GroupPanelProps) {
  const place = scene.indexOf.get(groupId(name)) ?? 0;
  return (
    <aside aria-label="Chosen group" className={PANEL}>
      <div className="flex items-start justify-between gap-2 px-4 pt-3">
        <h2 className="min-w-0 font-mono text-sm font-semibold break-all">{name}</h2>
        <IconButton label="Close" onClick={onClose}>
          <X size={15} aria-hidden />
        </IconButton>
      </div>
      <div className="flex flex-col gap-3 px-4 py-3 text-sm text-muted">
        <p>
          {plural(scene.members[place] ?? 0, "node")} in this group. It reads{" "}
          {plural(neighboursOf(scene.parents, place).length, "other card")} and is read by{" "}
          {plural(neighboursOf(scene.children, place).length, "other card")}.
        </p>
        <span>
          <Button onClick={onOpen}>Open this group</Button>
        </span>
      </div>
    </aside>
  );
}
