/** The disks: file systems with their forecast, directories, and space that du(1) can't see. */
import type { LiveMessage, MonitorSample } from "../src/dashboard/wire.ts";
import { forecastText } from "./ahead.ts";
import { Charts, ENTRIES, HOST_CPU, HOST_MEMORY, SPACE } from "./charts.ts";
import { choice, element } from "./dom.ts";
import { bytes, count, moment, NOTHING, rate, share } from "./format.ts";
import type { Store } from "./store.ts";
import { type Cell, Tables, table } from "./table.ts";
import type { View } from "./view.ts";

type FileSystem = MonitorSample["fileSystems"][number];

export class DiskView implements View {
  readonly title = "Disk";
  readonly #store: Store;
  readonly #tables = new Tables();
  readonly #chartPlace = element("div");
  readonly #host = new Charts("host", [HOST_CPU, HOST_MEMORY]);
  readonly node: HTMLElement;
  #charts: Charts | undefined;
  /** The names of the series that can be chosen. */
  #offered = "";
  #chosen: string | undefined;

  constructor(store: Store) {
    this.#store = store;
    this.node = element(
      "div",
      {},
      element("h1", { class: "unseen" }, "Disk"),
      this.#tables.node,
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
    this.#offer(sample);
    // A directory with a limit of its size is among both.
    const single = files.filter(({ path }) => !directories.some((each) => each.path === path));
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
        "None is counted: give disk in the configuration an entry with a path and its size, files or growth.",
      ),
      table(
        "Deleted, but still open",
        ["File", "Held by", "Size"],
        fileSystems.flatMap(({ deletedButOpen }) =>
          deletedButOpen.map(({ path, instance, pid, size }) => [path, `${instance} (${pid})`, bytes(size)]),
        ),
        "No service holds a deleted file open.",
      ),
      ...(single.length === 0
        ? []
        : [
            table(
              "Files",
              ["File", "Size", "Changed"],
              single.map(({ path, exists, size, modifiedAt }) => [
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
    this.#tables.show(tables);
  }

  /** What grows, to choose from: what the supervisor looks at may change. */
  #offer({ fileSystems, directories }: MonitorSample): void {
    const series = [
      ...fileSystems.map(({ path }) => [`disk:${path}`, path] as const),
      ...directories.map(({ path }) => [`directory:${path}`, `${path.replace(/\/$/, "")}/`] as const),
    ];
    const offered = series.map(([name]) => name).join("\n");
    if (offered === this.#offered) return;
    this.#offered = offered;
    const name = series.find(([each]) => each === this.#chosen)?.[0] ?? series[0]?.[0];
    if (name === undefined) return;
    const charts = this.#charts ?? new Charts(name, [SPACE, ENTRIES]);
    if (this.#charts !== undefined && name !== this.#chosen) charts.change(name);
    this.#charts = charts;
    this.#chosen = name;
    const chosen = choice("File system or directory", series, name, (each) => {
      chosen.show(each);
      this.#chosen = each;
      charts.change(each);
    });
    this.#chartPlace.replaceChildren(element("h2", {}, "Growth"), chosen.node, charts.node);
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
