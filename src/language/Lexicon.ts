import { withoutAccents } from "./withoutAccents.ts"
import { wordSet } from "./wordSet.ts"

/** What English writes as one word although its parts are words: nothing is cut inside. */
const COMPOUNDS = wordSet(`
  airline airport backlog benchmark birthday blacklist bookmark checkout checkpoint classroom coursework dashboard deadline endpoint
  footnote framework gateway guestbook handbook headline hostname homework housework keynote keyword landmark lifetime logbook masterclass
  metadata milestone newsletter newspaper nickname notebook outline passport payday payload payroll percentage pipeline placeholder playground
  playlist postage postcard railway runtime salesperson scorecard shareholder shortlist spreadsheet stakeholder storehouse subclass surname
  teamwork timeline timesheet timetable timezone trademark viewpoint waitlist watchlist weblog weekday whitelist wishlist workday
  workout workplace worksheet workshop workspace workstation
`)

/**
 * Words that schemas everywhere are made of, singular: what a folded name (`orderdetails`) is cut into where the schema's own names
 * do not say. Small on purpose, and never shorter than three letters: every word in it can also cut a name in the wrong place.
 */
export const LEXICON: ReadonlySet<string> = new Set([
  ...COMPOUNDS,
  ...wordSet(`
  access account action active activity actual added address admin agent album alias amount amt answer app approval area
  article artist asset attachment attribute
  audit author backup balance bank base batch begin birth block body book box branch brand brutto budget build building call campaign
  card cart case catalog category cause changelog channel chapter charge check checklist child city class client close color
  column comment company component condition config contact content contract cost count country course create created credit
  currency current customer daily data database dataset date day deal death default delivery demographics department description detail
  device discount display district division document domain download driver due duration early effect email employee end entity
  entry error event exchange expense extra factor fax feature fee feedback field file filter first flag flight folder form
  format free full game gender genre goal grade group guest header height history holiday home homepage hour house household icon image
  income index info input instance institution interest inventory invoice item job journal kind label language last leader league ledger left
  length level limit line link list loan local location log login machine mail main manager map mark market master match measure media
  member membership menu message method minute model modified module month movie name net netto network new news node note object offer office
  old open operation option order origin output owner ownership page parent park part partner partnership party password path
  patient payment percent period permission person phone photo pick place plan plant player point policy position post postal
  power present previous price print priority process product profile program project promotion property provider province
  purchase qty quality quantity quarter question queue quote rank rate rating reason receipt receive received record reference
  region rejected relation relationship release rental report request response result return review right role room round route
  rule salary sale sales sample schedule schema school score search season seat second section sector segment sender sequence
  serial series server service
  session setting shelf ship shipment shipper shipping shop sign site size skill sort source species staff stage start stat state
  statement station status step stock stop store street string student style subject summary supplier supply support surface
  survey symbol system table tag target task tax team template term territory test text thread ticket time timestamp title token
  topic total town track trade train transaction transfer transport travel tree trigger trip type unit update updated upload url
  user username valid value variable vehicle vendor version video view visit volume vote voucher wage warehouse web website week weekly
  weight wholesale width window word work worker workflow year zone
`)
])

/** What a key's name ends in, whatever it is the key of. */
export const KEY_WORDS: ReadonlySet<string> = wordSet(
  `id ids code key no nr num number sk pk fk uid uuid guid oid ref cd
  codigo código cod nro numero número nummer clave schluessel schlüssel kod kode kodu`
)

/** Key words long and common enough to be cut off a folded name even where nothing else about it is known (`voucherid`). */
export const FOLDED_KEY_WORDS: ReadonlyArray<string> = ["number", "code", "uuid", "guid", "key", "id"]

/** Ordinary words that only look as if they ended in a key word. */
export const NOT_KEYS: ReadonlySet<string> = wordSet(`
  acid aid amid android arid avoid barcode bid braid covid decode encode fluid forbid geocode grid guid hybrid invalid kid
  laid lid liquid mid monkey hockey jockey turkey whiskey donkey hotkey overlaid paid passcode placid plaid postcode postpaid prepaid
  rabid raid rapid rigid said skid solid squid steroid timid turgid unicode unpaid uuid valid vivid void
`)

/** Words for somebody who does something. A column called so refers to people, whatever their table is called. */
export const PERSON_WORDS: ReadonlySet<string> = wordSet(`
  actor admin adviser advisor agent allocator analyst applicant approver artist assignee assistant author beneficiary boss buyer cashier
  chairman chef client clerk coach coordinator creator customer dentist developer director doctor driver editor employee engineer
  guardian guest host instructor inspector lawyer leader lecturer librarian manager mechanic member mentor modifier nurse officer
  operator organizer owner passenger patient payer person physician pilot player practitioner professor receiver recipient rep
  representative requester requestor reviewer salesman salesperson secretary selector seller sender speaker sponsor staff student subscriber
  supervisor surgeon teacher technician tenant trainer translator tutor user usr visitor voter winner worker writer
  accountant attorney auditor borrower captain consultant courier creditor debtor donor judge lender payee picker planner principal
  referee registrar resident responsible salesrep successor suspect trainee umpire victim witness
  empleado cliente usuario persona paciente alumno profesor funcionario vendedor creador autor responsable encargado médico docente
  estudiante comprador propietario operador conductor jugador trabajador
  prüfer pruefer verfasser besteller koordinator gutachter vorsitz ansprechperson
  mitarbeiter kunde benutzer nutzer anwender bearbeiter betreuer ersteller ansprechpartner verkäufer verkaeufer besitzer inhaber leiter
  arzt lehrer schüler schueler fahrer spieler teilnehmer
  utilisateur employé vendeur auteur médecin élève étudiant enseignant salarié gérant créateur conducteur joueur
  dipendente utente venditore autore responsabile studente giocatore paziente
  usuário funcionário pessoa criador responsável motorista jogador medewerker klant gebruiker verkoper
  pracownik klient użytkownik lekarz pacjent
  authorizer authoriser verifier inspector preparer owner registrant signatory signer shopper caregiver operative
  adherent adhérent membre abonné destinataire expéditeur expediteur locataire bénéficiaire responsable rédacteur redacteur proprietaire propriétaire
  mitglied absender empfänger empfaenger sachbearbeiter verantwortlicher autor besucher patient trainer dozent betreuerin
  miembro socio remitente destinatario inquilino alumna maestro vigilante supervisora
  aluno professor remetente destinatário locatário membro servidor paciente médico
  membro destinatario mittente proprietario
  müşteri musteri personel kullanıcı kullanici öğrenci ogrenci doktor hasta yazar çalışan calisan üye uye yönetici yonetici
`)

/** Endings of agent nouns in English, German and Romance languages: `redeemer`, `vérificateur`, `proveedor`. */
const AGENT_ENDS = /(?:er|or|eur|tore|trice|ista)$/

/** Minimum length of an agent noun, in characters: shorter words with these endings are mostly things (`color`, `tower`). Set by hand. */
const SHORTEST_AGENT = 6

/** Words with the ending of an agent noun that name things. */
const NOT_AGENTS = wordSet(`
  adapter anchor banner barrier buffer calendar carrier cellar chapter character charter cluster collector color compiler computer connector
  container controller corner counter cover cylinder datacenter detector elevator encounter engine error exporter factor feeder
  fiber filter finger firmware flavor floor folder footer gender generator handler header heater helper identifier importer indicator
  inverter jumper junior kernel ladder laser layer letter listener loader locker locomotor logger manner marker meter minor mirror
  monitor motor newsletter operator outer parameter parser paper pointer poster power predictor prefer primer printer processor
  projector provider quarter reactor reader receptor recorder register regulator reminder repeater resistor router scanner scheduler
  selector semester sender sensor separator server shelter shutter slider spider splitter sticker super tensor theater tracker
  tractor trailer transformer transporter trigger tower vector verifier vendor voucher wallpaper wrapper zähler fehler ordner keller
  fenster zimmer muster alter nummer theater rechner drucker semester filter faktor sektor behälter container katalysator valor color
  error sector factor favor humor motor ordenador contador valeur couleur secteur facteur moteur erreur compteur ordinateur hauteur
  largeur longueur profondeur settore fattore motore valore colore lista vista rivista pista autopista
`)

/** Whether a word that no list knows is an agent noun by its ending. */
export const isAgent = (word: string): boolean =>
  word.length >= SHORTEST_AGENT && AGENT_ENDS.test(word) && !NOT_AGENTS.has(word) && !LEXICON.has(word)

/** Those of `PERSON_WORDS` that companies, teams and programs are as well. */
const NOT_ONLY_PEOPLE = wordSet(`
  agent artist creator developer host modifier operator organizer rep seller sender sponsor winner worker
`)

/**
 * Those of `PERSON_WORDS` (and more) for somebody who does something within the system: whoever is logged in. Such a column refers to
 * accounts rather than to other people that the system knows.
 */
export const ACTOR_WORDS = wordSet(`
  admin allocator approver assignee author checker creator deleter editor inviter maker moderator modifier operator owner publisher reporter
  receiver requester requestor resolver reviewer selector submitter updater uploader user
`)

/** Those of `PERSON_WORDS` that a table of accounts is called. */
export const USER_WORDS: ReadonlySet<string> = wordSet(
  "user usr usuario utilisateur benutzer nutzer anwender utente usuário gebruiker użytkownik"
)

/** Names of columns that only tables of accounts have: what somebody logs in with. */
export const ACCOUNT_TRAITS = wordSet(`
  username user_name login login_name loginname passwd password password_hash passwordhash hashed_password encrypted_password
  pwd last_login user_password
`)

/** Words for people in other languages, singular and plural: only English has its plurals folded. */
const PEOPLE_ELSEWHERE = wordSet(`
  teilnehmer kursteilnehmer schülerin mieter vermieter gast gäste besucher bewerber bewerberin fahrer arzt ärzte spieler mitglied einwohner bürger
  angestellter beschäftigte beschäftigter arbeitnehmer klient klienten abonnent abonnenten versicherte versicherter dozent dozenten eltern kinder
  huésped huéspedes socio socios estudiante estudiantes profesor profesores médico médicos trabajador trabajadores conductor conductores inquilino
  inquilinos tripulante tripulantes afiliado afiliados ciudadano ciudadanos vecino vecinos votante votantes beneficiario beneficiarios usuarios
  adhérent adhérents personne personnes étudiant étudiants enseignant enseignants médecin médecins locataire locataires membre membres bénévole
  bénévoles abonné abonnés conducteur conducteurs habitant habitants usager usagers stagiaire stagiaires
  aluno alunos professores colaborador colaboradores motorista motoristas hóspede hóspedes sócio sócios estudantes morador moradores
  lid leden leerling leerlingen patiënt patiënten huurder huurders chauffeur chauffeurs persoon deelnemer deelnemers gasten werknemer werknemers
  bewoner bewoners docent docenten arts artsen
  studente studenti inquilini soci ospite ospiti iscritto iscritti medico medici alunni
  personen mitarbeiter kunde kunden nutzer patienten schüler studenten lehrer angestellte mitglieder
  persone utente utenti cliente clienti dipendente dipendenti paziente pazienti
  osoba osoby klient klienci pracownik pracownicy użytkownik użytkownicy uzytkownik uzytkownicy
  kişi kişiler kisi kisiler kullanıcı kullanici kullanicilar müşteri musteri musteriler çalışan calisan hasta öğrenci ogrenci
  empleado empleados paciente pacientes alumno alumnos pessoas funcionário funcionários funcionario funcionarios
  utilisateur utilisateurs employé employés employe salarié salariés élève élèves gebruiker gebruikers klant klanten medewerker medewerkers
  användare kund kunder anställd anställda bruger brugere ansatt ansatte käyttäjä käyttäjät asiakas asiakkaat henkilö henkilöt
  uživatel uživatelé zákazník zákazníci zaměstnanec felhasználó felhasználók ügyfél ügyfelek
  пользователь пользователи клиент клиенты сотрудник сотрудники пациент пациенты человек люди χρήστης χρήστες πελάτης πελάτες υπάλληλος
  用户 用戶 员工 員工 社員 顧客 客户 客戶 会員 会员 患者 学生 利用者 ユーザー 人员 사용자 고객 회원 직원 환자 학생 مستخدم عميل موظف
`)

/** Words for people. If a table's name ends in one, its rows are people and what it holds is personal. */
export const PEOPLE: ReadonlySet<string> = new Set([
  ...PEOPLE_ELSEWHERE,
  ...[...PEOPLE_ELSEWHERE].flatMap(withoutAccents),
  ...[...PERSON_WORDS].filter((word) => !NOT_ONLY_PEOPLE.has(word)),
  ...wordSet(
    `people contact provider candidate resident donor volunteer master individual citizen attendee participant relative
    profile lead prospect borrower policyholder claimant spouse friend follower contractor trainee alumnus witness`
  )
])

/** Words for people as such, whatever they do: what is a person, and perhaps a patient besides. */
export const PERSON_AS_SUCH: ReadonlySet<string> = wordSet(
  "person people human individual persona pessoa personne individuo osoba"
)

/** Words for what firms are to each other. A column called so refers to firms where no table is called so. */
export const FIRM_ROLES: ReadonlySet<string> = wordSet(`
  buyer carrier client consignee consignor contractor customer distributor employer guarantor importer insurer issuer landlord lender
  lessee lessor maker manufacturer partner payee payer producer provider publisher reseller seller shipper sponsor subcontractor supplier
  vendor lieferant kunde hersteller fournisseur fabricant proveedor cliente fabricante fornecedor fornitore
`)

/** Last words of tables that hold firms of every kind. */
export const FIRM_WORDS: ReadonlySet<string> = wordSet(`
  business company corporation counterparty enterprise firm organisation organization party partner bpartner
  unternehmen firma empresa entreprise société azienda organisatie bedrijf
`)

/** Words for organisations, their parts, and the premises where they work: somebody, if no person. */
export const ORGANISATION_WORDS: ReadonlySet<string> = wordSet(`
  agency airline airport association bank branch business clinic club college company corporation department enterprise
  factory firm franchise hospital hotel institution laboratory library manufacturer municipality museum office organisation
  organization party plant publisher restaurant retailer school shipper shop site squad station store supplier team university
  vendor warehouse
  abteilung filiale firma lieferant unternehmen verein oficina empresa proveedor tienda bureau entreprise fournisseur magasin société
  azienda fornitore negozio fornecedor loja
`)

/** Names of columns that only tables of people have. */
export const PERSON_TRAITS: ReadonlySet<string> = wordSet(`
  first_name last_name middle_name given_name family_name surname firstname lastname forename full_name birth_date birthdate
  date_of_birth gender hire_date apellido apellidos apellido1 apellido2 sobrenome nachname vorname prenom prénom cognome voornaam
  achternaam fecha_nacimiento geburtsdatum date_naissance data_nascimento
`)

/** What a column that points up its own table's tree is called. */
export const PARENT_WORDS: ReadonlySet<string> = wordSet(
  "parent super superior padre madre papa papá pai vater eltern übergeordnet père pere genitore ouder rodzic"
)

/** What a column that points to an earlier or deeper row of its own table is called. */
export const FORERUNNER_WORDS: ReadonlySet<string> = wordSet(
  `predecessor previous preceding prior ancestor reply inherit root master inverse inverso opposite next successor original duplicate
  variant superseded supersede replaced replacement merged derived cloned copied reversed reversal storno corrected amended belong sibling canonical`
)

/** What the two columns of a table that relates rows of another to each other are called. */
export const ENDS_OF_PAIRS: ReadonlySet<string> = wordSet(
  "from to source src target subject object parent child ancestor descendant predecessor successor left right first second one other related"
)

/** What a column that points to the person above is called; only in tables of people. */
export const LEADER_WORDS: ReadonlySet<string> = wordSet(
  "manager boss supervisor report leader jefe jefa gerente responsable vorgesetzter chef chefe capo supérieur leidinggevende"
)

/** Last words of tables that say in what form they hold things, and not what: the rows of `permission_list` are permissions. */
export const FORM_WORDS: ReadonlySet<string> = wordSet(
  `list tree entry definition def master info information data record table register registry catalog directory lookup dim
  general header hdr basic kopf cabecera encabezado cabecalho cabeçalho entete`
)

/** What the id of a row in another system is called (`ext_id`, `legacy_code`). */
export const EXTERNAL_WORDS: ReadonlySet<string> = wordSet(
  "ext external extern externo externa externe legacy foreign remote imported"
)

/** Words for measures: the numbers of such a column are no ids. */
export const MEASURE_WORDS: ReadonlySet<string> = wordSet(`
  age amount area average balance capacity cost count day days depth discount distance duration gross height hour latitude length
  longitude max maximum min minimum minute month net percent percentage points population power price probability qty quantity rate
  ratio salary score size speed stock sum tax temperature total units volume weight width year
`)

/** Words for a place in an order. */
export const ORDER_WORDS: ReadonlySet<string> = wordSet(
  "index level line ordinal order position priority rank ranking sequence seq slot sort step version"
)
