/** The smallest daemon: it logs the time, a line a second, until it is told to end. */
import { createDaemon } from "daemonitor";

const daemon = createDaemon({ pidFile: "hello.pid", stdout: "hello.log", stderr: "hello.log", umask: 0o022, errors: "exit" });
// From here on, only the daemon runs.

console.log(`hello from daemon ${daemon.pid}`);
setInterval(() => console.log(new Date().toISOString()), 1000);
