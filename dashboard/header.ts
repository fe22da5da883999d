/** The head of the page: where one is, how the link is, light or dark. */
import { element, setAttribute, setText } from "./dom.ts";
import type { Store } from "./store.ts";

const THEMES = ["auto", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

export class Header {
  readonly #link = element("span", { class: "link", role: "status" });
  readonly #checks = element("a", { href: "#/checks", class: "tab" }, "Checks");
  readonly #tabs: readonly HTMLAnchorElement[];

  constructor(top: HTMLElement, onSignOut: () => void) {
    this.#tabs = [
      element("a", { href: "#/", class: "tab" }, "Services"),
      element("a", { href: "#/disk", class: "tab" }, "Disk"),
      this.#checks,
      element("a", { href: "#/events", class: "tab" }, "Events"),
    ];
    const theme = element("button", { type: "button", class: "quiet" });
    let chosen = storedTheme();
    const show = () => {
      setText(theme, `Theme: ${chosen}`);
      setAttribute(document.documentElement, "data-theme", chosen === "auto" ? undefined : chosen);
    };
    theme.addEventListener("click", () => {
      chosen = THEMES[(THEMES.indexOf(chosen) + 1) % THEMES.length] ?? "auto";
      localStorage.setItem("theme", chosen);
      show();
    });
    show();
    top.replaceChildren(
      element("a", { href: "#/", class: "brand" }, "daemonitor"),
      element("nav", { "aria-label": "Views" }, ...this.#tabs),
      element(
        "div",
        { class: "right" },
        this.#link,
        theme,
        element("button", { type: "button", class: "quiet", click: onSignOut }, "Sign out"),
      ),
    );
  }

  show(path: string, { link, supervisor, checks }: Store): void {
    setText(this.#checks, checks.firing.length === 0 ? "Checks" : `Checks (${checks.firing.length})`);
    for (const tab of this.#tabs) setAttribute(tab, "aria-current", tab.getAttribute("href") === `#${path}` ? "page" : undefined);
    setText(this.#link, link.up ? `live${supervisor === undefined ? "" : ` · ${supervisor.version}`}` : (link.why ?? "away"));
    setAttribute(this.#link, "data-up", String(link.up));
  }
}

function storedTheme(): Theme {
  const stored = localStorage.getItem("theme");
  return THEMES.find((theme) => theme === stored) ?? "auto";
}
