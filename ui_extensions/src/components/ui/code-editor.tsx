import { python } from "@codemirror/lang-python";
import { PostgreSQL, sql } from "@codemirror/lang-sql";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import { cspNonce } from "@/lib/csp";

const highlight = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.controlKeyword], color: "var(--code-keyword)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-number)" },
  {
    tag: [tags.typeName, tags.standard(tags.name), tags.function(tags.variableName)],
    color: "var(--code-name)",
  },
  { tag: tags.comment, color: "var(--code-comment)", fontStyle: "italic" },
]);

const look = EditorView.theme({
  "&": { fontSize: "12.5px", backgroundColor: "transparent", color: "var(--ink)" },
  ".cm-content": { fontFamily: "var(--font-mono)", padding: "8px 0" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--faint)", border: "none" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "19px" },
  "&.cm-focused": { outline: "none" },
});

function stateOf(code: string, language: string | null, label: string): EditorState {
  return EditorState.create({
    doc: code,
    extensions: [
      lineNumbers(),
      EditorState.readOnly.of(true),
      EditorView.editable.of(false),
      EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
      language === "python" ? python() : sql({ dialect: PostgreSQL }),
      syntaxHighlighting(highlight),
      look,
      EditorView.cspNonce.of(cspNonce() ?? ""),
    ],
  });
}

export default function CodeEditor({
  code,
  language,
  label,
}: {
  code: string;
  language: string | null;
  label: string;
}) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!host.current) return;
    const view = new EditorView({ parent: host.current, state: stateOf(code, language, label) });
    return () => view.destroy();
  }, [code, language, label]);
  return <div ref={host} className="overflow-x-auto" />;
}
