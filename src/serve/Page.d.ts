/** The page that `serve` gives at `/`, bundled by scripts/page.js. */
declare module "#serve-page" {
  /** The script that draws the page into `#root`. */
  export const script: string
  export const styles: string
}
