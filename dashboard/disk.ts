/** The disks: file systems with their forecast, directories, and space that du(1) can't see. */
import type { LiveMessage, MonitorSample } from "../src/dashboard/wire.ts";
import { Charts, DISK_USED, HOST_CPU, HOST_MEMORY } from "./charts.ts";
import { choice, element } from "./dom.ts";
import { bytes, count, duration, moment, NOTHING, rate, share } from "./format.ts";
import type { Store } from "./store.ts";
import type { View } from "./view.ts";

type FileSystem = MonitorSample["fileSystems"][number];
type Cell = string | Node;

export class DiskView implements View {
  readonly title = "Disk";
  readonly #store: Store;
  readonly #tables = element("div");
  readonly #chartPlace = element("div");
  readonly #host = new Charts("host", [HOST_CPU, HOST_MEMORY]);
  readonly node: HTMLElement;
  #charts: Charts | undefined;
  #shown = "";

  constructor(store: Store) {
    this.#store = store;
    this.node = element(
      "div",
      {},
      element("h1", { class: "unseen" }, "Disk"),
      this.#tables,
      this.#chartPlace,
      element("h2", {}, "Machine"),
      this.#host.node,
    );
    this.#show();
  }

  update(what: ReadonlySet<LiveMessage>): void {
    if (!what.has("sample")) return;
    this.#show();
    this.#charts?.refresh();
    this.#host.refresh();
  }

  close(): void {
    this.#charts?.close();
    this.#host.close();
  }

  #show(): void {
    const { sample } = this.#store;
    if (sample === undefined) return;
    const { fileSystems, directories, files, host } = sample;
    if (this.#charts === undefined) this.#showCharts(fileSystems);
    const tables = [
      table(
        "File systems",
        ["Mounted on", "Used", "Available", "Inodes free", "Forecast"],
        fileSystems.map((each) => fileSystemRow(each, sample.at)),
      ),
      table(
        "Directories",
        ["Directory", "Size", "Files", "Growth", "Counted"],
        directories.map(({ path, size, files: inside, growth, countedAt }) => [
          path,
          size === null ? "counting" : bytes(size),
          count(inside),
          rate(growth),
          countedAt === null ? NOTHING : moment(countedAt),
        ]),
        "None is named in the configuration: add a directory to disk.",
      ),
      table(
        "Deleted, but still open",
        ["File", "Held by", "Size"],
        fileSystems.flatMap(({ deletedButOpen }) =>
          deletedButOpen.map(({ path, instance, pid, size }) => [path, `${instance} (${pid})`, bytes(size)]),
        ),
        "No service holds a deleted file open.",
      ),
      ...(files.length === 0
        ? []
        : [
            table(
              "Files",
              ["File", "Size", "Changed"],
              files.map(({ path, exists, size, modifiedAt }) => [
                path,
                exists === false ? "missing" : bytes(size),
                modifiedAt === null ? NOTHING : moment(modifiedAt),
              ]),
            ),
          ]),
      table(
        "Disks",
        ["Disk", "Read", "Written", "Busy"],
        host.disks.map(({ name, readRate, writeRate, busy }) => [name, rate(readRate), rate(writeRate), share(busy)]),
        "The kernel shows no disk here.",
      ),
    ];
    // Most seconds change nothing here.
    const text = tables.map(({ textContent }) => textContent).join("\n");
    if (text === this.#shown) return;
    this.#shown = text;
    this.#tables.replaceChildren(...tables);
  }

  #showCharts(fileSystems: readonly FileSystem[]): void {
    const [first] = fileSystems;
    if (first === undefined) return;
    const charts = new Charts(`disk:${first.path}`, [DISK_USED]);
    const chosen = choice(
      "File system",
      fileSystems.map(({ path }) => [path, path]),
      first.path,
      (path) => {
        chosen.show(path);
        charts.change(`disk:${path}`);
      },
    );
    this.#charts = charts;
    this.#chartPlace.replaceChildren(chosen.node, charts.node);
  }
}

function fileSystemRow(
  { path, device, type, size, available, inodes, inodesFree, readOnly, forecast }: FileSystem,
  now: number,
): readonly Cell[] {
  const used = size - available;
  const part = size === 0 ? 0 : used / size;
  const meter = element("meter", {
    min: 0,
    max: 1,
    low: 0.75,
    high: 0.9,
    optimum: 0,
    value: part.toFixed(4),
    "aria-label": `${path} used`,
  });
  return [
    element("span", {}, path, element("small", {}, ` ${device} ${type}${readOnly ? ", read-only" : ""}`)),
    element("span", {}, meter, ` ${share(part)} of ${bytes(size)}`),
    bytes(available),
    inodes === 0 ? NOTHING : `${count(inodesFree)} (${share(inodesFree / inodes)})`,
    forecastText(forecast, now),
  ];
}

function forecastText(forecast: FileSystem["forecast"], now: number): string {
  if (forecast === null) return "not known yet";
  const { rate: growth, fullAt, confidence } = forecast;
  if (fullAt === null) return growth < 0 ? `empties at ${rate(-growth)}` : "does not fill";
  return `full in ${duration(fullAt - now)} at ${rate(growth)} (${confidence} confidence)`;
}

function table(title: string, headings: readonly string[], rows: readonly (readonly Cell[])[], empty = ""): HTMLElement {
  const body = rows.map((cells) =>
    element(
      "tr",
      {},
      ...cells.map((cell, index) =>
        index === 0 ? element("th", { scope: "row" }, cell) : element("td", { "data-label": headings[index] ?? "" }, cell),
      ),
    ),
  );
  const head = element("thead", {}, element("tr", {}, ...headings.map((heading) => element("th", { scope: "col" }, heading))));
  return element(
    "section",
    { class: "panel scroll", "aria-label": title },
    element("h2", {}, title),
    rows.length === 0 ? element("p", { class: "empty" }, empty) : element("table", {}, head, element("tbody", {}, ...body)),
  );
}
