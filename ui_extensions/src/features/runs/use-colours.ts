import { useEffect, useState } from "react";
import type { Colour } from "./gantt";

/** The colours of the theme for a canvas, anew when the theme changes. */
export function useColours(): Colour {
  const [colours, setColours] = useState<Colour>(() => read());
  useEffect(() => {
    const observer = new MutationObserver(() => setColours(() => read()));
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => observer.disconnect();
  }, []);
  return colours;
}

function read(): Colour {
  const style = getComputedStyle(document.documentElement);
  const known = new Map<string, string>();
  return (name) => {
    const value = known.get(name) ?? style.getPropertyValue(`--${name}`).trim();
    known.set(name, value);
    return value;
  };
}
