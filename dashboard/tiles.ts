/** The machine, in a few figures. */
import { element, setAttribute, setText } from "./dom.ts";
import { bytes, duration, NOTHING, share } from "./format.ts";
import type { Store } from "./store.ts";

export class Tiles {
  readonly #cpu = new Tile("CPU");
  readonly #memory = new Tile("Memory");
  readonly #load = new Tile("Load");
  readonly #pressure = new Tile("Pressure");
  readonly #disk = new Tile("Fullest disk");
  readonly node = element(
    "section",
    { class: "tiles", "aria-label": "This machine" },
    ...[this.#cpu, this.#memory, this.#load, this.#pressure, this.#disk].map(({ node }) => node),
  );

  show({ sample }: Store): void {
    if (sample === undefined) return;
    const { host, fileSystems } = sample;
    const used = host.memory.total - host.memory.available;
    this.#cpu.show(
      share(host.cpu),
      `of ${host.processors} core${host.processors === 1 ? "" : "s"} (${host.processors * 100} %)`,
      (host.cpu ?? 0) / host.processors,
    );
    this.#memory.show(bytes(used), `of ${bytes(host.memory.total)}`, used / host.memory.total);
    this.#load.show(
      host.load[0].toFixed(2),
      `${host.load[1].toFixed(2)}, ${host.load[2].toFixed(2)}; up ${duration(host.uptime)}`,
      host.load[0] / host.processors,
    );
    const { pressure } = host;
    if (pressure === null) this.#pressure.show(NOTHING, "the kernel doesn't tell", 0);
    else {
      const worst = Math.max(pressure.cpu.some, pressure.memory.some, pressure.io.some);
      this.#pressure.show(
        share(worst),
        `waiting for CPU ${share(pressure.cpu.some)}, memory ${share(pressure.memory.some)}, disk ${share(pressure.io.some)}`,
        worst,
      );
    }
    const [fullest] = fileSystems
      .filter(({ size }) => size > 0)
      .sort((one, other) => one.available / one.size - other.available / other.size);
    if (fullest === undefined) {
      this.#disk.show(NOTHING, "", 0);
      return;
    }
    const part = 1 - fullest.available / fullest.size;
    const full = fullest.forecast?.fullAt ?? null;
    this.#disk.show(share(part), `${fullest.path}${full === null ? "" : `, full in ${duration(full - sample.at)}`}`, part);
  }
}

class Tile {
  readonly #value = element("strong", {}, NOTHING);
  readonly #more = element("span", { class: "more" });
  readonly #meter = element("meter", { min: 0, max: 1, low: 0.75, high: 0.9, optimum: 0 });
  readonly node: HTMLElement;

  constructor(label: string) {
    setAttribute(this.#meter, "aria-label", label);
    this.node = element("div", { class: "tile panel" }, element("span", { class: "label" }, label), this.#value, this.#meter, this.#more);
  }

  /** @param part of what there is: 0 to 1 */
  show(value: string, more: string, part: number): void {
    setText(this.#value, value);
    setText(this.#more, more);
    const level = Math.min(1, Math.max(0, part));
    if (Math.abs(this.#meter.value - level) > 0.002) this.#meter.value = level;
  }
}
