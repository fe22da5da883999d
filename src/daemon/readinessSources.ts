/** Where word of readiness comes from: sd_notify(3) datagrams, or a line on a descriptor as s6 has it. */
import { closeSync, readFileSync, readSync } from "node:fs";
import { DaemonError } from "../launch/errors.ts";
import { readProcessStat } from "../launch/processStat.ts";
import { type NotifyMessage, native } from "../native/addon.ts";
import { monotonicMs } from "../values/clock.ts";
import { parseNotifyMessage } from "../values/notifyMessage.ts";
import { uidsOf } from "./procStat.ts";
import type { ReadinessSource, Verdict, Wait } from "./readiness.ts";

const WAITING: Verdict = { is: "waiting" };
const READY: Verdict = { is: "ready" };

/** How long a child that has said that the daemon is ready may take to ask for its receipt. */
const RECEIPT_MS = 250;

/** NOTIFY_SOCKET of a daemon: an abstract socket, which leaves no file behind and is reached from inside a chroot. */
export class NotifySource implements ReadinessSource {
  readonly fd: number;
  /** For the daemon's environment. */
  readonly address: string;
  #daemon = 0;
  #status: string | undefined;

  constructor() {
    ({ fd: this.fd, address: this.address } = native().notifySocket());
  }

  /** Only the daemon's word counts, and that of its session (systemd-notify in a shell script). */
  listenTo(daemon: number): void {
    this.#daemon = daemon;
  }

  read(): Verdict {
    for (;;) {
      const message = native().receiveNotify(this.fd);
      if (message === null) return WAITING;
      const verdict = this.#isTrusted(message) ? this.#interpret(message) : WAITING;
      if (verdict !== WAITING) return verdict;
    }
  }

  lastStatus(): string | undefined {
    return this.#status;
  }

  /**
   * systemd-notify(1) speaks in the name of the daemon, whose child it is, and fails if nobody takes its next message, which
   * asks for a receipt (BARRIER=1). Without a child there is none to come.
   */
  *afterReady(): Wait<void> {
    if (!hasChildren(this.#daemon)) return;
    const deadline = monotonicMs() + RECEIPT_MS;
    for (let left = RECEIPT_MS; left > 0; left = Math.ceil(deadline - monotonicMs())) {
      yield { fds: [this.fd], timeout: left };
      for (let message = native().receiveNotify(this.fd); message !== null; message = native().receiveNotify(this.fd)) {
        // Taking it has closed the descriptor that came along: that is the receipt.
        if (Buffer.from(message.data).includes("BARRIER=1")) return;
      }
    }
  }

  close(): void {
    closeSync(this.fd);
  }

  /** A sender that is gone already can only be told by its user. */
  #isTrusted({ pid, uid }: NotifyMessage): boolean {
    if (pid === this.#daemon) return true;
    const sender = readProcessStat(pid);
    const daemon = readProcessStat(this.#daemon);
    if (sender !== undefined && daemon !== undefined) return sender.session === daemon.session;
    return uid === uidsOf(this.#daemon)?.effective;
  }

  #interpret({ data }: NotifyMessage): Verdict {
    const message = parseNotifyMessage(data);
    if (message === null) return WAITING;
    const { ready, status, errno, extendTimeout } = message;
    this.#status = status ?? this.#status;
    if (ready) return READY;
    if (errno !== null) return { is: "failed", error: this.#failure(errno) };
    return extendTimeout === null ? WAITING : { is: "waiting", extend: extendTimeout };
  }

  #failure(errno: number): DaemonError {
    const status = this.#status === undefined ? "" : `: ${this.#status}`;
    return DaemonError.own("ERR_DAEMON_FAILED", "ready", `the daemon reported ${native().strerror(errno)}${status}`);
  }
}

/** The read end of a pipe: a line on it means ready. */
export class LineSource implements ReadinessSource {
  readonly fd: number;
  /** For the daemon. */
  readonly writeEnd: number;

  constructor() {
    [this.fd, this.writeEnd] = native().pipe();
  }

  /** Only the daemon may hold the other end, or its death would not be seen. */
  handedOver(): void {
    closeSync(this.writeEnd);
  }

  read(): Verdict {
    if (native().poll([this.fd], 0).length === 0) return WAITING;
    const buffer = Buffer.alloc(512);
    const length = readSync(this.fd, buffer);
    if (length === 0) return { is: "closed" };
    return buffer.subarray(0, length).includes(0x0a) ? READY : WAITING;
  }

  close(): void {
    closeSync(this.fd);
  }
}

/** Where the kernel doesn't list them (CONFIG_PROC_CHILDREN), there may be some. */
function hasChildren(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1") !== "";
  } catch {
    return true;
  }
}
