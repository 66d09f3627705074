/** What people type to run the program of this module: by its name where the package is installed, by npm's script in a checkout. */
export const programAt = (url: string): string =>
  url.includes("/node_modules/") ? "npx workflow-infra" : "npm start --"

/** What people type to run this program, for messages that say what to do. */
export const PROGRAM: string = programAt(import.meta.url)
