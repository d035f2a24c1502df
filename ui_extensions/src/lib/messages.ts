/** dbt begins with a title ("Encountered an error:", "Compilation Error") and says the matter below it. */
const TITLE = /:$|^(?:[A-Z]\w+ )*Error$/;

/** The first line of a message of dbt that says what is wrong; its first line where all are titles. */
export function tellingLine(message: string): string | undefined {
  const lines = message.split("\n").map((line) => line.trim());
  const said = lines.filter((line) => line !== "");
  return said.find((line) => !TITLE.test(line)) ?? said[0];
}
