import { describe, expect, it } from "@effect/vitest"
import { peopleLook } from "../../src/language/PeopleLooks.ts"

/** What each list of values, separated by bars, looks like. */
const looks = (...lists: ReadonlyArray<string>) => lists.map((list) => peopleLook(list.split("|")))
const all = (count: number, what: string | undefined) => Array.from({ length: count }, () => what)

describe("the look of a column's values", () => {
  it("is that of people's names, in full or in part, in any script", () => {
    expect(
      looks(
        "Emma Brown|Jessica Hernandez|john doe|Maurice Lee",
        "Nagy, László|Kovács, Erzsébet|Tóth, István",
        "Γιώργος Παπαδόπουλος|Μαρία Γεωργίου|Νίκος Οικονόμου",
        "Сергей Иванов|Ольга Петрова|Дмитрий Кузнецов",
        "王小明|李伟|张敏",
        "김민준|이서연|박지훈",
        "Vytautas|Rasa|Mindaugas|Jurgita",
        "Kazlauskas|Petrauskienė|Jankauskas|Paulauskaitė",
        "Popescu|Ionescu|Dumitrescu|Constantinescu"
      )
    ).toEqual(all(9, "a person's name"))
  })

  it("is that of numbers of people, by their check digits, their form, or days of birth of several decades", () => {
    expect(
      looks(
        "69435151530|94577403194|33392005961",
        "12345678Z|87654321X|00000000T",
        "1800101221144|2910315400012|1751120033441|2690712334455",
        "38504120123|47911230456|46007080911",
        "3174051203850001|3275014407900003|3578120101720002",
        "850412-1234|791123-4567|600708-0911"
      )
    ).toEqual(all(6, "a document or tax number of a person"))
  })

  it("is that of telephone numbers, and of houses in their streets", () => {
    expect(
      looks(
        "0722 123 456|0744 987 654|0733 111 222",
        "081234567890|085712345678|087812345000",
        "06-30-123-4567|06-20-987-6543|06-70-555-1212"
      )
    ).toEqual(all(3, "a phone number"))
    expect(
      looks(
        "Kossuth Lajos utca 12.|Petőfi tér 3.|Rákóczi út 45. 2/8",
        "Jl. Merdeka No. 10|Jl. Sudirman No. 45|Jl. Diponegoro No. 3A",
        "12 Elm St|9 Oak Rd|202 Hoxton Street"
      )
    ).toEqual(all(3, "a person's address"))
  })

  it("is not that of places, goods, months, numbered rooms, doses, amounts, or documents that begin with their day", () => {
    expect(
      looks(
        "Paris|London|Rostov|Saratov|Charlotte",
        "January|February|April|May|June|July|August",
        "Hammer drill|Garden hose|Desk lamp",
        "Mountain Tire Sale|Half-Price Pedal Sale|Road Overstock",
        "Room 1|Room 2|Room 3|Room 4",
        "1x daily|3x daily|2x daily with food",
        "100 000 000|250 000 000|300 500 000",
        "2301150001|2301160002|2401170003",
        "5201234567890|5209876543210|5200001112223",
        "00001201|00001202|00001203"
      )
    ).toEqual(all(10, undefined))
  })
})
