/** Given names, common ones first. */
export const GIVEN_NAMES = [
  "Anna",
  "Lars",
  "Emma",
  "Jan",
  "Sophie",
  "Pieter",
  "Mette",
  "Thomas",
  "Julia",
  "Daan",
  "Freja",
  "Lukas",
  "Lotte",
  "Jonas",
  "Marie",
  "Willem",
  "Ida",
  "Finn",
  "Sara",
  "Mads",
  "Hannah",
  "Bram",
  "Clara",
  "Niels",
  "Eva",
  "Ruben",
  "Katrine",
  "Felix",
  "Lisa",
  "Jesper",
  "Nora",
  "Sven",
  "Fleur",
  "Henrik",
  "Johanna",
  "Tim",
  "Astrid",
  "Koen",
  "Luise",
  "Anders",
  "Maud",
  "Paul",
  "Signe",
  "Joris",
  "Greta",
  "Rasmus",
  "Elin",
  "Max",
  "Femke",
  "Søren",
  "Paula",
  "Yusuf",
  "Amina",
  "Chiara",
  "Piotr",
  "Agnieszka",
  "Mehmet",
  "Leyla",
  "Owen",
  "Inès"
]

/** Family names, common ones first. */
export const FAMILY_NAMES = [
  "Jensen",
  "de Vries",
  "Müller",
  "Nielsen",
  "Jansen",
  "Schmidt",
  "Hansen",
  "Peeters",
  "Bakker",
  "Andersen",
  "Fischer",
  "Visser",
  "Pedersen",
  "Weber",
  "Smit",
  "Larsen",
  "Meijer",
  "Becker",
  "Maes",
  "Sørensen",
  "Mulder",
  "Hoffmann",
  "Rasmussen",
  "Bos",
  "Janssens",
  "Koch",
  "Vos",
  "Christensen",
  "Richter",
  "Hendriks",
  "Klein",
  "Madsen",
  "Dekker",
  "Wolf",
  "Mertens",
  "Brouwer",
  "Kristensen",
  "Schröder",
  "van Dijk",
  "Willems",
  "Olsen",
  "Neumann",
  "Dijkstra",
  "Thomsen",
  "Claes",
  "Zimmermann",
  "Kok",
  "Poulsen",
  "Krüger",
  "van den Berg",
  "Yilmaz",
  "Kowalski",
  "Nowak",
  "Rossi",
  "Demir",
  "Okafor",
  "Haddad",
  "Silva"
]

/** Streets as addresses spell them. */
export const STREETS = [
  "Kerkstraat",
  "Nørregade",
  "Hafenstraße",
  "Dorpsstraat",
  "Vestergade",
  "Bahnhofstraße",
  "Schoolstraat",
  "Havnegade",
  "Gartenweg",
  "Molenweg",
  "Algade",
  "Lindenallee",
  "Julianalaan",
  "Strandvejen",
  "Marktplatz",
  "Nieuwstraat",
  "Skovvej",
  "Am Deich",
  "Stationsweg",
  "Møllevej",
  "Schillerstraße",
  "Beukenlaan",
  "Kongensgade",
  "Goethestraße",
  "Parkweg",
  "Engvej",
  "Brückenstraße",
  "Zeedijk",
  "Birkevej",
  "Rosenweg"
]

/** The towns that customers come from: those with a shop first. */
export const TOWNS = [
  { city: "Groningen", country: "NL", postal: "97## KB" },
  { city: "Hamburg", country: "DE", postal: "22###" },
  { city: "Aarhus", country: "DK", postal: "80##" },
  { city: "Bremen", country: "DE", postal: "28###" },
  { city: "Brugge", country: "BE", postal: "80##" },
  { city: "Esbjerg", country: "DK", postal: "67##" },
  { city: "Leeuwarden", country: "NL", postal: "89## AR" },
  { city: "Oldenburg", country: "DE", postal: "26###" },
  { city: "Gent", country: "BE", postal: "90##" },
  { city: "Assen", country: "NL", postal: "94## CH" },
  { city: "Flensburg", country: "DE", postal: "249##" },
  { city: "Ribe", country: "DK", postal: "6760" },
  { city: "Oostende", country: "BE", postal: "84##" },
  { city: "Zwolle", country: "NL", postal: "80## VD" },
  { city: "Göteborg", country: "SE", postal: "41# ##" },
  { city: "Leeds", country: "GB", postal: "LS## 4AP" }
]

/** Countries, those with towns and those with suppliers only. */
export const COUNTRIES = [
  { country_code: "BE", name: "Belgium", currency: "EUR", vat_rate: 21 },
  { country_code: "DE", name: "Germany", currency: "EUR", vat_rate: 19 },
  { country_code: "DK", name: "Denmark", currency: "DKK", vat_rate: 25 },
  { country_code: "GB", name: "United Kingdom", currency: "GBP", vat_rate: 20 },
  { country_code: "IT", name: "Italy", currency: "EUR", vat_rate: 22 },
  { country_code: "JP", name: "Japan", currency: "JPY", vat_rate: 10 },
  { country_code: "NL", name: "Netherlands", currency: "EUR", vat_rate: 21 },
  { country_code: "PL", name: "Poland", currency: "PLN", vat_rate: 23 },
  { country_code: "SE", name: "Sweden", currency: "SEK", vat_rate: 25 },
  { country_code: "TW", name: "Taiwan", currency: "TWD", vat_rate: 5 }
]

/** The shops of the chain, in the order in which they opened; each in the town of the same position. */
export const SHOPS = [
  { code: "GRQ", name: "Groningen Noord" },
  { code: "HAM", name: "Hamburg Altona" },
  { code: "AAR", name: "Aarhus Havn" },
  { code: "BRE", name: "Bremen Viertel" },
  { code: "BRG", name: "Brugge Station" },
  { code: "EBJ", name: "Esbjerg" }
]

/** Bike categories with what a bike of it costs, and the words of its models' names. */
export const CATEGORIES = {
  city: { price: 690, weight: 16, words: ["Holland", "Urban", "Stadt", "Daily"] },
  trekking: { price: 1150, weight: 15, words: ["Tour", "Cross", "Nordkap", "Route"] },
  e_bike: { price: 2690, weight: 24, words: ["Volt", "E-Tour", "Ampere", "Breeze"] },
  cargo: { price: 3890, weight: 34, words: ["Carry", "Long John", "Family", "Freight"] },
  mountain: { price: 1490, weight: 13, words: ["Ridge", "Trail", "Granit", "Enduro"] },
  kids: { price: 340, weight: 9, words: ["Junior", "Mini", "Hopla", "First"] }
}

/** Who makes the bikes. */
export const BRANDS = [
  "Polder",
  "Nordwind",
  "Deichrad",
  "Fjordcykel",
  "Halyard",
  "Osterau",
  "Kvist",
  "Veldman",
  "Lynx & Luchs",
  "Tidewater"
]

/** Kinds of parts: the letters of the part number, what the name says, and the price of an ordinary one. */
export const PARTS = [
  { prefix: "TY", kind: "tyres", names: ["Tyre 28 inch", "Tyre 26 inch", "Inner tube", "Rim tape"], price: 19 },
  { prefix: "BR", kind: "brakes", names: ["Brake pads", "Brake cable", "Disc rotor", "Brake lever"], price: 14 },
  {
    prefix: "DR",
    kind: "drivetrain",
    names: ["Chain", "Cassette", "Chainring", "Derailleur", "Bottom bracket"],
    price: 38
  },
  { prefix: "LI", kind: "lights", names: ["Front light", "Rear light", "Dynamo hub", "Reflector"], price: 27 },
  { prefix: "SA", kind: "saddles", names: ["Gel saddle", "Leather saddle", "Seat post", "Saddle cover"], price: 42 },
  { prefix: "EL", kind: "electrics", names: ["Battery 500 Wh", "Display", "Motor controller", "Charger"], price: 219 },
  { prefix: "AC", kind: "accessories", names: ["Lock", "Pannier", "Bell", "Child seat", "Helmet", "Pump"], price: 33 }
]

/** What tells one part of a name from the next. */
export const PART_MAKES = [
  "Gripwell",
  "Kettenwerk",
  "Rolfing",
  "Sattelhaus",
  "Lumo",
  "Ampère & Fils",
  "Torvald",
  "Packesel",
  "Riegel",
  "Brandaris"
]

/** What customers say is wrong with their bike. */
export const COMPLAINTS = [
  "Chain skips under load",
  "Flat tyre, rear",
  "Yearly service",
  "Brakes squeal",
  "Gears need adjusting",
  "Front light flickers",
  "Wheel out of true",
  "Motor cuts out uphill",
  "Battery holds no charge",
  "Creaking bottom bracket",
  "Check before a long tour",
  "Saddle came loose",
  "Crash damage, see photos",
  "Replace worn pads"
]

/** Why customers want their money back for a part. */
export const DEFECTS = [
  "Broke within weeks",
  "Noise persists",
  "Wrong size fitted",
  "Water inside",
  "Does not charge",
  "Finish peels off"
]
