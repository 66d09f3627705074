const KEY = "theme"

/** The stored choice of light or dark, where there is one and the browser lets us read it. */
export const restoreTheme = (): void => {
  try {
    const stored = localStorage.getItem(KEY)
    if (stored === "light" || stored === "dark") document.documentElement.dataset["theme"] = stored
  } catch {
    // A page from a file may have no storage: the system's choice holds.
  }
}

/** From light to dark or back; kept where the browser lets us. */
export const toggleTheme = (): void => {
  const { dataset } = document.documentElement
  const now = dataset["theme"] ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")
  const next = now === "dark" ? "light" : "dark"
  dataset["theme"] = next
  try {
    localStorage.setItem(KEY, next)
  } catch {
    // It holds until the page is closed.
  }
}
