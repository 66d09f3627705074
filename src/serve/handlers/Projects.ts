import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Effect, Option } from "effect"
import { Projects } from "../../tenant/Projects.ts"
import { CurrentCaller } from "../api/Access.ts"
import { Api } from "../Api.ts"
import { forbidden, orUnavailable } from "../http/Problems.ts"

export const ProjectsLive = HttpApiBuilder.group(Api, "projects", (handlers) =>
  Effect.map(Projects, (projects) =>
    handlers
      .handle("list", () =>
        Effect.gen(function* () {
          const { projectId } = yield* CurrentCaller
          if (projectId === undefined) return { projects: yield* orUnavailable(projects.list) }
          return { projects: Option.toArray(yield* orUnavailable(projects.get(projectId))) }
        })
      )
      .handle("create", ({ payload: { name } }) =>
        Effect.gen(function* () {
          const { projectId } = yield* CurrentCaller
          if (projectId !== undefined)
            return yield* Effect.fail(forbidden("a token is for one project, and makes no other"))
          const id = yield* orUnavailable(projects.ensure(name))
          const project = yield* orUnavailable(projects.get(id))
          return yield* Option.match(project, {
            onNone: () => Effect.dieMessage("a project vanished while it was made"),
            onSome: Effect.succeed
          })
        })
      )
  )
)
