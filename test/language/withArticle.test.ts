import { expect, it } from "@effect/vitest"
import { withArticle } from "../../src/language/withArticle.ts"

it("a name has the article that it sounds like", () => {
  const said =
    "a User, a Unit, a European, an Hour, an Honest Answer, a User Tag, an Unpaid Bill, a House, an Umbrella, a Euro, a One to One, an Onion, " +
    "a University, an Uninstalled App, an Unidentified Object, an Heir, a Utility, an Usher, an Upload, a Uranium Rod, an Urn, an SKU, a URL, " +
    "an HTTP Log, a UUID, a CSV File, an 8, an 11th, a 110, an Étage, an Über, a Yield, a Ukrainian, an IBAN, a PIN, an X Ray, an Honour, a Uri"
  expect(said.split(", ").map((each) => withArticle(each.replace(/^an? /, "")))).toEqual(said.split(", "))
})
