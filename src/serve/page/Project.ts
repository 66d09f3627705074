import { computed, signal } from "@preact/signals"
import { ask } from "./Requests.ts"
import { route } from "./Route.ts"
import type { Datasource, Project } from "./Types.ts"

/** The projects that one may see; undefined until they are known. */
export const projects = signal<ReadonlyArray<Project> | undefined>(undefined)
/** The databases of the project; undefined until they are known. */
export const datasources = signal<ReadonlyArray<Datasource> | undefined>(undefined)

/** The project that is shown: the address's, or the first. */
export const project = computed(() => route.value.params["project"] ?? projects.value?.[0]?.name)

/** The database that is shown: the address's, or the first where it names none. */
export const datasource = computed(() => {
  const id = route.value.params["datasource"]
  const all = datasources.value
  return id === undefined ? all?.[0] : all?.find((one) => one.id === id)
})

/** Whether the address names a database that is not there (any more). */
export const isGone = computed(
  () =>
    route.value.params["datasource"] !== undefined && datasources.value !== undefined && datasource.value === undefined
)

/** Where the project's resources are. */
export const path = (rest: string): string => `/api/v1/projects/${encodeURIComponent(project.value ?? "")}${rest}`

/** Where a database's resources are. */
export const ofDatasource = (id: string, rest: string): string => path(`/datasources/${encodeURIComponent(id)}${rest}`)

/** A database's name; undefined where there is none, or it is gone. */
export const datasourceName = (id: string | null): string | undefined =>
  datasources.value?.find((one) => one.id === id)?.name

export const loadProjects = async (): Promise<void> => {
  const found = await ask<{ readonly projects: ReadonlyArray<Project> }>("/api/v1/projects")
  projects.value = found.projects
}

export const loadDatasources = async (): Promise<void> => {
  const found = await ask<{ readonly datasources: ReadonlyArray<Datasource> }>(path("/datasources"))
  datasources.value = found.datasources
}
