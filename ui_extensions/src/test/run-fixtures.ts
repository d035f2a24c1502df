import type { RunNode, RunNodeDetail, RunNodePage, RunTimeline } from "@/api/types";

export const runNode = (name: string, changes: Partial<RunNode> = {}): RunNode => ({
  step: 1,
  unique_id: `model.shop.${name}`,
  name,
  resource_type: "model",
  status: "success",
  started_at: "2024-05-01T08:00:02Z",
  finished_at: "2024-05-01T08:00:04Z",
  execution_time: 2,
  message: null,
  failures: null,
  rows_affected: null,
  bytes_processed: null,
  thread: "Thread-1",
  ...changes,
});

export const nodePage = (nodes: RunNode[]): RunNodePage => {
  const counted = (key: "status" | "resource_type") =>
    nodes.reduce<Record<string, number>>((sums, node) => {
      sums[node[key]] = (sums[node[key]] ?? 0) + 1;
      return sums;
    }, {});
  return {
    items: nodes,
    total: nodes.length,
    next_cursor: null,
    statuses: counted("status"),
    resource_types: counted("resource_type"),
  };
};

export const runNodeDetail = (name: string, changes: Partial<RunNodeDetail> = {}): RunNodeDetail => ({
  ...runNode(name),
  command: "build",
  compile_time: 0.5,
  execute_time: 1.5,
  adapter_response: {},
  compiled_code: "select 1",
  in_catalog: true,
  flaky: false,
  ...changes,
});

export const timeline = (changes: Partial<RunTimeline> = {}): RunTimeline => ({
  origin: "2024-05-01T08:00:02Z",
  seconds: 6,
  lanes: ["Thread-1 (worker)", "Thread-2 (worker)"],
  unique_ids: ["model.shop.a", "model.shop.b", "model.shop.c"],
  names: ["a", "b", "c"],
  steps: [1, 1, 1],
  resource_types: ["model", "model", "model"],
  statuses: ["success", "success", "error"],
  starts: [0, 0, 2],
  ends: [2, 1, 6],
  lane_of: [0, 1, 0],
  critical: [
    { index: 0, waited_for: null, gap: 0 },
    { index: 2, waited_for: "parent", gap: 0 },
  ],
  critical_seconds: 6,
  untimed: 1,
  cut: 0,
  ...changes,
});
