import { expect, test } from "vitest";
import { tellingLine } from "./messages";

test("the titles dbt puts above a message are passed over", () => {
  const message = `Encountered an error:
Compilation Error
  Model 'model.shop.orders' (models/orders.sql) depends on a node named 'customers' which was not found`;
  expect(tellingLine(message)).toBe(
    "Model 'model.shop.orders' (models/orders.sql) depends on a node named 'customers' which was not found",
  );
});

test("a message of titles only is told by its first, an empty one by nothing", () => {
  expect(tellingLine("\nParsing Error\n")).toBe("Parsing Error");
  expect(tellingLine(" \n")).toBeUndefined();
});
