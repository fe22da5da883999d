/** Requests as frames. Pure: the id is given, the descriptors are named beside the bytes. */
import { encode } from "../../launch/encode.ts";
import {
  type AdoptRequest,
  FIRST_SLOT,
  type LogLimits,
  type LogRequest,
  REQUEST,
  type RequestName,
  SLOTS,
  type SpawnDescriptor,
  type SpawnRequest,
  VERSION,
} from "./protocol.ts";
import { FrameWriter } from "./wire.ts";

export interface EncodedRequest {
  readonly name: RequestName;
  readonly fds: readonly number[];
  bytes(id: number): Uint8Array;
}

const NONE = 0xffffffff;
const KIND = { pipe: 0, held: 1, sent: 2 } as const;
const HOLD_NOTIFY = 1;
const LOG_DROPS = 1;

/** The number under which a plan finds the descriptor of that index. */
export function slot(index: number): number {
  if (index >= SLOTS) throw new RangeError(`a process can be given ${SLOTS} descriptors, not ${index + 1}`);
  return FIRST_SLOT + index;
}

export const hello = (): EncodedRequest => request("hello", (w) => w.u32(VERSION).u32(0).u64(1));

export function spawn({ key, plan, descriptors = [], owner }: SpawnRequest): EncodedRequest {
  const encoded = encode(plan);
  const fds = descriptors.flatMap((descriptor) => ("fd" in descriptor ? [descriptor.fd] : []));
  return request(
    "spawn",
    (w) => {
      w.text(key)
        .u32(owner?.uid ?? NONE)
        .u32(owner?.gid ?? NONE)
        .u32(descriptors.length);
      for (const descriptor of descriptors) writeDescriptor(w, descriptor);
      w.block(encoded);
    },
    fds,
  );
}

export const signal = (serial: number, number: number, group: boolean): EncodedRequest =>
  request("signal", (w) =>
    w
      .u64(serial)
      .u32(number)
      .u32(group ? 1 : 0),
  );

export const page = (name: "list" | "listLogs" | "listHeld", from: number): EncodedRequest => request(name, (w) => w.u32(from));

export const acknowledgeExit = (serial: number): EncodedRequest => request("acknowledgeExit", (w) => w.u64(serial));

export const acknowledgeEvents = (sequence: number): EncodedRequest => request("acknowledgeEvents", (w) => w.u64(sequence));

export const hold = (name: string, fd: number, notify: boolean): EncodedRequest =>
  request("hold", (w) => w.text(name).u32(notify ? HOLD_NOTIFY : 0), [fd]);

export const release = (name: string): EncodedRequest => request("release", (w) => w.text(name));

export const rename = (from: string, to: string): EncodedRequest => request("rename", (w) => w.text(from).text(to));

export const setLog = ({ name, fd, log = NONE, lineLimit = 1 << 20, deadline = 5000, ...limits }: LogRequest): EncodedRequest =>
  request("setLog", (w) => writeLimits(w.text(name).u32(log).u32(lineLimit).u32(deadline), limits), [fd]);

export const limitLog = (log: number, limits: LogLimits): EncodedRequest => request("limitLog", (w) => writeLimits(w.u32(log), limits));

export const closeLog = (log: number): EncodedRequest => request("closeLog", (w) => w.u32(log));

export const adopt = ({ key, pid, startTime, pipes }: AdoptRequest): EncodedRequest =>
  request(
    "adopt",
    (w) => {
      w.text(key).u64(startTime).u32(pid).u32(pipes.length);
      for (const { log } of pipes) w.u32(log);
    },
    pipes.map(({ fd }) => fd),
  );

export const statistics = (): EncodedRequest => request("statistics", () => {});

/** The signals that init passes on, by number. */
export const forward = (signals: readonly number[]): EncodedRequest =>
  request("forward", (w) => w.u64(signals.reduce((mask, number) => mask | (1n << BigInt(number - 1)), 0n)));

export const shutdown = (code: number): EncodedRequest => request("shutdown", (w) => w.u32(code));

function request(name: RequestName, write: (writer: FrameWriter) => unknown, fds: readonly number[] = []): EncodedRequest {
  return {
    name,
    fds,
    bytes(id) {
      const writer = new FrameWriter();
      write(writer);
      return writer.finish(REQUEST[name], id, fds.length);
    },
  };
}

function writeLimits(writer: FrameWriter, { drops = false, tellAt = 0, granted = null }: Partial<LogLimits>): void {
  writer
    .u32(drops ? LOG_DROPS : 0)
    .u64(tellAt)
    .u64(granted ?? -1);
}

function writeDescriptor(writer: FrameWriter, descriptor: SpawnDescriptor): void {
  if ("pipe" in descriptor) writer.u32(KIND.pipe).u32(descriptor.pipe);
  else if ("held" in descriptor) writer.u32(KIND.held).u32(0).text(descriptor.held);
  else writer.u32(KIND.sent).u32(0);
}
