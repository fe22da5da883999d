/** Starting a daemon, from every tool's start to its exit. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../scripts/root.ts";
import { type Benchmark, times } from "./benchmark.ts";
import { type Contender, inTurn, now, program } from "./harness.ts";
import { find, hasPythonDaemon, PYTHON } from "./peers.ts";

/** Tools on Debian, and how each starts /bin/true as a daemon. */
const TOOLS = {
  daemonize: ["/bin/true"],
  daemon: ["--", "/bin/true"],
  "start-stop-daemon": ["--start", "--background", "--quiet", "--oknodo", "--exec", "/bin/true"],
  setsid: ["-f", "/bin/true"],
} as const;

const LABELS: Readonly<Record<string, string>> = {
  ours: "`daemonitor daemonize -- /bin/true`",
  library: '`await daemonize("/bin/true")` in a running program',
  daemonize: "`daemonize /bin/true`",
  daemon: "libslack `daemon -- /bin/true`",
  "start-stop-daemon": "`start-stop-daemon -S -b -x /bin/true`",
  setsid: "`setsid -f /bin/true`",
  python: "python-daemon, a script that daemonizes itself",
};

export const startDaemon: Benchmark = {
  name: "start-daemon",
  title: "starting a daemon, beside other tools",
  method:
    "From each tool's start to its exit; `/bin/true` is the program. Programs in C start sooner than Node does (`node -e 0` is the floor of anything written for Node), and a program that runs already starts daemons sooner than they do. Of these only ours reports each failed step to the caller.",
  async run(context) {
    const { daemonize } = await import("daemonitor");
    const contenders: Record<string, Contender> = {
      "node -e 0": program(process.execPath, ["-e", "0"]),
      ours: program(process.execPath, [join(root, "bin/daemonitor.cjs"), "daemonize", "--", "/bin/true"]),
      library: async () => {
        const start = now();
        await daemonize("/bin/true");
        return now() - start;
      },
    };
    const missing: string[] = [];
    for (const [name, args] of Object.entries(TOOLS)) {
      const path = find(name);
      if (path === undefined) missing.push(name);
      else contenders[name] = program(path, args);
    }
    if (hasPythonDaemon()) contenders.python = pythonDaemon(context.directory);
    else missing.push("python-daemon");
    const results = await inTurn(contenders, { rounds: context.rounds(40) });
    const floor = results["node -e 0"];
    return {
      rows: Object.entries(results).map(([name, stats]) => ({
        what: LABELS[name] ?? `\`${name}\``,
        unit: "ms",
        stats,
        ...(floor === undefined ? {} : { ratio: times(stats, floor) }),
      })),
      verdicts: [],
      notes: missing.map((name) => `${name} is not installed: left out`),
    };
  },
};

function pythonDaemon(directory: string): Contender {
  const script = join(directory, "python-daemon.py");
  writeFileSync(script, "import daemon\nwith daemon.DaemonContext():\n    pass\n");
  return program(PYTHON, [script]);
}
