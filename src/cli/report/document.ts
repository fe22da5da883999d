/** A report as a document: headings, sentences, tables and charts, for whoever writes it down as HTML or Markdown. Pure. */
import { clock } from "../../supervisor/story.ts";
import { formatDuration } from "../../values/duration.ts";
import { type Block, counted, type Document, tableOf } from "./blocks.ts";
import { consumerBlocks, machineBlocks } from "./consumerBlocks.ts";
import { diskBlocks } from "./diskBlocks.ts";
import type { Drawn, Report } from "./report.ts";
import type { Trouble } from "./troubles.ts";

/** @param drawn charts are left out where it isn't given */
export function documentOf(report: Report, drawn?: Drawn): Document {
  const { host, since, until, known } = report;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const { version, startedAt, restarts } = report.supervisor;
  const told = (moment: number) => clock(moment, until);
  const again = restarts === 0 ? "" : `, and was started again ${counted(restarts, "time")}`;
  const whole = (moment: number) => clock(moment, 0);
  return {
    title: `daemonitor: ${host}, the last ${formatDuration(until - since)}`,
    blocks: [
      { is: "text", text: `${whole(since)} to ${whole(until)}, ${zone}. daemonitor ${version}, up since ${told(startedAt)}${again}.` },
      ...(known.notes.length === 0 ? [] : [{ is: "notes", texts: known.notes } as const]),
      { is: "heading", text: "Now" },
      ...nowBlocks(report),
      { is: "heading", text: "Restarts" },
      ...restartBlocks(report, told),
      { is: "heading", text: "Biggest consumers" },
      ...machineBlocks(report, told, drawn),
      ...consumerBlocks(report, told),
      { is: "heading", text: "Disks" },
      ...diskBlocks(report, drawn),
      { is: "heading", text: "Checks" },
      ...checkBlocks(report, told),
      { is: "heading", text: "Alerts" },
      ...alertBlocks(report, told),
      ...(report.problems.length === 0
        ? []
        : [{ is: "heading", text: "Other problems" } as const, ...troubleBlocks(report.problems, told)]),
    ],
  };
}

type Told = (moment: number) => string;

function nowBlocks({ services, supervisor }: Report): readonly Block[] {
  const { total, instances, running, troubled } = services;
  return [
    { is: "text", text: `${counted(total, "service")}, ${running} of ${counted(instances, "instance")} ready.` },
    ...tableOf(
      [{ title: "instance" }, { title: "state" }, { title: "why" }],
      troubled.map(({ instance, state, why }) => [instance, state, why]),
    ),
    ...(supervisor.degraded.length === 0 ? [] : [{ is: "notes", texts: supervisor.degraded } as const]),
  ];
}

function restartBlocks({ restarts, known }: Report, told: Told): readonly Block[] {
  if (restarts.length === 0) return [nothing("Nothing was started again", known.events, told)];
  const rows = restarts.map(({ instance, times, reasons, lastAt, givenUp }) => {
    const why = reasons.map(({ reason, times: often }) => (reasons.length === 1 && often === times ? reason : `${reason} (${often})`));
    const end = givenUp.at(-1);
    const last = end === undefined ? [] : [`given up at ${told(end.at)}: ${end.reason}`];
    return [instance, String(times), told(lastAt), [...why, ...last].join("; ")];
  });
  return tableOf([{ title: "instance" }, { title: "times", align: "right" }, { title: "last" }, { title: "why" }], rows);
}

function checkBlocks({ checks, mistakes, known }: Report, told: Told): readonly Block[] {
  const none = checks.length === 0 ? [nothing("No check failed", known.events, told)] : troubleBlocks(checks, told);
  return [...none, ...(mistakes.length === 0 ? [] : [{ is: "notes", texts: mistakes.map((one) => `mistake: ${one}`) } as const])];
}

function troubleBlocks(troubles: readonly Trouble[], told: Told): readonly Block[] {
  const rows = troubles.map(({ subject, times, lastAt, lasted, now, message }) => [
    subject,
    now ? "goes on" : "over",
    String(times),
    lasted === null ? "not known" : formatDuration(lasted),
    told(lastAt),
    message,
  ]);
  const [times, lasted] = (["times", "lasted"] as const).map((title) => ({ title, align: "right" }) as const);
  return tableOf(
    [{ title: "what" }, { title: "now" }, times ?? { title: "times" }, lasted ?? { title: "lasted" }, { title: "last" }, { title: "told" }],
    rows,
  );
}

function alertBlocks({ alerts, known, since }: Report, told: Told): readonly Block[] {
  const { told: sent, failing, routes } = alerts;
  if (routes === 0) return [{ is: "text", text: "Nobody is told: the configuration has no alerts." }];
  const rows = sent
    .toReversed()
    .map(({ at, kind, title, subject, message, count }) => [
      told(at),
      kind,
      subject,
      `${message === "" ? title : message}${count > 1 ? ` (${count} times)` : ""}`,
    ]);
  const lost = failing.map(({ name, lastError, dropped }) =>
    [`${name}:`, lastError === null ? "" : `the last attempt failed: ${lastError};`, dropped === 0 ? "" : `${dropped} given up;`]
      .filter((part) => part !== "")
      .join(" ")
      .replace(/;$/, ""),
  );
  return [
    ...(rows.length === 0
      ? [nothing("Nothing was told", Math.max(known.alerts, since), told)]
      : tableOf([{ title: "at" }, { title: "kind" }, { title: "about" }, { title: "message" }], rows)),
    ...(lost.length === 0 ? [] : [{ is: "notes", texts: lost } as const]),
  ];
}

/** "… since 10:02": a quiet table says of which time. */
function nothing(what: string, since: number | null, told: Told): Block {
  return { is: "text", text: since === null ? `${what}, as far as is known.` : `${what} since ${told(since)}.` };
}
