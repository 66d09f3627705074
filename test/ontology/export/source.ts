import type { FastCheck } from "effect"
import { buildOntology } from "../../../src/ontology/Build.ts"
import type { Discovered } from "../../../src/ontology/Discovered.ts"
import { type ExportModel, exportModel, type ExportSource } from "../../../src/ontology/export/ExportModel.ts"
import { atOnce } from "../../../src/steps/Steps.ts"
import { type TextSteps, wholeText } from "../../../src/steps/TextSteps.ts"
import { hostileDiscovered } from "../hostile.ts"
import { shop } from "../shop.ts"

/** What exports of a made-up database are made from. */
export const sourceOf = (discovered: Discovered): ExportSource => ({
  ontology: buildOntology(discovered),
  catalog: discovered.catalog,
  relationships: discovered.relationships
})

export const modelOf = (discovered: Discovered): ExportModel => atOnce(exportModel(sourceOf(discovered)))

/** The shop's. */
export const shopModel: ExportModel = modelOf(shop)

/** Two tables and a reference whose every name and text is hostile. */
export const hostileModel: FastCheck.Arbitrary<ExportModel> = hostileDiscovered.map(modelOf)

/** What an export writes, as it is read from a file: half characters are replaced. */
export const textOf = (steps: TextSteps): string => Buffer.from(wholeText(steps), "utf8").toString("utf8")

/** A name as a file holds it. */
export const asWritten = (name: string): string => Buffer.from(name, "utf8").toString("utf8")
