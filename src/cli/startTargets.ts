/** Does what `daemonitor start` says: composes services of files and commands, and starts them with those that are there. */
import type { Client } from "../api/client.ts";
import { DaemonError, EXIT, OptionError } from "../launch/errors.ts";
import type { ServiceSpec } from "../service/specTypes.ts";
import { harmless } from "../values/textWidth.ts";
import { isSilent } from "./act.ts";
import { afterDashes } from "./afterDashes.ts";
import { usage } from "./args.ts";
import type { Arguments, Command } from "./command.ts";
import type { Composed } from "./composition.ts";
import { tellProblems } from "./configurationProblems.ts";
import { connectTo } from "./connect.ts";
import { exclude } from "./flagValues.ts";
import { printError } from "./output.ts";
import { byOf, isSelected, nothingNamed, wordsOf } from "./selectors.ts";
import { SPECIFICATION_FLAGS, type StartFlag, startFlags } from "./startFlags.ts";
import { startAll } from "./startServices.ts";
import { findTarget, surroundings, type Target } from "./startTarget.ts";
import { waitOf } from "./waiting.ts";

type StartArguments = Arguments<StartFlag>;

/** Returns the exit code. */
export async function startTargets(command: Command, args: StartArguments): Promise<number> {
  exclude(args, "quiet", "json");
  const wait = waitOf(args);
  const { before, after } = afterDashes(args.operands, process.argv);
  const words = wordsOf(before);
  const rest = after === undefined ? undefined : wordsOf(after);
  let connected: Promise<Client> | undefined;
  const connect = () => {
    connected ??= connectTo("always");
    return connected;
  };
  const targets = await targetsOf(command, args, words, rest, connect);
  const { services, monitor, exitCode } = await composeAll(args, targets, rest ?? []);
  if (services === undefined) return exitCode;
  const client = await connect();
  const selectors = targets.flatMap((target) => (target.kind === "service" ? [target.selector] : []));
  // Of a command only its name: the arguments may hold a password.
  const by = byOf(command, words.length > 0 ? words : ["--", rest?.[0] ?? ""]);
  return startAll(client, args, { services, monitor, selectors, by, wait });
}

async function targetsOf(
  command: Command,
  args: StartArguments,
  words: readonly string[],
  rest: readonly string[] | undefined,
  connect: () => Promise<Client>,
): Promise<readonly Target[]> {
  const [program] = rest ?? [];
  if (words.length === 0 && program !== undefined) return [{ kind: "command", program }];
  if (words.length === 0)
    throw usage(command, `nothing is named: a script, a configuration, a service, or "-- command"${await whatThereIs()}`);
  const isService = async (word: string) => {
    const services = await (await connect()).list();
    return (
      word === "all" || services.some(({ name, instances }) => word === name || instances.some((each) => isSelected(each.name, [word])))
    );
  };
  const around = surroundings(args.text("cwd"), isService);
  const targets: Target[] = [];
  for (const word of words) targets.push(await findTarget(word, around));
  checkTogether(args, words, targets, rest);
  return targets;
}

/** What can't be meant. @throws DaemonError, OptionError */
function checkTogether(
  args: StartArguments,
  words: readonly string[],
  targets: readonly Target[],
  rest: readonly string[] | undefined,
): void {
  const given = (Object.keys(SPECIFICATION_FLAGS) as (keyof typeof SPECIFICATION_FLAGS)[]).find((flag) => args.has(flag));
  for (const [index, target] of targets.entries()) {
    const word = words[index] ?? "";
    if (target.kind === "nothing") throw noSuchTarget(word, target.why);
    if (target.kind === "script" || target.kind === "command") continue;
    const what =
      target.kind === "configuration"
        ? "a configuration: write it there"
        : "a service that is there already: change it by its configuration, or scale it";
    if (given !== undefined) throw new OptionError(`--${given}`, `--${given} describes a script or command, and ${word} is ${what}`);
    if (rest !== undefined) throw new OptionError("--", `what follows -- is for a script or command, and ${word} is ${what}`);
  }
  if (targets.length > 1 && args.has("name")) throw new OptionError("--name", "--name: several targets can't have one name");
  if (targets.length > 1 && rest !== undefined)
    throw new OptionError("--", "what follows -- is for one script, and several targets are named");
}

function noSuchTarget(word: string, why: string): DaemonError {
  const strerror = why.slice(why.indexOf(": ") + 2);
  const hint = 'check the name; "daemonitor status" shows the services';
  return new DaemonError({
    step: "start",
    subject: word,
    code: "ERR_NO_SUCH_SERVICE",
    errno: 2,
    strerror,
    hint,
    exitCode: EXIT.unavailable,
  });
}

/** Names of services, where a supervisor runs. None is started to say what is missing. */
async function whatThereIs(): Promise<string> {
  try {
    const services = await (await connectTo("never")).list();
    return services.length === 0 ? "" : `; ${nothingNamed(services.map(({ name }) => name)).replace(/^.*?: /, "")}`;
  } catch {
    return "";
  }
}

/** Services are undefined where there was a mistake, which has been told. */
async function composeAll(
  args: StartArguments,
  targets: readonly Target[],
  rest: readonly string[],
): Promise<{ readonly services: readonly ServiceSpec[] | undefined; readonly monitor: Composed["monitor"]; readonly exitCode: number }> {
  const services = new Map<string, ServiceSpec>();
  const monitors: NonNullable<Composed["monitor"]>[] = [];
  let failed: number = EXIT.ok;
  for (const target of targets) {
    const composed = await compose(args, target, rest);
    if (composed === undefined) continue;
    const exitCode = target.kind === "configuration" ? EXIT.configuration : EXIT.usage;
    const { services: found, monitor, problems, notes, format } = composed;
    failed ||= tellProblems(problems, { json: args.has("json"), quiet: args.has("quiet"), format, exitCode });
    if (!isSilent(args)) for (const note of notes) printError(`note: ${harmless(note)}\n`);
    // A configuration that says nothing of them leaves alone what another one has said.
    if (monitor !== undefined && monitor.disk.length + monitor.alerts.length > 0) monitors.push(monitor);
    for (const spec of found ?? []) {
      if (services.has(spec.name))
        throw new OptionError("--name", `two targets are named ${spec.name}: start them one by one, with --name`);
      services.set(spec.name, spec);
    }
  }
  const monitor = { disk: monitors.flatMap(({ disk }) => disk), alerts: monitors.flatMap(({ alerts }) => alerts) };
  return {
    services: failed === EXIT.ok ? [...services.values()] : undefined,
    monitor: monitors.length === 0 ? undefined : monitor,
    exitCode: failed,
  };
}

async function compose(args: StartArguments, target: Target, rest: readonly string[]): Promise<Composed | undefined> {
  if (target.kind === "service" || target.kind === "nothing") return undefined;
  const { composeFile, composeService } = await import("./composition.ts");
  if (target.kind === "configuration") return composeFile(target.file);
  const flags = startFlags(args);
  if (target.kind === "script") return composeService({ script: target.script, args: rest }, flags);
  // After "--" the program is the first of the rest; before it, all of the rest is the program's.
  const isRest = args.operands.length === rest.length;
  return composeService({ command: isRest ? rest : [target.program, ...rest] }, flags);
}
