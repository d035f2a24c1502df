import type { Config } from "@/api/types";

/** What a server tells everyone. */
export const config = (more: Partial<Config> = {}): Config => ({
  version: "1",
  auth_enabled: false,
  metadata_edits: true,
  dagster_path: "/dagster",
  password_rules: {
    min_length: 12,
    require_uppercase: false,
    require_lowercase: false,
    require_digit: true,
    require_symbol: false,
  },
  ...more,
});
