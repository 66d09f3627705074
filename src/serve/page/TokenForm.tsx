import { useState } from "preact/hooks"
import { setToken, token } from "./Requests.ts"

/** Asks for a token, where the server wants one. */
export const TokenForm = () => {
  const [text, setText] = useState("")
  const isRefused = token.value !== ""
  return (
    <div class="card emptyc">
      <h1>A token, please</h1>
      <p>
        {isRefused ? "The server does not take this token (any more). " : "This server lets nobody in without one. "}
        Whoever has its command line makes one: <code>npm start -- token create --name ME</code>
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (text.trim() !== "") setToken(text.trim())
        }}
      >
        <input
          class="field"
          type="password"
          aria-label="Token"
          placeholder="wfi_…"
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
        <button type="submit" class="btn primary">
          Come in
        </button>
      </form>
      <p class="or">It is kept until this tab is closed, and sent to this server only.</p>
    </div>
  )
}
