import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Channel, Delivery, Rule } from "@/api/types";
import { person, roles } from "@/test/fixtures";
import { CHANNELS, channel, PLACE, RULES, rule, withRules } from "@/test/notification-fixtures";
import { renderApp, withWorkspace } from "@/test/render";
import { accept, answer, answerWith, logInAs, page, problem } from "@/test/server";

const DELIVERIES = `${PLACE}/deliveries`;

const delivery = (changes: Partial<Delivery> = {}): Delivery => ({
  id: "00000000-0000-4000-8000-000000000001",
  state: "delivered",
  event: "run_failed",
  at: "2026-01-01T00:00:00Z",
  environment: "prod",
  job: "nightly",
  run_id: "run-1",
  channel_id: 1,
  channel: "data team",
  rule: "nights",
  title: "Failed: Nightly build",
  body: "orders: error\nhttps://dbt.example.org/w/shop/runs/run-1",
  note: null,
  attempts: 1,
  most_attempts: 5,
  next_at: null,
  attempted_at: "2026-01-01T00:00:00Z",
  delivered_at: "2026-01-01T00:00:00Z",
  last_error: null,
  created_at: "2026-01-01T00:00:00Z",
  ...changes,
});

const log = (items: Delivery[]) => ({
  ...page(items),
  states: { waiting: 0, retrying: 0, delivered: items.length, dead: 0 },
});

function withNotifications(
  channels: Channel[] = [channel()],
  rules: Rule[] = [rule()],
  deliveries: Delivery[] = [delivery()],
) {
  withWorkspace();
  withRules(channels, rules);
  accept(`${RULES}/preview`, { title: "Failed: an example", body: "as it would be" }, 200);
  return answerWith(DELIVERIES, () => log(deliveries));
}

describe("the log of deliveries", () => {
  it("says of each whether it arrived, and shows what was sent", async () => {
    withNotifications(
      [channel()],
      [rule()],
      [
        delivery(),
        delivery({
          id: "2",
          title: "Late: Nightly build",
          state: "retrying",
          last_error: "It answered 500.",
        }),
      ],
    );
    const { user } = renderApp("/w/shop/notifications");
    const table = await screen.findByRole("table", { name: "Deliveries" });
    const late = within(table).getByRole("row", { name: /Late/ });
    expect(late).toHaveTextContent("Tried, will be again");
    expect(late).toHaveTextContent("It answered 500.");
    await user.click(within(table).getByRole("button", { name: "Failed: Nightly build" }));
    expect(await screen.findByRole("dialog")).toHaveTextContent("orders: error");
  });

  it("is filtered by what is in the address", async () => {
    const asked = withNotifications();
    const { user, search } = renderApp("/w/shop/notifications?state=dead");
    await screen.findByRole("table", { name: "Deliveries" });
    expect(asked.at(-1)?.getAll("state")).toEqual(["dead"]);
    await user.selectOptions(screen.getByLabelText("Event"), "A run is late");
    await waitFor(() => expect(asked.at(-1)?.get("event")).toBe("run_late"));
    expect(search().get("event")).toBe("run_late");
  });

  it("sends again what was given up", async () => {
    withNotifications([channel()], [rule()], [delivery({ state: "dead", attempts: 5 })]);
    const sent = accept(`${DELIVERIES}/${delivery().id}/retry`, delivery({ state: "waiting" }), 200);
    const { user } = renderApp("/w/shop/notifications");
    await user.click(await screen.findByRole("button", { name: /Send again/ }));
    await waitFor(() => expect(sent).toHaveLength(1));
  });

  it("says what to do first when nothing was told, and what went wrong when it cannot be read", async () => {
    withNotifications([], [], []);
    renderApp("/w/shop/notifications");
    expect(await screen.findByText("Nothing has been told yet")).toBeInTheDocument();
    expect(screen.getByText(/Make a channel, then a rule/)).toBeInTheDocument();
  });

  it("says that it cannot be read", async () => {
    withNotifications();
    answer(DELIVERIES, problem("The database is away."), 503);
    renderApp("/w/shop/notifications");
    expect(await screen.findByText("The database is away.")).toBeInTheDocument();
  });
});

describe("channels", () => {
  it("are made with an address that is not shown again", async () => {
    withNotifications([]);
    const sent = accept(CHANNELS, channel({ kind: "webhook" }));
    const { user } = renderApp("/w/shop/notifications?tab=channels");
    await user.click(await screen.findByRole("button", { name: "New channel" }));
    const dialog = within(await screen.findByRole("dialog", { name: "New channel" }));
    const save = dialog.getByRole("button", { name: "Save" });
    expect(save).toBeDisabled();
    await user.selectOptions(dialog.getByLabelText("Kind"), "Webhook, signed");
    await user.type(dialog.getByLabelText("Name"), "hook");
    await user.type(dialog.getByLabelText("Address"), "https://hooks.example.org/x");
    await user.type(dialog.getByLabelText("Further headers"), "Authorization: Bearer a:b");
    await user.click(save);
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]).toMatchObject({
      kind: "webhook",
      name: "hook",
      url: "https://hooks.example.org/x",
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
      headers: { Authorization: "Bearer a:b" },
    });
  });

  it("are changed without giving the address anew", async () => {
    withNotifications();
    const sent = accept(`${CHANNELS}/1`, channel(), 200, "patch");
    const { user } = renderApp("/w/shop/notifications?tab=channels");
    await user.click(await screen.findByRole("button", { name: "Change data team" }));
    const dialog = within(await screen.findByRole("dialog"));
    expect(dialog.getByLabelText("Address")).toHaveValue("");
    await user.type(dialog.getByLabelText("Name"), "!");
    await user.click(dialog.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(sent).toEqual([{ name: "data team!" }]));
  });

  it("tell how a test really went", async () => {
    withNotifications();
    accept(
      `${CHANNELS}/1/test`,
      { delivered: false, error: "It answered 404 Not Found.", seconds: 0.2 },
      200,
    );
    const { user } = renderApp("/w/shop/notifications?tab=channels");
    await user.click(await screen.findByRole("button", { name: "Test data team" }));
    expect(await screen.findByText("It answered 404 Not Found.")).toBeInTheDocument();
    expect(screen.getByText("Not taken")).toBeInTheDocument();
  });

  it("say why one cannot be removed", async () => {
    withNotifications();
    accept(`${CHANNELS}/1`, problem("These rules would tell nobody any more: nights."), 409, "delete");
    const { user } = renderApp("/w/shop/notifications?tab=channels");
    await user.click(await screen.findByRole("button", { name: "Remove data team" }));
    const dialog = within(await screen.findByRole("dialog"));
    await user.click(dialog.getByRole("button", { name: "Remove" }));
    expect(await dialog.findByText(/would tell nobody any more: nights/)).toBeInTheDocument();
  });
});

describe("rules", () => {
  it("are made of events, channels and filters", async () => {
    withNotifications();
    const sent = accept(RULES, rule());
    const { user } = renderApp("/w/shop/notifications?tab=rules");
    const table = await screen.findByRole("table", { name: "Rules" });
    expect(table).toHaveTextContent("job nightly, environment prod");
    await user.click(screen.getByRole("button", { name: "New rule" }));
    const dialog = within(await screen.findByRole("dialog", { name: "New rule" }));
    await user.type(dialog.getByLabelText("Name"), "late ones");
    await user.click(dialog.getByLabelText(/A run is late/));
    await user.click(dialog.getByLabelText(/data team/));
    await user.selectOptions(dialog.getByLabelText("Only of the job"), "Nightly build");
    expect(await dialog.findByText("as it would be")).toBeInTheDocument();
    await user.click(dialog.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]).toMatchObject({
      name: "late ones",
      events: ["run_failed", "run_recovered", "run_late"],
      channels: [1],
      job: "nightly",
      tag: null,
      title_template: null,
    });
  });

  it("show at the template what is wrong with it, by its line", async () => {
    withNotifications();
    const refused = problem("No.", [{ field: "body_template", message: "line 2: there is no 'jb'" }]);
    accept(`${RULES}/1`, refused, 422, "patch");
    const { user } = renderApp("/w/shop/notifications?tab=rules");
    await user.click(await screen.findByRole("button", { name: "Change nights" }));
    const dialog = within(await screen.findByRole("dialog"));
    await user.click(dialog.getByLabelText(/In my own words/));
    expect(dialog.getByLabelText("Text")).toHaveValue("{{ url }}");
    await user.click(dialog.getByRole("button", { name: "Save" }));
    expect(await dialog.findByText("line 2: there is no 'jb'")).toHaveAttribute("role", "alert");
  });

  it("cannot be changed by those who only see", async () => {
    withNotifications();
    withWorkspace({ role: "viewer", scopes: ["workspace:read", "notification:read"] });
    answer("/api/roles", roles);
    logInAs(person("viewer"));
    renderApp("/w/shop/notifications?tab=rules");
    for (const name of ["New rule", "Change", "Remove", "Turn off"]) {
      const button = await screen.findByRole("button", { name });
      await waitFor(() => expect(button).toHaveAttribute("aria-disabled", "true"));
    }
  });
});
