/** Metrics as text: Prometheus' own format 0.0.4, and OpenMetrics 1.0.0 for who asks for it. Pure. */

export interface Family {
  /** With its unit at the end, and "_total" behind that for a counter, "_info" for an info. */
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter" | "info";
  readonly samples: readonly Sample[];
}

export type Labels = Readonly<Record<string, string>>;
export type Sample = readonly [labels: Labels, value: number];

export type MetricsFormat = "text" | "openmetrics";

export const METRICS_TYPES: Readonly<Record<MetricsFormat, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** Base units that a name may end in. */
const UNITS = ["seconds", "bytes", "ratio"];

/**
 * What an Accept header wants. OpenMetrics only where it is asked for by name, and text is not liked better.
 *
 * @example
 * metricsFormat("application/openmetrics-text; version=1.0.0, text/plain; q=0.5"); // "openmetrics"
 */
export function metricsFormat(accept: string | undefined): MetricsFormat {
  const wanted = (accept ?? "").split(",").map((part) => {
    const [type = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
    const value = (name: string) => parameters.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
    const quality = Number(value("q") ?? 1);
    return { type, version: value("version")?.replaceAll('"', ""), quality: Number.isNaN(quality) ? 0 : quality };
  });
  const best = (type: string, versions: readonly (string | undefined)[]) =>
    Math.max(0, ...wanted.filter((one) => one.type === type && versions.includes(one.version)).map(({ quality }) => quality));
  const open = best("application/openmetrics-text", ["1.0.0", undefined]);
  return open > 0 && open >= best("text/plain", ["0.0.4", undefined]) ? "openmetrics" : "text";
}

/** Families without samples are left out: there is nothing to be known of them. */
export function formatMetrics(families: readonly Family[], format: MetricsFormat): string {
  const known = families.filter(({ samples }) => samples.length > 0);
  return format === "text" ? known.map(asText).join("") : `${known.map(asOpenMetrics).join("")}# EOF\n`;
}

function asText({ name, help, type, samples }: Family): string {
  return `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type === "info" ? "gauge" : type}\n${lines(name, samples)}`;
}

/** There, the family of a counter is called without "_total", that of an info without "_info", and the unit is said. */
function asOpenMetrics({ name, help, type, samples }: Family): string {
  const suffix = { counter: "_total", info: "_info", gauge: "" }[type];
  const family = name.slice(0, name.length - suffix.length);
  const unit = UNITS.find((one) => family.endsWith(`_${one}`));
  const about = `# TYPE ${family} ${type}\n${unit === undefined ? "" : `# UNIT ${family} ${unit}\n`}`;
  return `${about}# HELP ${family} ${escaped(help).replaceAll('"', '\\"')}\n${lines(name, samples)}`;
}

function lines(name: string, samples: readonly Sample[]): string {
  return samples.map(([labels, value]) => `${name}${formatLabels(labels)} ${value}\n`).join("");
}

function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escaped(value.toWellFormed()).replaceAll('"', '\\"')}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
