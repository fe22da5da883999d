/** Asks for the token, where the address didn't have it. */
import { element, setText } from "./dom.ts";
import { post, RequestError } from "./request.ts";

/** Takes the token out of the address, so that it is in no history and on no screen. Undefined where there is none. */
export function tokenOfAddress(): string | undefined {
  const [, token] = /^#token=(.+)$/.exec(location.hash) ?? [];
  if (token !== undefined) history.replaceState(null, "", "/#/");
  return token === undefined ? undefined : decodeURIComponent(token);
}

/** @throws RequestError where it is wrong */
export async function signIn(token: string): Promise<void> {
  await post("/api/session", { token });
}

/** Resolves when the right token was given. */
export function askForToken(main: HTMLElement, problem?: string): Promise<void> {
  return new Promise((resolve) => {
    const input = element("input", {
      id: "token",
      type: "password",
      autocomplete: "current-password",
      required: true,
      "aria-describedby": "token-problem",
    });
    const told = element("p", { id: "token-problem", class: "problem", role: "alert" }, problem ?? "");
    const form = element(
      "form",
      { class: "login panel" },
      element("h1", {}, "daemonitor"),
      element("p", {}, "Open the address that ", element("code", {}, "daemonitor dashboard"), " prints, or enter its token."),
      element("label", { for: "token" }, "Token"),
      input,
      element("button", { type: "submit", class: "primary" }, "Sign in"),
      told,
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      signIn(input.value.trim()).then(resolve, (error: unknown) => {
        setText(told, error instanceof RequestError ? error.message : "The dashboard's server does not answer.");
        input.select();
      });
    });
    main.replaceChildren(form);
    input.focus();
  });
}
