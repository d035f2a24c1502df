import { normaliseField } from "@/lib/field-names";
import { shellQuoted, shellWords } from "@/lib/shell-words";

/** A flag of dbt as the server lists it. */
export interface Option {
  name: string;
  flag: string;
  kind: string;
  description: string;
  choices?: string[];
}

/** The commands and flags that can be asked for. */
export interface StepOptions {
  commands: { name: string; description: string; options: string[] }[];
  options: Option[];
}

/** A step as the API takes it. */
export interface StepRequest {
  command: string;
  options: Record<string, unknown>;
  on_failure: "stop" | "continue";
}

export interface RetryRequest {
  what: "failed" | "all";
  max_attempts: number;
  delay_seconds: number;
  max_delay_seconds: number | null;
  backoff: "fixed" | "exponential";
}

export type Value = string | boolean;

/** One step as a form holds it: values as typed, made into a request when they are sent. */
export interface StepDraft {
  command: string;
  values: Record<string, Value>;
  /** The steps behind it run all the same when it fails. */
  goesOn?: boolean;
}

export type Problems = Record<string, string[]>;

/** The flags a command takes, in the order in which the server lists them. The environment is chosen for all steps. */
export function optionsOf(options: StepOptions, command: string): Option[] {
  const names = options.commands.find((one) => one.name === command)?.options ?? [];
  return options.options.filter((option) => names.includes(option.name) && option.kind !== "environment");
}

const textOf = (step: StepDraft, option: Option) => {
  const value = step.values[option.name];
  return typeof value === "string" ? value.trim() : "";
};
const isOn = (step: StepDraft, option: Option) => step.values[option.name] === true;

/** The first step as the address asks for it. */
export function stepFromAddress(params: URLSearchParams): StepDraft {
  const values: Record<string, Value> = {};
  for (const name of ["select", "exclude"])
    if (params.has(name)) values[name] = params.getAll(name).join(" ");
  if (params.get("full_refresh") === "1") values["full_refresh"] = true;
  return { command: params.get("command") ?? "build", values };
}

interface KeptStep {
  command: string;
  options?: Record<string, unknown>;
  on_failure?: string;
}

/** Steps as they are kept, of a run or a job, as a form takes them. */
export function stepsAsTyped(kept: readonly KeptStep[]): StepDraft[] {
  const steps = kept.map(({ command, options, on_failure }) => ({
    command,
    values: asTyped(options ?? {}),
    ...(on_failure === "continue" && { goesOn: true }),
  }));
  return steps.length > 0 ? steps : [{ command: "build", values: {} }];
}

function asTyped(options: Record<string, unknown>): Record<string, Value> {
  const values: Record<string, Value> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === null || value === undefined) continue;
    if (typeof value === "boolean" || typeof value === "string") values[name] = value;
    else if (Array.isArray(value)) values[name] = value.map((word) => shellQuoted(String(word))).join(" ");
    else values[name] = typeof value === "object" ? JSON.stringify(value) : String(value);
  }
  return values;
}

/** What can be seen to be wrong before asking the server. */
export function localProblems(step: StepDraft, options: Option[]): Problems {
  const problems: Problems = {};
  for (const option of options) {
    const problem = problemOf(textOf(step, option), option.kind);
    if (problem) problems[option.name] = [problem];
  }
  return problems;
}

function problemOf(text: string, kind: string): string | null {
  if (text === "") return null;
  if (kind === "count" && !/^[1-9]\d*$/.test(text)) return "Must be a whole number from 1 up.";
  return kind === "mapping" || isWindow(text, kind) ? mappingProblem(text) : null;
}

/** A sample is a time, such as 3 days, or an object with start and end. */
const isWindow = (text: string, kind: string) => kind === "sample" && text.startsWith("{");

function mappingProblem(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? null : 'Must be a JSON object, such as {"day": "2024-01-31"}.';
  } catch (error) {
    return `This is not JSON: ${(error as Error).message}.`;
  }
}

/** The step as the API takes it, with only what the command takes and what was filled in. */
export function toStep(step: StepDraft, options: Option[]): StepRequest {
  const given: Record<string, unknown> = {};
  for (const option of options) {
    const value = givenValue(step, option);
    if (value !== null) given[option.name] = value;
  }
  return { command: step.command, options: given, on_failure: step.goesOn ? "continue" : "stop" };
}

function givenValue(step: StepDraft, option: Option): unknown {
  if (option.kind === "switch") return isOn(step, option) ? true : null;
  const text = textOf(step, option);
  if (text === "") return null;
  if (option.kind === "list") return shellWords(text);
  if (option.kind === "count") return Number(text);
  return isJsonKind(text, option.kind) ? (JSON.parse(text) as unknown) : text;
}

/** The command as one would type it in a terminal. */
export function commandLine(step: StepDraft, options: Option[]): string {
  const macros = options.filter((option) => option.kind === "macro");
  const rest = options.filter((option) => option.kind !== "macro");
  const parts = [...macros, ...rest].flatMap((option) => wordsOf(step, option));
  return ["dbt", step.command, ...parts].join(" ");
}

function wordsOf(step: StepDraft, option: Option): string[] {
  if (option.kind === "switch") return isOn(step, option) ? [option.flag] : [];
  const text = textOf(step, option);
  if (text === "") return [];
  if (option.kind === "list") return [option.flag, ...shellWords(text).map(shellQuoted)];
  const word = shellQuoted(isJsonKind(text, option.kind) ? oneLine(text) : text);
  return option.flag ? [option.flag, word] : [word];
}

const isJsonKind = (text: string, kind: string) => kind === "mapping" || isWindow(text, kind);

function oneLine(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json));
  } catch {
    return json;
  }
}

/** What happens when the run fails, as a form holds it. */
export interface RetryDraft {
  what: "" | "failed" | "all";
  attempts: string;
  delay: string;
  backoff: "fixed" | "exponential";
  /** The longest delay; "" for a day. */
  cap: string;
}

export const NO_RETRY: RetryDraft = { what: "", attempts: "3", delay: "60", backoff: "fixed", cap: "" };
const LONGEST_DELAY = 86_400;

/** The policy as the API takes it; null for a run that is not tried again. */
export function toRetry(draft: RetryDraft): RetryRequest | null {
  if (draft.what === "") return null;
  return {
    what: draft.what,
    max_attempts: Number(draft.attempts),
    delay_seconds: Number(draft.delay),
    max_delay_seconds: isCapped(draft) ? Number(draft.cap) : null,
    backoff: draft.backoff,
  };
}

/** Delays that stay the same have no use for a longest one. */
const isCapped = (draft: RetryDraft) => draft.backoff === "exponential" && draft.cap.trim() !== "";

/** What can be seen to be wrong with it before asking the server. */
export function retryProblems(draft: RetryDraft): { attempts?: string; delay?: string; cap?: string } {
  if (draft.what === "") return {};
  return {
    ...(!isWhole(draft.attempts, 2, 10) && { attempts: "Must be from 2 to 10: the first attempt counts." }),
    ...(!isWhole(draft.delay, 0, LONGEST_DELAY) && { delay: "Must be from 0 to 86400 seconds." }),
    ...(isCapped(draft) &&
      !isWhole(draft.cap, 1, LONGEST_DELAY) && { cap: "Must be from 1 to 86400 seconds, or nothing." }),
  };
}

/** Whether a text is a whole number within bounds. */
export function isWhole(text: string, least: number, most: number): boolean {
  const number = Number(text);
  return /^-?\d+$/.test(text.trim()) && number >= least && number <= most;
}

interface Refused {
  message: string;
  details: { field: string; message: string }[];
}

export interface ServerProblems {
  /** Problems at fields, one record per step. */
  steps: Problems[];
  environment: string[];
  /** What belongs to no field of the form. */
  general: string[];
}

/** Sorts the details of a refusal to the fields they belong to; nothing the server says is lost. */
export function serverProblems(
  error: Refused | null,
  steps: StepDraft[],
  options: StepOptions,
): ServerProblems {
  const found: ServerProblems = { steps: steps.map(() => ({})), environment: [], general: [] };
  if (!error) return found;
  for (const detail of error.details) {
    const field = normaliseField(detail.field);
    const place = /^steps\.(\d+)\.(?:options\.)?(\w+)/.exec(field);
    const index = Number(place?.[1]);
    const name = place?.[2] ?? "";
    const step = steps[index];
    const problems = found.steps[index];
    const shown =
      step && (name === "command" || optionsOf(options, step.command).some((one) => one.name === name));
    if (problems && shown) problems[name] = [...(problems[name] ?? []), detail.message];
    else if (field === "environment") found.environment.push(detail.message);
    else found.general.push(field ? `${field} ${detail.message}` : detail.message);
  }
  if (error.details.length === 0) found.general.push(error.message);
  return found;
}
