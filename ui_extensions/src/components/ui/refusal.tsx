import { Link } from "react-router";
import { StatusMark } from "@/components/ui/status";
import { cn } from "@/lib/cn";
import { paths } from "@/lib/paths";

interface RefusalError {
  code: "forbidden";
  message: string;
  hint?: string | null;
  requestId?: string | null;
  details?: { field: string; message: string }[];
}

/** The server knows who asks, and says no. */
export const isRefusal = (error: unknown): error is RefusalError =>
  (error as Partial<RefusalError> | null)?.code === "forbidden";

/** Every refusal: which role in which workspace is missing, and which one there is. */
export function Refusal({ error, compact = false }: { error: RefusalError; compact?: boolean }) {
  const fact = (field: string) => error.details?.find((one) => one.field === field)?.message;
  const [scope, role, workspace, held] = [fact("scope"), fact("role"), fact("workspace"), fact("held")];
  return (
    <div
      role="alert"
      className={cn("flex items-start gap-2.5", compact ? "p-3" : "mx-auto max-w-xl px-4 py-10")}
    >
      <span className="mt-0.5">
        <StatusMark tone="warning" size={16} />
      </span>
      <div className="min-w-0 flex-1 break-words">
        <p className="font-medium">You may not do this</p>
        <p className="text-muted">{role ? neededWords(role, workspace) : error.message}</p>
        {held ? <p className="text-muted">{heldWords(held, workspace)}</p> : null}
        {error.hint ? <p className="mt-1 text-muted">{error.hint}</p> : null}
        <p className="mt-1 flex flex-wrap gap-x-3 text-xs text-faint">
          <Link to={paths.roles()} className="text-accent hover:underline">
            What roles may do
          </Link>
          {scope ? (
            <span>
              Right <code className="font-mono">{scope}</code>
            </span>
          ) : null}
          {error.requestId ? (
            <span>
              Request <code className="font-mono select-all">{error.requestId}</code>
            </span>
          ) : null}
        </p>
      </div>
    </div>
  );
}

const words = (role: string) => role.replaceAll("_", " ");

function neededWords(role: string, workspace: string | undefined) {
  const name = <strong className="font-medium text-ink">{words(role)}</strong>;
  if (!workspace) return <>It needs the role {name} for the whole instance.</>;
  return (
    <>
      It needs the role {name} in the workspace <code className="font-mono text-sm">{workspace}</code>.
    </>
  );
}

const heldWords = (held: string, workspace: string | undefined) =>
  workspace ? `Your role there is ${words(held)}.` : `You have: ${words(held)}.`;
