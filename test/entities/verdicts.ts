import type { EntityVerdict } from "../../src/entities/Entity.ts"
import type { TableSketch } from "./schema.ts"

/** A table in a few words, what it stands for, and what a person calls one of its rows. */
export interface JudgedTable extends TableSketch {
  readonly verdict: EntityVerdict
  readonly name: string
}

/**
 * `"order_id int* -> orders.id, user int ~> users.id, quantity int"`: columns with their types, `*` for the primary key, `->` for a declared
 * foreign key, `~>` for one that nobody declared.
 */
const judged =
  (verdict: EntityVerdict) =>
  (name: string, rows: number, columns: string): JudgedTable => {
    const parts = columns.split(", ").map((part) => {
      const [column = "", arrow, to] = part.split(/ ([-~])> /)
      return { column: column.replace("*", ""), name: column.split(" ")[0] ?? "", key: column.endsWith("*"), arrow, to }
    })
    const referring = (by: string) => parts.flatMap(({ arrow, name, to }) => (arrow === by ? [`${name} -> ${to}`] : []))
    return {
      verdict,
      name,
      rows,
      columns: parts.map(({ column }) => column),
      key: parts.flatMap((part) => (part.key ? [part.name] : [])),
      references: referring("-"),
      undeclared: referring("~")
    }
  }

const entity = judged("entity")
const lookup = judged("lookup")
const link = judged("link")
const log = judged("log")
const technical = judged("technical")
const empty = judged("empty")

/** Schemas as programs of many kinds have them, with the right verdict and name of each table; made by hand. Some do not declare their foreign keys. */
export const VERDICTS: Readonly<Record<string, Readonly<Record<string, JudgedTable>>>> = {
  "online shop": {
    customers: entity(
      "Customer",
      18_200,
      "id serial*, email text, first_name text, last_name text, phone text, created_at timestamp"
    ),
    addresses: entity(
      "Address",
      21_400,
      "id serial*, customer_id int -> customers.id, street text, zip text, city text, country_code text -> countries.code"
    ),
    countries: lookup("Country", 196, "code text*, name text"),
    products: entity(
      "Product",
      3_100,
      "id serial*, sku text, title text, description text, price numeric, brand_id int -> brands.id, active boolean"
    ),
    brands: lookup("Brand", 84, "id serial*, name text"),
    categories: lookup("Category", 62, "id serial*, parent_id int -> categories.id, name text, slug text"),
    product_categories: link(
      "Product Category",
      4_800,
      "product_id int* -> products.id, category_id int* -> categories.id, position int"
    ),
    product_images: entity(
      "Product Image",
      9_000,
      "id serial*, product_id int -> products.id, url text, alt_text text, width int, height int"
    ),
    orders: entity(
      "Order",
      52_000,
      "id serial*, customer_id int -> customers.id, shipping_address_id int -> addresses.id, status_id int -> order_statuses.id, placed_at timestamp, total numeric"
    ),
    order_statuses: lookup("Order Status", 7, "id int*, label text, sort_order int"),
    order_lines: entity(
      "Order Line",
      140_000,
      "order_id int* -> orders.id, line_no int*, product_id int -> products.id, quantity int, unit_price numeric"
    ),
    payments: entity(
      "Payment",
      50_400,
      "id serial*, order_id int -> orders.id, payment_method_id int -> payment_methods.id, amount numeric, paid_at timestamp"
    ),
    payment_methods: lookup("Payment Method", 4, "id int*, code text, name text"),
    wishlists: entity(
      "Wishlist",
      2_300,
      "id serial*, customer_id int -> customers.id, name text, public boolean, created_at timestamp"
    ),
    wishlist_products: link(
      "Wishlist Product",
      8_800,
      "id serial*, wishlist_id int -> wishlists.id, product_id int -> products.id, created_at timestamp, updated_at timestamp"
    ),
    schema_migrations: technical("Schema Migration", 212, "version text*"),
    sessions: technical("Session", 7_400, "sid text*, payload text, expires_at timestamp")
  },

  clinic: {
    patient: entity(
      "Patient",
      6_400,
      "patient_id serial*, family_name text, given_name text, birth_date date, sex text, blood_group text"
    ),
    practitioner: entity(
      "Practitioner",
      38,
      "practitioner_id serial*, full_name text, license_no text, specialty_id int -> specialty.specialty_id"
    ),
    specialty: lookup("Specialty", 22, "specialty_id serial*, name text"),
    room: lookup("Room", 14, "room_id serial*, name text"),
    appointment: entity(
      "Appointment",
      44_000,
      "appointment_id serial*, patient_id int -> patient.patient_id, practitioner_id int -> practitioner.practitioner_id, room_id int -> room.room_id, starts_at timestamp, ends_at timestamp, reason text"
    ),
    diagnosis: entity(
      "Diagnosis",
      31_000,
      "diagnosis_id serial*, appointment_id int -> appointment.appointment_id, icd_code text -> icd.icd_code, certainty text, remark text"
    ),
    icd: entity("ICD", 14_500, "icd_code text*, title text, chapter text, billable boolean"),
    medication: entity("Medication", 2_900, "medication_id serial*, trade_name text, substance text, strength text"),
    prescription: entity(
      "Prescription",
      27_000,
      "prescription_id serial*, appointment_id int -> appointment.appointment_id, medication_id int -> medication.medication_id, dose text, days int"
    ),
    allergy: lookup("Allergy", 120, "allergy_id serial*, name text"),
    patient_allergy: link(
      "Patient Allergy",
      3_100,
      "patient_id int* -> patient.patient_id, allergy_id int* -> allergy.allergy_id"
    ),
    practitioner_room: link(
      "Practitioner Room",
      51,
      "practitioner_id int* -> practitioner.practitioner_id, room_id int* -> room.room_id, valid_from date, valid_to date"
    ),
    lab_result: entity(
      "Lab Result",
      88_000,
      "lab_result_id serial*, patient_id int -> patient.patient_id, analyte text, value numeric, unit text, taken_at timestamp"
    ),
    access_log: log(
      "Access Log",
      940_000,
      "id serial*, user_name text, patient_id int -> patient.patient_id, action text, at timestamp"
    )
  },

  school: {
    Students: entity(
      "Student",
      1_150,
      "StudentID serial*, FirstName text, LastName text, BirthDate date, ClassID int ~> Classes.ClassID"
    ),
    Teachers: entity("Teacher", 84, "TeacherID serial*, FirstName text, LastName text, HiredOn date, Salary numeric"),
    Classes: entity(
      "Class",
      46,
      "ClassID serial*, Label text, GradeLevel int, RoomID int ~> Rooms.RoomID, HomeroomTeacherID int ~> Teachers.TeacherID"
    ),
    Rooms: entity("Room", 40, "RoomID serial*, RoomNumber text, Building text, Seats int"),
    Subjects: lookup("Subject", 19, "SubjectID serial*, SubjectName text"),
    TeacherSubjects: link(
      "Teacher Subject",
      150,
      "TeacherID int* ~> Teachers.TeacherID, SubjectID int* ~> Subjects.SubjectID"
    ),
    Lessons: entity(
      "Lesson",
      1_400,
      "LessonID serial*, ClassID int ~> Classes.ClassID, SubjectID int ~> Subjects.SubjectID, TeacherID int ~> Teachers.TeacherID, Weekday int, StartsAt text, EndsAt text"
    ),
    Exams: entity(
      "Exam",
      620,
      "ExamID serial*, LessonID int ~> Lessons.LessonID, HeldOn date, MaxPoints int, Topic text"
    ),
    ExamResults: entity(
      "Exam Result",
      15_300,
      "ExamID int* ~> Exams.ExamID, StudentID int* ~> Students.StudentID, Points numeric, Grade text"
    ),
    Guardians: entity("Guardian", 1_900, "GuardianID serial*, FullName text, Phone text, Email text"),
    StudentGuardians: link(
      "Student Guardian",
      2_050,
      "StudentID int* ~> Students.StudentID, GuardianID int* ~> Guardians.GuardianID"
    ),
    Absences: entity(
      "Absence",
      7_700,
      "AbsenceID serial*, StudentID int ~> Students.StudentID, FromDate date, ToDate date, Excused boolean"
    ),
    sysdiagrams: technical(
      "Sysdiagram",
      1,
      "name text, principal_id int, diagram_id serial*, version int, definition text"
    )
  },

  forum: {
    fb_users: entity(
      "User",
      30_100,
      "user_id serial*, username text, user_email text, user_password text, user_regdate timestamp, user_posts int, rank_id int ~> fb_ranks.rank_id"
    ),
    fb_ranks: lookup("Rank", 8, "rank_id serial*, rank_title text, rank_min int"),
    fb_forums: entity(
      "Forum",
      34,
      "forum_id serial*, parent_id int ~> fb_forums.forum_id, forum_name text, forum_desc text, forum_posts int, forum_last_post_id int ~> fb_posts.post_id"
    ),
    fb_topics: entity(
      "Topic",
      41_000,
      "topic_id serial*, forum_id int ~> fb_forums.forum_id, topic_title text, topic_poster int ~> fb_users.user_id, topic_time timestamp, topic_views int"
    ),
    fb_posts: entity(
      "Post",
      390_000,
      "post_id serial*, topic_id int ~> fb_topics.topic_id, poster_id int ~> fb_users.user_id, post_time timestamp, post_subject text, post_text text"
    ),
    fb_groups: entity("Group", 12, "group_id serial*, group_name text, group_desc text, group_colour text"),
    fb_user_group: link(
      "User Group",
      31_000,
      "group_id int* ~> fb_groups.group_id, user_id int* ~> fb_users.user_id, user_pending boolean"
    ),
    fb_topics_watch: link(
      "Topic Watch",
      9_100,
      "topic_id int ~> fb_topics.topic_id, user_id int ~> fb_users.user_id, notify_status boolean"
    ),
    fb_privmsgs: entity(
      "Privmsg",
      12_300,
      "msg_id serial*, author_id int ~> fb_users.user_id, message_time timestamp, message_subject text, message_text text"
    ),
    fb_banlist: entity(
      "Banlist",
      310,
      "ban_id serial*, ban_userid int ~> fb_users.user_id, ban_ip text, ban_reason text, ban_end timestamp"
    ),
    fb_sessions: technical(
      "Session",
      820,
      "session_id text*, session_user_id int ~> fb_users.user_id, session_start timestamp, session_ip text, session_browser text"
    ),
    fb_config: technical("Config", 320, "config_name text*, config_value text"),
    fb_log: log(
      "Log",
      22_000,
      "log_id serial*, user_id int ~> fb_users.user_id, log_ip text, log_time timestamp, log_operation text, log_data text"
    )
  },

  "erp in German": {
    kunde: entity(
      "Kunde",
      5_200,
      "kunde_nr int*, firma text, strasse text, plz text, ort text, land_kz text -> land.land_kz"
    ),
    land: lookup("Land", 249, "land_kz text*, bezeichnung text"),
    ansprechpartner: entity(
      "Ansprechpartner",
      8_900,
      "id serial*, kunde_nr int -> kunde.kunde_nr, vorname text, nachname text, telefon text, email text"
    ),
    artikel: entity(
      "Artikel",
      12_000,
      "artikel_nr int*, bezeichnung text, einzelpreis numeric, warengruppe_id int -> warengruppe.id, mwst_id int -> mwst_satz.id"
    ),
    warengruppe: lookup("Warengruppe", 31, "id int*, bezeichnung text"),
    mwst_satz: lookup("Mwst Satz", 3, "id int*, bezeichnung text, prozent numeric"),
    auftrag: entity(
      "Auftrag",
      61_000,
      "auftrag_nr int*, kunde_nr int -> kunde.kunde_nr, datum date, status_id int -> auftrag_status.id, rabatt numeric"
    ),
    auftrag_status: lookup("Auftrag Status", 6, "id int*, bezeichnung text, sortierung int"),
    auftrag_position: entity(
      "Auftrag Position",
      204_000,
      "auftrag_nr int* -> auftrag.auftrag_nr, pos_nr int*, artikel_nr int -> artikel.artikel_nr, menge numeric, preis numeric"
    ),
    rechnung: entity(
      "Rechnung",
      58_000,
      "rechnung_nr int*, auftrag_nr int -> auftrag.auftrag_nr, datum date, betrag numeric, bezahlt_am date"
    ),
    lieferant: entity("Lieferant", 340, "lieferant_nr int*, firma text, ort text, zahlungsziel int"),
    artikel_lieferant: link(
      "Artikel Lieferant",
      13_900,
      "artikel_nr int* -> artikel.artikel_nr, lieferant_nr int* -> lieferant.lieferant_nr"
    ),
    mitarbeiter: entity(
      "Mitarbeiter",
      95,
      "personal_nr int*, vorname text, nachname text, eintritt date, gehalt numeric"
    ),
    artikel_alt: technical(
      "Artikel Alt",
      11_200,
      "artikel_nr int, bezeichnung text, einzelpreis numeric, warengruppe_id int, mwst_id int"
    )
  },

  "sales in Spanish": {
    clientes: entity(
      "Cliente",
      910,
      "id_cliente serial*, nombre text, apellidos text, telefono text, ciudad text, limite_credito numeric"
    ),
    empleados: entity(
      "Empleado",
      42,
      "id_empleado serial*, nombre text, apellidos text, puesto text, id_jefe int -> empleados.id_empleado, id_oficina int -> oficinas.id_oficina"
    ),
    oficinas: entity(
      "Oficina",
      9,
      "id_oficina serial*, ciudad text, pais text, codigo_postal text, telefono text, direccion text"
    ),
    productos: entity(
      "Producto",
      1_300,
      "id_producto serial*, nombre text, precio numeric, existencias int, id_categoria int -> categorias.id_categoria"
    ),
    categorias: lookup("Categoria", 12, "id_categoria serial*, nombre text, descripcion text"),
    proveedores: entity("Proveedor", 75, "id_proveedor serial*, nombre text, contacto text, telefono text, cif text"),
    producto_proveedor: link(
      "Producto Proveedor",
      1_700,
      "id_producto int* -> productos.id_producto, id_proveedor int* -> proveedores.id_proveedor"
    ),
    pedidos: entity(
      "Pedido",
      8_800,
      "id_pedido serial*, id_cliente int -> clientes.id_cliente, fecha_pedido date, fecha_entrega date, id_estado int -> estados_pedido.id_estado"
    ),
    estados_pedido: lookup("Estado Pedido", 5, "id_estado serial*, nombre text"),
    lineas_pedido: entity(
      "Linea Pedido",
      23_000,
      "id_pedido int* -> pedidos.id_pedido, num_linea int*, id_producto int -> productos.id_producto, cantidad int, precio_unidad numeric"
    ),
    facturas: entity(
      "Factura",
      8_100,
      "id_factura serial*, id_pedido int -> pedidos.id_pedido, importe numeric, fecha date"
    ),
    formas_pago: lookup("Forma Pago", 4, "id_forma_pago serial*, nombre text"),
    pagos: entity(
      "Pago",
      7_900,
      "id_pago serial*, id_factura int -> facturas.id_factura, id_forma_pago int -> formas_pago.id_forma_pago, importe numeric, fecha date"
    )
  },

  "library in French": {
    adherent: entity(
      "Adherent",
      3_300,
      "num_adherent serial*, nom text, prenom text, adresse text, date_inscription date"
    ),
    ouvrage: entity(
      "Ouvrage",
      21_000,
      "id_ouvrage serial*, titre text, isbn text, annee int, id_editeur int -> editeur.id_editeur, id_langue int -> langue.id_langue"
    ),
    auteur: entity("Auteur", 9_200, "id_auteur serial*, nom text, prenom text, annee_naissance int"),
    ecrire: link("Ecrire", 23_400, "id_ouvrage int* -> ouvrage.id_ouvrage, id_auteur int* -> auteur.id_auteur"),
    editeur: entity("Editeur", 640, "id_editeur serial*, nom text, ville text, pays text, site_web text"),
    langue: lookup("Langue", 18, "id_langue serial*, libelle text"),
    exemplaire: entity(
      "Exemplaire",
      34_000,
      "code_barre text*, id_ouvrage int -> ouvrage.id_ouvrage, date_achat date, prix numeric, etat text"
    ),
    emprunt: entity(
      "Emprunt",
      120_000,
      "id_emprunt serial*, num_adherent int -> adherent.num_adherent, code_barre text -> exemplaire.code_barre, date_emprunt date, date_retour date"
    ),
    motcle: lookup("Motcle", 180, "id_motcle serial*, libelle text"),
    ouvrage_motcle: link(
      "Ouvrage Motcle",
      44_000,
      "id_ouvrage int* -> ouvrage.id_ouvrage, id_motcle int* -> motcle.id_motcle"
    ),
    amende: entity(
      "Amende",
      2_100,
      "id_amende serial*, id_emprunt int -> emprunt.id_emprunt, montant numeric, payee boolean"
    )
  },

  league: {
    teams: entity("Team", 20, "team_id serial*, name text"),
    players: entity(
      "Player",
      560,
      "player_id serial*, team_id int -> teams.team_id, name text, position text, born date, height int"
    ),
    seasons: lookup("Season", 9, "season_id serial*, label text"),
    matches: entity(
      "Match",
      3_420,
      "match_id serial*, season_id int -> seasons.season_id, home_team_id int -> teams.team_id, away_team_id int -> teams.team_id, played_on date, home_goals int, away_goals int, referee_id int -> referees.referee_id"
    ),
    referees: entity("Referee", 31, "referee_id serial*, first_name text, last_name text, country text"),
    goals: entity(
      "Goal",
      9_100,
      "goal_id serial*, match_id int -> matches.match_id, player_id int -> players.player_id, minute int, own_goal boolean, penalty boolean"
    ),
    appearances: entity(
      "Appearance",
      95_000,
      "match_id int* -> matches.match_id, player_id int* -> players.player_id, minutes_played int, shirt_number int"
    ),
    stadiums: entity(
      "Stadium",
      20,
      "stadium_id serial*, name text, city text, capacity int, team_id int -> teams.team_id"
    ),
    season_teams: link("Season Team", 180, "season_id int* -> seasons.season_id, team_id int* -> teams.team_id"),
    standings: entity(
      "Standing",
      180,
      "season_id int* -> seasons.season_id, team_id int* -> teams.team_id, points int, wins int, draws int, losses int"
    )
  },

  geodata: {
    country: entity(
      "Country",
      195,
      "iso_code text*, name text, area_km2 numeric, population int, continent_id int ~> continent.continent_id"
    ),
    continent: lookup("Continent", 7, "continent_id serial*, name text"),
    region: entity("Region", 3_900, "region_id serial*, country_iso_code text ~> country.iso_code, name text"),
    city: entity(
      "City",
      47_000,
      "city_id serial*, region_id int ~> region.region_id, name text, lat numeric, lon numeric, population int"
    ),
    river: entity("River", 880, "river_id serial*, name text, length_km numeric, mouth_lat numeric, mouth_lon numeric"),
    country_river: link(
      "Country River",
      1_400,
      "country_iso_code text* ~> country.iso_code, river_id int* ~> river.river_id"
    ),
    language: lookup("Language", 410, "language_id serial*, name text"),
    country_language: entity(
      "Country Language",
      980,
      "country_iso_code text* ~> country.iso_code, language_id int* ~> language.language_id, official boolean, percentage numeric"
    ),
    border: entity(
      "Border",
      320,
      "country_a text* ~> country.iso_code, country_b text* ~> country.iso_code, length_km numeric"
    ),
    spatial_ref_sys: technical(
      "Spatial Ref Sys",
      8_500,
      "srid int*, auth_name text, auth_srid int, srtext text, proj4text text"
    ),
    feature_class: lookup("Feature Class", 9, "code text*, name text"),
    place: entity(
      "Place",
      220_000,
      "place_id serial*, name text, feature_class_code text ~> feature_class.code, city_id int ~> city.city_id, elevation int"
    )
  },

  ticketing: {
    auth_user: entity(
      "User",
      380,
      "id serial*, username text, email text, password text, is_staff boolean, last_login timestamp"
    ),
    auth_group: lookup("Group", 7, "id serial*, name text"),
    auth_user_groups: link("User Group", 510, "id serial*, user_id int -> auth_user.id, group_id int -> auth_group.id"),
    auth_permission: entity(
      "Permission",
      160,
      "id serial*, name text, content_type_id int -> django_content_type.id, codename text"
    ),
    auth_group_permissions: link(
      "Group Permission",
      700,
      "id serial*, group_id int -> auth_group.id, permission_id int -> auth_permission.id"
    ),
    django_content_type: technical("Django Content Type", 40, "id serial*, app_label text, model text"),
    django_migrations: technical("Django Migration", 130, "id serial*, app text, name text, applied timestamp"),
    django_session: technical("Django Session", 900, "session_key text*, session_data text, expire_date timestamp"),
    django_admin_log: log(
      "Django Admin Log",
      4_100,
      "id serial*, action_time timestamp, object_id text, object_repr text, action_flag int, user_id int -> auth_user.id, content_type_id int -> django_content_type.id"
    ),
    desk_queue: entity("Queue", 11, "id serial*, title text, slug text, email_address text, escalate_days int"),
    desk_ticket: entity(
      "Ticket",
      26_000,
      "id serial*, queue_id int -> desk_queue.id, title text, description text, assigned_to_id int -> auth_user.id, submitter_email text, priority int, status_id int -> desk_status.id, created timestamp"
    ),
    desk_status: lookup("Status", 6, "id serial*, name text"),
    desk_followup: entity(
      "Followup",
      71_000,
      "id serial*, ticket_id int -> desk_ticket.id, user_id int -> auth_user.id, comment text, date timestamp"
    ),
    desk_ticketcc: link(
      "Ticket CC",
      2_900,
      "id serial*, ticket_id int -> desk_ticket.id, user_id int -> auth_user.id, can_view boolean, can_update boolean"
    ),
    desk_ticketdependency: link(
      "Ticket Dependency",
      410,
      "id serial*, ticket_id int -> desk_ticket.id, depends_on_id int -> desk_ticket.id"
    )
  },

  publishing: {
    article: entity(
      "Article",
      8_200,
      "id serial*, author_id int ~> author.id, title text, slug text, body text, published_at timestamp, section_id int ~> section.id"
    ),
    author: entity("Author", 140, "id serial*, display_name text, bio text, email text"),
    section: lookup("Section", 16, "id serial*, name text, slug text"),
    tag: lookup("Tag", 940, "id serial*, name text, slug text"),
    article_tag: link("Article Tag", 24_000, "article_id int* ~> article.id, tag_id int* ~> tag.id"),
    related_article: link(
      "Related Article",
      5_600,
      "article_id int* ~> article.id, related_article_id int* ~> article.id, weight int"
    ),
    media: entity(
      "Media",
      17_000,
      "id serial*, file_name text, mime_type text, size int, caption text, uploaded_by int ~> author.id"
    ),
    article_media: link(
      "Article Media",
      19_000,
      "article_id int* ~> article.id, media_id int* ~> media.id, sort_order int"
    ),
    comment: entity(
      "Comment",
      61_000,
      "id serial*, article_id int ~> article.id, parent_comment_id int ~> comment.id, author_name text, body text, created_at timestamp"
    ),
    article_revision: entity(
      "Article Revision",
      31_000,
      "id serial*, article_id int ~> article.id, revision_no int, body text, created_at timestamp"
    ),
    redirect: entity("Redirect", 720, "id serial*, from_path text, to_path text, status_code int"),
    newsletter_subscriber: entity(
      "Newsletter Subscriber",
      12_900,
      "id serial*, email text, confirmed_at timestamp, locale text"
    ),
    language: lookup("Language", 5, "id serial*, code text, name text"),
    article_translation: link(
      "Article Translation",
      14_000,
      "article_id int* ~> article.id, language_id int* ~> language.id, title text, body text"
    ),
    cache: technical("Cache", 3_300, "key text*, value text, expiration int"),
    jobs: technical("Job", 14, "id serial*, queue text, payload text, attempts int, reserved_at int, available_at int"),
    failed_jobs: technical(
      "Failed Job",
      85,
      "id serial*, connection text, queue text, payload text, exception text, failed_at timestamp"
    )
  },

  banking: {
    T_BRANCH: entity("Branch", 61, "BRANCH_ID int*, BRANCH_NAME text, STREET text, CITY text, PHONE text"),
    T_CLIENT: entity(
      "Client",
      88_000,
      "CLIENT_ID int*, FIRST_NAME text, LAST_NAME text, BIRTH_DT date, BRANCH_ID int -> T_BRANCH.BRANCH_ID"
    ),
    T_ACCOUNT: entity(
      "Account",
      120_000,
      "ACCOUNT_ID int*, IBAN text, ACCOUNT_TYPE_CD text -> T_ACCOUNT_TYPE.ACCOUNT_TYPE_CD, CURRENCY_CD text -> T_CURRENCY.CURRENCY_CD, OPENED_DT date, BALANCE numeric"
    ),
    T_ACCOUNT_TYPE: lookup("Account Type", 9, "ACCOUNT_TYPE_CD text*, DESCRIPTION text"),
    T_CURRENCY: lookup("Currency", 34, "CURRENCY_CD text*, CURRENCY_NAME text, MINOR_UNITS int"),
    T_CLIENT_ACCOUNT: link(
      "Client Account",
      131_000,
      "CLIENT_ID int* -> T_CLIENT.CLIENT_ID, ACCOUNT_ID int* -> T_ACCOUNT.ACCOUNT_ID, ROLE_CD text -> T_ROLE.ROLE_CD"
    ),
    T_ROLE: lookup("Role", 4, "ROLE_CD text*, DESCRIPTION text"),
    T_TRANSACTION: entity(
      "Transaction",
      2_400_000,
      "TRANSACTION_ID int*, ACCOUNT_ID int -> T_ACCOUNT.ACCOUNT_ID, BOOKED_TS timestamp, AMOUNT numeric, CURRENCY_CD text -> T_CURRENCY.CURRENCY_CD, PURPOSE text"
    ),
    T_CARD: entity(
      "Card",
      96_000,
      "CARD_ID int*, ACCOUNT_ID int -> T_ACCOUNT.ACCOUNT_ID, PAN_MASKED text, EXPIRES_DT date, BLOCKED boolean"
    ),
    T_LOAN: entity(
      "Loan",
      14_000,
      "LOAN_ID int*, CLIENT_ID int -> T_CLIENT.CLIENT_ID, PRINCIPAL numeric, RATE numeric, START_DT date, TERM_MONTHS int"
    ),
    T_EXCHANGE_RATE: entity(
      "Exchange Rate",
      51_000,
      "CURRENCY_CD text* -> T_CURRENCY.CURRENCY_CD, RATE_DT date*, RATE numeric"
    ),
    T_AUDIT_TRAIL: log(
      "Audit Trail",
      5_100_000,
      "AUDIT_ID int*, TABLE_NAME text, ROW_ID int, ACTION text, OLD_VALUE text, NEW_VALUE text, CHANGED_BY text, CHANGED_TS timestamp"
    ),
    T_ACCOUNT_BKP_20190301: technical(
      "Account Bkp 20190301",
      101_000,
      "ACCOUNT_ID int, IBAN text, ACCOUNT_TYPE_CD text, CURRENCY_CD text, OPENED_DT date, BALANCE numeric"
    ),
    STG_TRANSACTION: technical("Stg Transaction", 8_000, "LINE_NO int, RAW_LINE text, FILE_NAME text")
  },

  telemetry: {
    site: entity("Site", 12, "site_id serial*, name text"),
    device: entity(
      "Device",
      410,
      "device_id serial*, site_id int -> site.site_id, model_id int -> device_model.model_id, serial_no text, installed_on date, firmware text"
    ),
    device_model: lookup("Device Model", 14, "model_id serial*, name text, vendor text"),
    sensor: entity(
      "Sensor",
      1_900,
      "sensor_id serial*, device_id int -> device.device_id, quantity_id int -> quantity.quantity_id, offset_value numeric"
    ),
    quantity: lookup("Quantity", 8, "quantity_id serial*, name text, unit text"),
    reading: entity("Reading", 9_000_000, "sensor_id int* -> sensor.sensor_id, measured_at timestamp*, value numeric"),
    alarm_rule: entity(
      "Alarm Rule",
      75,
      "alarm_rule_id serial*, sensor_id int -> sensor.sensor_id, threshold numeric, comparison text, enabled boolean"
    ),
    alarm: entity(
      "Alarm",
      6_300,
      "alarm_id serial*, alarm_rule_id int -> alarm_rule.alarm_rule_id, raised_at timestamp, cleared_at timestamp, acknowledged_by text"
    ),
    maintenance: entity(
      "Maintenance",
      880,
      "maintenance_id serial*, device_id int -> device.device_id, technician text, done_on date, cost numeric, notes text"
    ),
    event_log: log(
      "Event Log",
      2_000_000,
      "event_log_id serial*, device_id int -> device.device_id, severity text, message text, logged_at timestamp"
    ),
    device_tags: link("Device Tag", 760, "device_id int* -> device.device_id, tag_id int* -> tags.tag_id"),
    tags: lookup("Tag", 33, "tag_id serial*, name text"),
    reading_2023_old: technical("Reading 2023 Old", 4_000_000, "sensor_id int, measured_at timestamp, value numeric"),
    flyway_schema_history: technical(
      "Flyway Schema History",
      57,
      "installed_rank int*, version text, description text, type text, script text, checksum int, installed_by text, installed_on timestamp, execution_time int, success boolean"
    )
  },

  "land register": {
    parcel: entity(
      "Parcel",
      310_000,
      "parcel_id serial*, cadastral_no text, municipality_code text -> municipality.code, area_m2 numeric, land_use_code text -> land_use.code"
    ),
    municipality: entity(
      "Municipality",
      412,
      "code text*, name text, district_code text -> district.code, seat text, inhabitants int"
    ),
    district: lookup("District", 28, "code text*, name text"),
    land_use: lookup("Land Use", 17, "code text*, description text"),
    legal_entity: entity(
      "Legal Entity",
      160_000,
      "legal_entity_id serial*, kind text, full_name text, national_no text, address text"
    ),
    ownership: entity(
      "Ownership",
      390_000,
      "ownership_id serial*, parcel_id int -> parcel.parcel_id, legal_entity_id int -> legal_entity.legal_entity_id, share_numerator int, share_denominator int, acquired_on date"
    ),
    deed: entity(
      "Deed",
      140_000,
      "deed_id serial*, deed_no text, signed_on date, notary_id int -> notary.notary_id, price numeric"
    ),
    notary: entity("Notary", 96, "notary_id serial*, full_name text, office_address text, appointed_on date"),
    deed_parcel: link("Deed Parcel", 171_000, "deed_id int* -> deed.deed_id, parcel_id int* -> parcel.parcel_id"),
    deed_party: link(
      "Deed Party",
      300_000,
      "deed_id int* -> deed.deed_id, legal_entity_id int* -> legal_entity.legal_entity_id, party_role_code text* -> party_role.code"
    ),
    party_role: lookup("Party Role", 6, "code text*, description text"),
    mortgage: entity(
      "Mortgage",
      88_000,
      "mortgage_id serial*, parcel_id int -> parcel.parcel_id, creditor_id int -> legal_entity.legal_entity_id, amount numeric, registered_on date"
    ),
    import_batch: technical(
      "Import Batch",
      240,
      "import_batch_id serial*, file_name text, started_at timestamp, finished_at timestamp, rows_loaded int, status text"
    )
  },

  music: {
    Artist: entity("Artist", 275, "ArtistId int*, Name text"),
    Album: entity("Album", 347, "AlbumId int*, Title text, ReleaseYear int, LabelId int ~> Label.LabelId"),
    Label: entity("Label", 60, "LabelId int*, Name text, FoundedYear int, City text"),
    Track: entity(
      "Track",
      3_500,
      "TrackId int*, AlbumId int ~> Album.AlbumId, Name text, DurationMs int, GenreId int ~> Genre.GenreId, Price numeric"
    ),
    Genre: lookup("Genre", 25, "GenreId int*, Name text"),
    ArtistAlbum: link(
      "Artist Album",
      390,
      "ArtistId int* ~> Artist.ArtistId, AlbumId int* ~> Album.AlbumId, ArtistRoleId int ~> ArtistRole.ArtistRoleId"
    ),
    ArtistRole: lookup("Artist Role", 5, "ArtistRoleId int*, Name text"),
    Playlist: entity(
      "Playlist",
      180,
      "PlaylistId int*, Name text, ListenerId int ~> Listener.ListenerId, CreatedAt timestamp"
    ),
    PlaylistEntry: link(
      "Playlist Entry",
      8_700,
      "PlaylistId int* ~> Playlist.PlaylistId, TrackId int* ~> Track.TrackId, Position int"
    ),
    Listener: entity(
      "Listener",
      2_200,
      "ListenerId int*, Email text, Country text, BirthYear int, PlanId int ~> Plan.PlanId"
    ),
    Plan: entity("Plan", 4, "PlanId int*, Name text, MonthlyPrice numeric, MaxDevices int"),
    Play: entity(
      "Play",
      640_000,
      "PlayId int*, ListenerId int ~> Listener.ListenerId, TrackId int ~> Track.TrackId, StartedAt timestamp, SecondsPlayed int, DeviceType text"
    ),
    Follow: link(
      "Follow",
      5_300,
      "ListenerId int* ~> Listener.ListenerId, ArtistId int* ~> Artist.ArtistId, FollowedAt timestamp"
    )
  },

  museum: {
    artists: entity("Artist", 90, "id serial*, name text"),
    works: entity(
      "Work",
      420,
      "id serial*, artist_id int -> artists.id, title text, year int, technique_id int -> techniques.id"
    ),
    techniques: lookup("Technique", 11, "id serial*, name text"),
    exhibitions: entity("Exhibition", 16, "id serial*, title text, opens_on date, closes_on date"),
    exhibitions_works: link("Exhibition Work", 610, "exhibition_id int -> exhibitions.id, work_id int -> works.id"),
    loans: entity("Loan", 0, "id serial*, work_id int -> works.id, borrower text, from_date date, to_date date"),
    test2: empty("Test 2", 0, "a int, b text")
  },

  airline: {
    airports: entity("Airport", 1_200, "iata text*, name text, city text, country text, timezone text"),
    airlines: entity("Airline", 88, "carrier text*, name text, alliance_id int ~> alliances.id"),
    alliances: lookup("Alliance", 3, "id serial*, name text"),
    aircraft: entity(
      "Aircraft",
      640,
      "tail_no text*, aircraft_type_code text ~> aircraft_types.code, carrier text ~> airlines.carrier, year_built int, seats int"
    ),
    aircraft_types: lookup("Aircraft Type", 48, "code text*, manufacturer text, name text"),
    flights: entity(
      "Flight",
      210_000,
      "flight_id serial*, flight_no text, departure_airport text ~> airports.iata, arrival_airport text ~> airports.iata, tail_no text ~> aircraft.tail_no, scheduled_departure timestamp, scheduled_arrival timestamp, status text"
    ),
    bookings: entity("Booking", 400_000, "book_ref text*, booked_at timestamp, total_amount numeric"),
    tickets: entity(
      "Ticket",
      560_000,
      "ticket_no text*, book_ref text ~> bookings.book_ref, passenger_name text, passenger_email text"
    ),
    ticket_flights: entity(
      "Ticket Flight",
      900_000,
      "ticket_no text* ~> tickets.ticket_no, flight_id int* ~> flights.flight_id, fare_class_id int ~> fare_classes.id, amount numeric"
    ),
    fare_classes: lookup("Fare Class", 3, "id serial*, name text"),
    boarding_passes: entity(
      "Boarding Pass",
      850_000,
      "ticket_no text* ~> tickets.ticket_no, flight_id int* ~> flights.flight_id, boarding_no int, seat_no text"
    ),
    crew_members: entity(
      "Crew Member",
      2_900,
      "crew_id serial*, name text, hired_on date, base_airport text ~> airports.iata"
    ),
    flight_crew: link(
      "Flight Crew",
      900_000,
      "flight_id int* ~> flights.flight_id, crew_id int* ~> crew_members.crew_id"
    )
  }
}
