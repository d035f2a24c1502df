import { Section } from "@/components/ui/page";
import { chooseTheme, type ThemeChoice, useThemeChoice } from "@/lib/theme";

const CHOICES: { value: ThemeChoice; label: string; help: string }[] = [
  { value: "system", label: "As the system", help: "Changes with your computer, by day and night too." },
  { value: "light", label: "Light", help: "Dark letters on a light ground." },
  { value: "dark", label: "Dark", help: "Light letters on a dark ground." },
];

/** Kept by this browser: another one may look otherwise. */
export function AppearanceTab() {
  const choice = useThemeChoice();
  return (
    <Section title="Theme">
      <fieldset className="flex flex-col gap-2">
        <legend className="sr-only">Theme</legend>
        {CHOICES.map((one) => (
          <label key={one.value} className="flex items-start gap-2 text-sm">
            <input
              type="radio"
              name="theme"
              className="mt-1 accent-accent"
              checked={choice === one.value}
              onChange={() => chooseTheme(one.value)}
            />
            <span>
              {one.label}
              <span className="block text-xs text-faint">{one.help}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <p className="mt-3 text-xs text-faint">Kept by this browser.</p>
    </Section>
  );
}
