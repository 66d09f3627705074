/** A text as people spell it who have no keys for its accents: "código" as "codigo", "straße" as "strasse", "schüler" as "schuler" or "schueler". */
export const withoutAccents = (text: string): ReadonlyArray<string> => {
  const bare = (spelled: string) =>
    spelled
      .normalize("NFD")
      .replace(/(?<=\p{Script=Latin})\p{M}+/gu, "")
      .normalize("NFC")
  const sharp = text.replaceAll("ß", "ss")
  const german = sharp.replaceAll("ä", "ae").replaceAll("ö", "oe").replaceAll("ü", "ue")
  return [...new Set([bare(sharp), bare(german)])]
}
