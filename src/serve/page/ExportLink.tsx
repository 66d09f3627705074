import type { ComponentChildren } from "preact"
import { send, token } from "./Requests.ts"
import { attempt } from "./Say.ts"

/**
 * Leads to a file that the API makes: to be looked at in a tab of its own, or to be saved. A link sends no token; where one is needed the file
 * is fetched, and saved.
 */
export const ExportLink = ({
  children,
  className,
  file,
  href,
  isLookedAt = false
}: {
  readonly href: string
  readonly file: string
  readonly className: string
  readonly isLookedAt?: boolean
  readonly children: ComponentChildren
}) => (
  <a
    class={className}
    href={href}
    data-row
    {...(isLookedAt ? { target: "_blank", rel: "noopener" } : { download: file })}
    onClick={(event) => {
      if (token.value === "") return
      event.preventDefault()
      void attempt(() => save(href, file))
    }}
  >
    {children}
  </a>
)

const save = async (href: string, file: string) => {
  const url = URL.createObjectURL(await (await send(href)).blob())
  const link = document.createElement("a")
  link.href = url
  link.download = file
  link.click()
  URL.revokeObjectURL(url)
}
