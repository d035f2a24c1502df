import { useQuery } from "@tanstack/react-query";
import type { LoginSession } from "@/api/types";
import { Button } from "@/components/ui/button";
import { EmptyState, ErrorState } from "@/components/ui/feedback";
import { ListPanel } from "@/components/ui/list-panel";
import { Section } from "@/components/ui/page";
import { Heads, Table, Td } from "@/components/ui/table";
import { Ago } from "@/components/ui/time";
import { sessionsQuery, useEndOtherSessions, useEndSession } from "./account-queries";

/** Where one is logged in, and the way to end it. */
export function SessionsTab() {
  const sessions = useQuery(sessionsQuery);
  const endOthers = useEndOtherSessions();
  const others = sessions.data?.items.some((one) => !one.is_current) ?? false;
  return (
    <Section
      title="Where you are logged in"
      actions={
        <Button disabled={!others || endOthers.isPending} onClick={() => endOthers.mutate()}>
          End all others
        </Button>
      }
    >
      {endOthers.isError ? <ErrorState compact title="They were not ended" error={endOthers.error} /> : null}
      <ListPanel
        query={sessions}
        what="your sessions"
        compact
        empty={<EmptyState title="No sessions">Login is switched off, so there is none to end.</EmptyState>}
      >
        {(items) => <SessionTable sessions={items} />}
      </ListPanel>
    </Section>
  );
}

function SessionTable({ sessions }: { sessions: LoginSession[] }) {
  return (
    <Table label="Sessions">
      <Heads columns={["Browser", "Address", "Logged in", "Last seen", "Ends"]} actions />
      <tbody>
        {sessions.map((session) => (
          <SessionRow key={session.id} session={session} />
        ))}
      </tbody>
    </Table>
  );
}

function SessionRow({ session }: { session: LoginSession }) {
  const end = useEndSession();
  const name = browserOf(session.user_agent);
  return (
    <tr className="hover:bg-hover">
      <Td>
        <span title={session.user_agent ?? undefined}>{name}</span>
        {session.is_current ? <span className="ml-2 text-xs text-ok">this one</span> : null}
        {end.isError ? <ErrorState compact title="It was not ended" error={end.error} /> : null}
      </Td>
      <Td className="font-mono text-xs leading-5 text-muted">{session.address ?? "unknown"}</Td>
      <Td className="text-muted">
        <Ago at={session.created_at} />
      </Td>
      <Td className="text-muted">
        <Ago at={session.last_seen_at} />
      </Td>
      <Td className="text-muted">
        <Ago at={session.expires_at} />
      </Td>
      <Td className="text-right">
        {session.is_current ? null : (
          <Button
            aria-label={`End the session of ${name}`}
            disabled={end.isPending}
            onClick={() => end.mutate(session.id)}
          >
            End
          </Button>
        )}
      </Td>
    </tr>
  );
}

const BROWSERS: [RegExp, string][] = [
  [/Edg\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\//, "Firefox"],
  [/Chrom(e|ium)\//, "Chrome"],
  [/Safari\//, "Safari"],
];
const SYSTEMS: [RegExp, string][] = [
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/Linux/, "Linux"],
];

/** "Firefox on Linux"; what is not known by name is given as it called itself. */
export function browserOf(userAgent: string | null): string {
  if (!userAgent) return "Unknown";
  const find = (names: [RegExp, string][]) => names.find(([pattern]) => pattern.test(userAgent))?.[1];
  const [browser, system] = [find(BROWSERS), find(SYSTEMS)];
  if (!browser) return userAgent.slice(0, 40);
  return system ? `${browser} on ${system}` : browser;
}
