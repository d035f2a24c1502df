import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import type { ApiToken } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { EmptyState, ErrorState } from "@/components/ui/feedback";
import { ListPanel } from "@/components/ui/list-panel";
import { Section } from "@/components/ui/page";
import { Heads, Table, Td } from "@/components/ui/table";
import { Ago } from "@/components/ui/time";
import { NewTokenDialog } from "./new-token-dialog";
import { type TokenOwner, tokensQuery, useRevokeToken } from "./token-queries";

interface TokensProps {
  owner: TokenOwner;
  title: string;
  about: string;
  /** Why one may not make or revoke any. */
  denied?: string | null;
}

/** Tokens of a person or of a workspace: what each may do, until when, and when it was last used. */
export function Tokens({ owner, title, about, denied = null }: TokensProps) {
  const tokens = useQuery(tokensQuery(owner));
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<ApiToken | null>(null);
  const make = (
    <Button look="primary" denied={denied} onClick={() => setMaking(true)}>
      <Plus size={14} aria-hidden />
      New token
    </Button>
  );
  return (
    <Section title={title} actions={make}>
      <p className="mb-2 max-w-3xl text-sm text-muted">{about}</p>
      <ListPanel
        query={tokens}
        what="the tokens"
        compact
        empty={<EmptyState title="No tokens">Scripts and other programs log in with a token.</EmptyState>}
      >
        {(items) => (
          <TokenTable
            tokens={items}
            personal={owner === null}
            denied={denied}
            onRevoke={(token) => setRevoking(token)}
          />
        )}
      </ListPanel>
      {making ? <NewTokenDialog owner={owner} onClose={() => setMaking(false)} /> : null}
      {revoking ? <RevokeToken owner={owner} token={revoking} onClose={() => setRevoking(null)} /> : null}
    </Section>
  );
}

interface TableProps {
  tokens: ApiToken[];
  personal: boolean;
  denied: string | null;
  onRevoke: (token: ApiToken) => void;
}

function TokenTable({ tokens, personal, denied, onRevoke }: TableProps) {
  return (
    <Table label="Tokens">
      <Heads columns={["Name", "May do", personal ? "Workspace" : "Made by", "Ends", "Last used"]} actions />
      <tbody>
        {tokens.map((token) => (
          <tr key={token.id} className="hover:bg-hover">
            <Td className="max-w-72 min-w-32 whitespace-normal wrap-anywhere">
              {token.name}
              <code className="block font-mono text-xs text-faint">{token.prefix}…</code>
            </Td>
            <Td className="min-w-48 font-mono text-xs leading-5 text-muted">{token.scopes.join(" ")}</Td>
            <Td className="text-muted">
              {personal ? (token.workspace ?? "all of yours") : token.created_by}
            </Td>
            <Td className="text-muted">
              {token.is_expired ? <span className="text-failed">ended </span> : null}
              <Ago at={token.expires_at} />
            </Td>
            <Td className="text-muted">
              <Ago at={token.last_used_at} />
              {token.last_used_address ? (
                <span className="block font-mono text-xs text-faint">{token.last_used_address}</span>
              ) : null}
            </Td>
            <Td className="text-right">
              <Button denied={denied} aria-label={`Revoke ${token.name}`} onClick={() => onRevoke(token)}>
                Revoke
              </Button>
            </Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function RevokeToken({ owner, token, onClose }: { owner: TokenOwner; token: ApiToken; onClose: () => void }) {
  const revoke = useRevokeToken(owner);
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Revoke ${token.name}?`}
      action="Revoke it"
      busy={revoke.isPending}
      onConfirm={() => revoke.mutate(token.id, { onSuccess: onClose })}
    >
      <p>Whatever uses it is refused from this moment. This cannot be undone.</p>
      {revoke.isError ? <ErrorState compact title="It was not revoked" error={revoke.error} /> : null}
    </Confirm>
  );
}
