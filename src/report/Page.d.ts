/** The page of `report.html`, bundled by scripts/page.js. */
declare module "#page" {
  /** The script that draws a report into `#root`. */
  export const script: string
  export const styles: string
}
