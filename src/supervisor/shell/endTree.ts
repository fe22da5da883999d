/** The orderly end of a tree, after all its services were stopped. */
import { unlessInitIsGone } from "./endings.ts";
import type { Supervisor } from "./supervisor.ts";
import { unlessRefused } from "./unlessRefused.ts";

/**
 * Nothing lives that the next tree would have to know of: it begins anew, with what is meant to be up.
 *
 * @param server answers what it was asked before it closes
 * @param removeSocket so that no command takes it for a crash
 */
export async function endTree(
  supervisor: Supervisor,
  server: { close(): Promise<void> },
  removeSocket: () => void,
  exitCode = 0,
): Promise<void> {
  const { journal, desired, client } = supervisor.context;
  supervisor.end();
  for (const name of [...journal.entries.keys()]) unlessRefused(() => journal.forget(name));
  await desired.close().catch(() => {});
  removeSocket();
  await server.close();
  await client.shutdown(exitCode).catch(unlessInitIsGone);
  process.exit(exitCode);
}
