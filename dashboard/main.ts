/** The page: signs in, connects, and shows the view that the address names. */
import type { LiveMessage } from "../src/dashboard/wire.ts";
import { ChecksView } from "./checksView.ts";
import { DiskView } from "./disk.ts";
import { EventsView } from "./eventsView.ts";
import { Header } from "./header.ts";
import { askForToken, signIn, tokenOfAddress } from "./login.ts";
import { Overview } from "./overview.ts";
import { get, post, RequestError } from "./request.ts";
import { ServiceView } from "./serviceView.ts";
import { Store } from "./store.ts";
import type { View } from "./view.ts";

const main = byId("main");
const store = new Store();
const header = new Header(byId("top"), signOut);
const pending = new Set<LiveMessage>();
let view: View | undefined;
let isSignedIn = false;

byId("skip").addEventListener("click", () => main.focus());
window.addEventListener("hashchange", () => void arrive());
document.addEventListener("keydown", onKey);
store.listen((what) => {
  if (pending.size === 0) requestAnimationFrame(update);
  pending.add(what);
});
void begin();

async function begin(): Promise<void> {
  const token = tokenOfAddress();
  try {
    if (token !== undefined) await signIn(token);
    else await get("/api/events");
  } catch (error) {
    const problem =
      error instanceof RequestError ? (token === undefined ? undefined : error.message) : "The dashboard's server does not answer.";
    header.show("", store);
    document.body.dataset.state = "signed-out";
    await askForToken(main, problem);
  }
  document.body.dataset.state = "signed-in";
  isSignedIn = true;
  store.connect(signedOut);
  show();
}

/** The address changed; it may have brought a token. */
function arrive(): Promise<void> | void {
  if (location.hash.startsWith("#token=")) return begin();
  if (isSignedIn) show();
}

function show(): void {
  view?.close?.();
  const [, first, rest] = /^#\/([^/]*)(?:\/(.*))?$/.exec(location.hash) ?? [];
  if (first === "service" && rest !== undefined) view = new ServiceView(store, decoded(rest));
  else if (first === "disk") view = new DiskView(store);
  else if (first === "checks") view = new ChecksView(store);
  else if (first === "events") view = new EventsView(store);
  else view = new Overview(store);
  document.title = `${view.title} · daemonitor`;
  main.replaceChildren(view.node);
  header.show(path(), store);
  view.update(new Set<LiveMessage>(["services", "sample", "event", "checks", "supervisor"]));
}

function update(): void {
  const what = new Set(pending);
  pending.clear();
  if (!isSignedIn) return;
  if (what.has("link") || what.has("supervisor") || what.has("checks")) header.show(path(), store);
  view?.update(what);
}

function signOut(): void {
  void post("/api/session/end", {}).finally(() => location.reload());
}

function signedOut(): void {
  isSignedIn = false;
  view?.close?.();
  view = undefined;
  void begin();
}

function onKey(event: KeyboardEvent): void {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || (target instanceof HTMLElement && target.matches("input, select, textarea")))
    return;
  if (key === "/") {
    const filter = main.querySelector<HTMLInputElement>("input[type=search]");
    if (filter === null) return;
    event.preventDefault();
    filter.focus();
  }
  const to = { s: "#/", d: "#/disk", c: "#/checks", e: "#/events" }[key];
  if (to !== undefined && isSignedIn) location.hash = to;
}

function path(): string {
  return location.hash.startsWith("#/") ? location.hash.slice(1) : "/";
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}
