/** A small line without axes. */
import { drawing, setAttribute } from "./dom.ts";

const WIDTH = 96;
const HEIGHT = 22;

export class Spark {
  readonly #line = drawing("path", { class: "spark-line" });
  /** What it shows is in the cell beside it. */
  readonly node = drawing(
    "svg",
    { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true", focusable: "false" },
    this.#line,
  );

  /** @param least that the height of the line stands for, at the least */
  show(values: readonly (number | null)[], least: number, length: number): void {
    const top = values.reduce<number>((most, value) => Math.max(most, value ?? 0), least);
    const step = WIDTH / Math.max(1, length - 1);
    const first = WIDTH - (values.length - 1) * step;
    let path = "";
    let pen = "M";
    for (const [index, value] of values.entries()) {
      if (value === null) {
        pen = "M";
        continue;
      }
      path += `${pen}${(first + index * step).toFixed(1)} ${(HEIGHT - 1 - (value / top) * (HEIGHT - 2)).toFixed(1)}`;
      pen = "L";
    }
    setAttribute(this.#line, "d", path);
  }
}
