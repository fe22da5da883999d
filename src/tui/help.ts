/** What ? shows. */
export const HELP: readonly string[] = [
  "↑ ↓ j k         the instance above, below; in a pane, a line",
  "PgUp PgDn       a page; Home g, End G: the first, the last",
  "Enter           all that is known of it, and why it is as it is",
  "Tab             services, log, events: which of them the keys move",
  "e               its errors, where they have a file of their own; its log",
  "/               show only names and states with a text; Esc: all again",
  "o               the next order: added, name, state, cpu, memory, read, …",
  "s x r l         start, stop, restart, reload its service, once you said y",
  "                (i: only this instance of several)",
  "Ctrl-L Ctrl-Z   draw again; put it into the background",
  "q               end; the services go on",
  "",
  "CPU is percent of one processor, its line the last minutes by 5 s. READ and",
  "WRITE are bytes a second from and to disks. A file system is full in the time",
  "that is shown if it fills as in the last hour.",
];
