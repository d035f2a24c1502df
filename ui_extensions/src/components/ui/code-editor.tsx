import { python } from "@codemirror/lang-python";
import { PostgreSQL, sql } from "@codemirror/lang-sql";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorState, type Extension } from "@codemirror/state";
import { Decoration, EditorView, lineNumbers } from "@codemirror/view";
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
  ".cm-marked": {
    backgroundColor: "var(--accent-soft)",
    boxShadow: "0 1.5px 0 var(--accent)",
    borderRadius: "2px",
  },
});

/** Places in the text as the editor counts them. */
export interface MarkedRange {
  from: number;
  to: number;
}

const marked = Decoration.mark({ class: "cm-marked" });

function marking(range: MarkedRange | null, length: number): Extension {
  if (!range || range.from >= range.to || range.to > length) return [];
  return EditorView.decorations.of(Decoration.set([marked.range(range.from, range.to)]));
}

function stateOf(
  code: string,
  language: string | null,
  label: string,
  mark: MarkedRange | null,
): EditorState {
  return EditorState.create({
    doc: code,
    extensions: [
      marking(mark, code.length),
      // A part that is pointed at must not lie outside of the box.
      mark ? EditorView.lineWrapping : [],
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

interface CodeEditorProps {
  code: string;
  language: string | null;
  label: string;
  /** A part that is marked, and scrolled to. */
  mark?: MarkedRange | null;
  className?: string;
}

export default function CodeEditor({ code, language, label, mark = null, className }: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const [from, to] = [mark?.from ?? -1, mark?.to ?? -1];
  useEffect(() => {
    if (!host.current) return;
    const range = from < 0 ? null : { from, to };
    const view = new EditorView({ parent: host.current, state: stateOf(code, language, label, range) });
    if (range && to <= view.state.doc.length)
      view.dispatch({ effects: EditorView.scrollIntoView(from, { y: "center", x: "nearest" }) });
    return () => view.destroy();
  }, [code, language, label, from, to]);
  return <div ref={host} className={className ?? "overflow-x-auto"} />;
}
